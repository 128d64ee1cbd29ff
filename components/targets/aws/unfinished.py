"""What creations made that nobody noted: an update was killed before AWS's answer came, or the answer was lost."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from components.targets.aws.api import api, refusals, said
from components.targets.aws.kinds import BUCKET, BY_NAME, Listed, listed
from components.targets.aws.tags import RESOURCE, STACK

Where = dict[str, Any]
Inputs = Mapping[str, Any]
UNIQUE = "[0-9a-f]{26}"
"""What the provider puts behind a prefix (Terraform's id.UniqueId: a time and a counter)."""


def everything(where: Where, owner: str) -> list[Listed]:
    """What carries a stack's tag and is still there. Raises Failure."""
    try:
        there = [*_by_tag(where, owner), *_roles(where, owner)]
        own = _without_defaults(where, there)
        return [one for one in own if _lives(where, one)]
    except refusals() as wrong:
        raise said(wrong, f"asking AWS for what carries the tag {STACK}={owner}") from None


def _by_tag(where: Where, owner: str) -> Iterator[Listed]:
    pages = api("resourcegroupstaggingapi", where).get_paginator("get_resources")
    for page in pages.paginate(TagFilters=[{"Key": STACK, "Values": [owner]}]):
        for one in page["ResourceTagMappingList"]:
            tags = {tag["Key"]: tag["Value"] for tag in one.get("Tags", [])}
            found = listed(str(one["ResourceARN"]), str(tags.get(RESOURCE, "")))
            # Roles are asked for below: AWS does not list them by their tags, an emulator does.
            if found is not None and ":role/" not in found.arn:
                yield found


def _roles(where: Where, owner: str) -> Iterator[Listed]:
    """A stack's roles: the list of all by their names' beginning, then their tags."""
    client, prefix = api("iam", where), f"{owner.replace('/', '-')}-"
    for page in client.get_paginator("list_roles").paginate():
        for one in page["Roles"]:
            if not str(one["RoleName"]).startswith(prefix):
                continue
            tags = {tag["Key"]: tag["Value"] for tag in client.list_role_tags(RoleName=one["RoleName"])["Tags"]}
            found = listed(str(one["Arn"]), str(tags.get(RESOURCE, "")))
            if found is not None and tags.get(STACK) == owner:
                yield found


def _without_defaults(where: Where, there: list[Listed]) -> list[Listed]:
    """Without networks' own security groups: they carry a stack's tags, and come and go with their network."""
    group = "aws:ec2/securityGroup:SecurityGroup"
    if not any(group in one.kind.types for one in there):
        return there
    chosen = [{"Name": "group-name", "Values": ["default"]}]
    pages = api("ec2", where).get_paginator("describe_security_groups").paginate(Filters=chosen)
    defaults = {str(one["GroupId"]) for page in pages for one in page["SecurityGroups"]}
    return [one for one in there if not (group in one.kind.types and one.id in defaults)]


def _lives(where: Where, one: Listed) -> bool:
    """Whether it is more than the memory of something deleted: AWS lists some for an hour, keys for their window."""
    kind = one.kind.types[0].rpartition(":")[2]
    try:
        if kind == "Key":
            state = api("kms", where).describe_key(KeyId=one.id)["KeyMetadata"]["KeyState"]
            return not str(state).startswith("Pending")
        if kind == "NatGateway":
            gateways = api("ec2", where).describe_nat_gateways(NatGatewayIds=[one.id])["NatGateways"]
            return any(each["State"] not in {"deleting", "deleted"} for each in gateways)
        if kind == "Secret":
            return "DeletedDate" not in api("secretsmanager", where).describe_secret(SecretId=one.id)
        if kind == "Cluster":
            clusters = api("ecs", where).describe_clusters(clusters=[one.id])["clusters"]
            return any(each["status"] != "INACTIVE" for each in clusters)
        if kind == "Service" and ":ecs:" in one.arn:
            cluster = one.id.split("/")[-2]
            services = api("ecs", where).describe_services(cluster=cluster, services=[one.id])["services"]
            return any(each["status"] == "ACTIVE" for each in services)
    except refusals() as wrong:
        response: dict[str, Any] = getattr(wrong, "response", None) or {}
        error: dict[str, Any] = response.get("Error") or {}
        if "NotFound" in str(error.get("Code")):
            return False
        raise
    return True


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
    for one in client.list_buckets()["Buckets"]:
        if re.fullmatch(re.escape(str(inputs["bucketPrefix"])) + UNIQUE, one["Name"]):
            try:
                client.get_bucket_tagging(Bucket=one["Name"])
            except refusals():
                yield str(one["Name"])


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
        if type in one.kind.types and one.name == name:
            yield one.id
    try:
        if type == POLICY and "name" not in inputs:
            yield from _policy(where, name, inputs)
        if type in BY_ASKING:
            with suppress(KeyError):
                yield from BY_ASKING[type](where, inputs)
    except refusals() as wrong:
        raise said(wrong, f"looking for what the interrupted creation of {name} made") from None


def is_egress(where: Where, rule: str) -> bool:
    """Which way a rule of a security group leads."""
    found = api("ec2", where).describe_security_group_rules(SecurityGroupRuleIds=[rule])["SecurityGroupRules"]
    return bool(found and found[0]["IsEgress"])
