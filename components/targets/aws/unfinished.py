"""What creations made that nobody noted: an update was killed before AWS's answer came, or the answer was lost."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from components.targets.aws.advice import NOT_THERE
from components.targets.aws.api import api, code_of, refusals, said
from components.targets.aws.kinds import BUCKET, BY_NAME, Listed, listed
from components.targets.aws.tags import RESOURCE, STACK

Where = dict[str, Any]
Inputs = Mapping[str, Any]
UNIQUE = "[0-9a-f]{26}"
"""What the provider puts behind a prefix (Terraform's id.UniqueId: a time and a counter)."""
NAMED = 36
"""Characters of a role's name, and of an instance profile's, that are the stack's own and not the provider's."""


def everything(where: Where, owner: str) -> list[Listed]:
    """What carries a stack's tag; AWS lists some for a while after they are gone. Raises Failure."""
    try:
        return [*_by_tag(where, owner), *_of_iam(where, owner)]
    except refusals() as wrong:
        raise said(wrong, f"asking AWS for what carries the tag {STACK}={owner}") from None


def _by_tag(where: Where, owner: str) -> Iterator[Listed]:
    pages = api("resourcegroupstaggingapi", where).get_paginator("get_resources")
    for page in pages.paginate(TagFilters=[{"Key": STACK, "Values": [owner]}]):
        for one in page["ResourceTagMappingList"]:
            tags = {tag["Key"]: tag["Value"] for tag in one.get("Tags", [])}
            found = listed(str(one["ResourceARN"]), str(tags.get(RESOURCE, "")))
            # These are asked for below: AWS does not list them by their tags, an emulator does.
            if found is not None and ":iam:" not in found.arn:
                yield found


def _of_iam(where: Where, owner: str) -> Iterator[Listed]:
    """A stack's roles and instance profiles: of the lists of all those whose names begin so, by their tags."""
    client = api("iam", where)
    for call, what, many in (
        ("list_roles", "Role", "Roles"), ("list_instance_profiles", "InstanceProfile", "InstanceProfiles"),
    ):  # fmt: skip
        for page in client.get_paginator(call).paginate():
            for one in page[many]:
                name = str(one[f"{what}Name"])
                if name.startswith(f"{owner.replace('/', '-')}-"[:NAMED]):
                    yield from _tagged(client, what, name, str(one["Arn"]), owner)


def _tagged(client: Any, what: str, name: str, arn: str, owner: str) -> Iterator[Listed]:
    ask = client.list_role_tags if what == "Role" else client.list_instance_profile_tags
    tags = {tag["Key"]: tag["Value"] for tag in ask(**{f"{what}Name": name})["Tags"]}
    found = listed(arn, str(tags.get(RESOURCE, "")))
    if found is not None and tags.get(STACK) == owner:
        yield found


Known = tuple[str, str]
"""Of what AWS lists: the provider's type and the id by which it knows it."""


def known_as(where: Where, one: Listed) -> Known | None:
    """What the provider knows something listed as; None where it is but the memory of something deleted. Raises
    Failure."""
    look = LOOKS.get(one.kind.types[0])
    if look is None:
        return one.kind.types[0], one.id
    try:
        return look(where, one)
    except refusals() as wrong:
        if NOT_THERE.search(code_of(wrong)):
            return None
        raise said(wrong, f"asking AWS whether {one.arn} is still there") from None


def _if(there: bool, one: Listed) -> Known | None:
    return (one.kind.types[0], one.id) if there else None


def _key(where: Where, one: Listed) -> Known | None:
    state = api("kms", where).describe_key(KeyId=one.id)["KeyMetadata"]["KeyState"]
    return _if(not str(state).startswith("Pending"), one)


def _gateway(where: Where, one: Listed) -> Known | None:
    gateways = api("ec2", where).describe_nat_gateways(NatGatewayIds=[one.id])["NatGateways"]
    return _if(any(each["State"] not in {"deleting", "deleted"} for each in gateways), one)


def _secret(where: Where, one: Listed) -> Known | None:
    return _if("DeletedDate" not in api("secretsmanager", where).describe_secret(SecretId=one.id), one)


def _cluster(where: Where, one: Listed) -> Known | None:
    clusters = api("ecs", where).describe_clusters(clusters=[one.id])["clusters"]
    return _if(any(each["status"] != "INACTIVE" for each in clusters), one)


def _service(where: Where, one: Listed) -> Known | None:
    cluster = one.id.split("/")[-2]
    services = api("ecs", where).describe_services(cluster=cluster, services=[one.id])["services"]
    return _if(any(each["status"] == "ACTIVE" for each in services), one)


def _security_group(where: Where, one: Listed) -> Known | None:
    """A network's own group carries the tags that it is given, and comes and goes with the network."""
    groups = api("ec2", where).describe_security_groups(GroupIds=[one.id])["SecurityGroups"]
    return _if(any(each["GroupName"] != "default" for each in groups), one)


def _rule(where: Where, one: Listed) -> Known | None:
    """One of the two types, by which way it leads."""
    for each in api("ec2", where).describe_security_group_rules(SecurityGroupRuleIds=[one.id])["SecurityGroupRules"]:
        return one.kind.types[bool(each["IsEgress"])], one.id
    return None


def _alarm(where: Where, one: Listed) -> Known | None:
    """One of the two types, by which of them AWS has one of the name."""
    kinds = ["MetricAlarm", "CompositeAlarm"]
    found = api("cloudwatch", where).describe_alarms(AlarmNames=[one.id], AlarmTypes=kinds)
    for type, kind in zip(one.kind.types, kinds, strict=True):
        if found.get(f"{kind}s"):
            return type, one.id
    return None


def _url(where: Where, one: Listed) -> Known | None:
    """A queue is known by its URL."""
    name = one.arn.rpartition(":")[2]
    return one.kind.types[0], str(api("sqs", where).get_queue_url(QueueName=name)["QueueUrl"])


LOOKS: Mapping[str, Callable[[Where, Listed], Known | None]] = {
    "aws:kms/key:Key": _key,
    "aws:ec2/natGateway:NatGateway": _gateway,
    "aws:secretsmanager/secret:Secret": _secret,
    "aws:ecs/cluster:Cluster": _cluster,
    "aws:ecs/service:Service": _service,
    "aws:ec2/securityGroup:SecurityGroup": _security_group,
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _rule,
    "aws:cloudwatch/metricAlarm:MetricAlarm": _alarm,
    "aws:sqs/queue:Queue": _url,
}
"""Kinds that AWS goes on listing after they are gone (keys for their window), and those whose ARN does not say all, by
their first type: how AWS is asked for one."""


def _association(where: Where, inputs: Inputs) -> Iterator[str]:
    chosen = [{"Name": "route-table-id", "Values": [inputs["routeTableId"]]}]
    for table in api("ec2", where).describe_route_tables(Filters=chosen)["RouteTables"]:
        for one in table["Associations"]:
            if one.get("SubnetId") == inputs.get("subnetId"):
                yield str(one["RouteTableAssociationId"])


def _mount_target(where: Where, inputs: Inputs) -> Iterator[str]:
    for one in api("efs", where).describe_mount_targets(FileSystemId=inputs["fileSystemId"])["MountTargets"]:
        if one["SubnetId"] == inputs["subnetId"]:
            yield str(one["MountTargetId"])


def _selection(where: Where, inputs: Inputs) -> Iterator[str]:
    for one in api("backup", where).list_backup_selections(BackupPlanId=inputs["planId"])["BackupSelectionsList"]:
        if one["SelectionName"] == inputs["name"]:
            yield str(one["SelectionId"])


def _bucket(where: Where, inputs: Inputs) -> Iterator[str]:
    """One that was made and not yet tagged, which is a call of its own."""
    client = api("s3", where)
    named = re.compile(re.escape(str(inputs["bucketPrefix"])) + UNIQUE)
    for name in (str(one["Name"]) for one in client.list_buckets()["Buckets"]):
        if named.fullmatch(name) and not has_tags(client, name):
            yield name


def has_tags(client: Any, bucket: str) -> bool:
    """Whether a bucket carries any tag. Raises what AWS refuses: tags that cannot be read may be there."""
    try:
        return bool(client.get_bucket_tagging(Bucket=bucket)["TagSet"])
    except refusals() as wrong:
        if code_of(wrong) != "NoSuchTagSet":
            raise
        return False


def _group(where: Where, inputs: Inputs) -> Iterator[str]:
    pages = api("autoscaling", where).get_paginator("describe_auto_scaling_groups")
    for page in pages.paginate():
        for one in page["AutoScalingGroups"]:
            if re.fullmatch(re.escape(str(inputs["namePrefix"])) + UNIQUE, one["AutoScalingGroupName"]):
                yield str(one["AutoScalingGroupName"])


def _queue(where: Where, inputs: Inputs) -> Iterator[str]:
    for url in api("sqs", where).list_queues(QueueNamePrefix=inputs["name"]).get("QueueUrls", []):
        if str(url).rpartition("/")[2] == inputs["name"]:
            yield str(url)


def _budget(where: Where, inputs: Inputs) -> Iterator[str]:
    account = str(api("sts", where).get_caller_identity()["Account"])
    yield f"{account}:{inputs['name']}"


def _policy(where: Where, name: str, inputs: Inputs) -> Iterator[str]:
    """One whose name Pulumi made up: another would be put beside it."""
    role = inputs.get("role")
    for page in api("iam", where).get_paginator("list_role_policies").paginate(RoleName=role) if role else ():
        for one in page["PolicyNames"]:
            if re.fullmatch(re.escape(name) + "-[0-9a-f]{7}", one):
                yield f"{role}:{one}"


POLICY = "aws:iam/rolePolicy:RolePolicy"
BY_ASKING: Mapping[str, Callable[[Where, Inputs], Iterator[str]]] = {
    "aws:ec2/routeTableAssociation:RouteTableAssociation": _association,
    "aws:efs/mountTarget:MountTarget": _mount_target,
    "aws:backup/selection:Selection": _selection,
    "aws:autoscaling/group:Group": _group,
    "aws:sqs/queue:Queue": _queue,
    "aws:budgets/budget:Budget": _budget,
    BUCKET: _bucket,
}
"""Kinds that have an id of AWS's own and cannot be found by a tag: each by what it was made for."""


def made(where: Where, type: str, name: str, inputs: Inputs, tagged: list[Listed]) -> Iterator[str]:
    """The ids of what a creation of this type and name may have made, the likeliest first."""
    # Where its inputs do not say what it would be found by, it is not found by that.
    if type in BY_NAME:
        with suppress(KeyError):
            yield BY_NAME[type](inputs)
    for one in tagged:
        found = known_as(where, one) if type in one.kind.types and one.name == name else None
        if found is not None and found[0] == type:
            yield found[1]
    try:
        if type == POLICY and "name" not in inputs:
            yield from _policy(where, name, inputs)
        if type in BY_ASKING:
            with suppress(KeyError):
                yield from BY_ASKING[type](where, inputs)
    except refusals() as wrong:
        raise said(wrong, f"looking for what the interrupted creation of {name} made") from None
