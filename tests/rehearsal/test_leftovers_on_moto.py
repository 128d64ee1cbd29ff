"""What an interrupted update left, asked of an emulated account in which two other stacks have the same."""

from __future__ import annotations

import json
from typing import Any

import pytest

from components.core.operations import Impossible, Made, Orphan
from components.targets.aws import operations
from components.targets.aws.kinds import BY_NAME
from rehearsal.emulator import REGION, Emulator
from tests.rehearsal.leftovers import Leftovers

pytestmark = [pytest.mark.aws, pytest.mark.timeout(300)]

OWNER = "shop/dev"
STACK = "urn:pulumi:dev::shop"
DATA = {"Key", "Instance", "FileSystem", "Bucket", "Queue", "Vault"}
"""Kinds that may hold what is nowhere else."""
REMOVED = {
    "Bucket": {"forceDestroy": True}, "Secret": {"recoveryWindowInDays": 0}, "Key": {"deletionWindowInDays": 7},
    "Instance": {"skipFinalSnapshot": True}, "Service": {"forceDelete": True}, "Role": {"forceDetachPolicies": True},
    "Vault": {"forceDestroy": True},
}  # fmt: skip
"""What the provider is told of them, so that it removes one that is not empty."""


def provider(endpoint: str) -> dict[str, Any]:
    """The resource by which a state says which AWS it is of."""
    return {
        "type": "pulumi:providers:aws", "urn": f"{STACK}::pulumi:providers:aws::aws", "id": "p1",
        "inputs": {"region": REGION, "endpoints": json.dumps([{"ec2": endpoint, "sts": endpoint}])},
    }  # fmt: skip


@pytest.fixture(scope="module")
def state(emulator: Emulator) -> list[dict[str, Any]]:
    return [provider(emulator.endpoint)]


@pytest.fixture(scope="module")
def ours(emulator: Emulator) -> Leftovers:
    """One of everything, and beside it one of everything of a stack whose name begins so, and roles of another."""
    made = Leftovers(emulator, OWNER, "ours")
    others = [Leftovers(emulator, f"{OWNER}2", "theirs"), Leftovers(emulator, f"{OWNER}-2", "thirds")]
    for one in (made, others[0]):
        for make in one.all().values():
            make()
    assert others[1].role.startswith("shop-dev-") and others[1].profile.startswith("shop-dev-"), "its tag tells it"
    return made


@pytest.fixture(scope="module")
def there(ours: Leftovers) -> dict[str, str]:
    """By type, the id by which the provider would import ours."""
    return {type: make() for type, make in ours.all().items()}


def found(orphans: list[Orphan]) -> dict[str, str]:
    return {str((one.resource or {})["type"]): str((one.resource or {})["id"]) for one in orphans}


def test_an_orphan_is_what_carries_the_stack_s_tag_and_is_in_no_state(
    ours: Leftovers, there: dict[str, str], state: list[dict[str, Any]]
) -> None:
    """Of each kind the one of this stack: under the type and the id that the provider has for it, and no other's."""
    orphans = operations.orphans(OWNER, state)
    subnets = {one["id"] for one in (each.resource or {} for each in orphans) if one["type"].endswith(":Subnet")}
    assert subnets == {ours.subnet, ours.other_subnet}
    assert {**found(orphans), "aws:ec2/subnet:Subnet": ours.subnet} == there
    assert len(orphans) == len(there) + 1
    assert {one.kind for one in orphans if one.data} == DATA
    assert {one.kind: (one.resource or {})["inputs"] for one in orphans if (one.resource or {})["inputs"]} == REMOVED
    assert operations.unnoted(OWNER, state) == orphans


def test_how_an_orphan_is_told_and_removed(ours: Leftovers, state: list[dict[str, Any]]) -> None:
    (vpc,) = [one for one in operations.orphans(OWNER, state) if one.kind == "Vpc"]
    assert str(vpc) == f"Vpc vpc ({ours.vpc})"
    assert vpc.described == ("$aws:ec2/vpc:Vpc::vpc",)
    assert vpc.resource == {
        "urn": f"{STACK}::aws:ec2/vpc:Vpc::left-{ours.vpc}", "custom": True, "type": "aws:ec2/vpc:Vpc",
        "id": ours.vpc, "inputs": {}, "outputs": {}, "provider": f"{STACK}::pulumi:providers:aws::aws::p1",
    }  # fmt: skip


def test_what_a_state_holds_is_none(there: dict[str, str], ours: Leftovers, state: list[dict[str, Any]]) -> None:
    """By its ARN where the state has one, for the provider's id may be another; by type and id otherwise."""
    held = [{"type": type, "id": id} for type, id in there.items()]
    held += [{"type": "aws:ec2/subnet:Subnet", "id": ours.other_subnet}]
    by_arn = [
        {"type": "aws:rds/instance:Instance", "id": "db-ABC", "outputs": {"arn": arn("rds", f"db:{ours.database}")}},
        {"type": "aws:ecs/cluster:Cluster", "id": ours.cluster, "outputs": {"arn": ours.cluster}},
        {"type": "aws:ecs/service:Service", "id": ours.service, "outputs": {"arn": ours.service}},
        {"type": "aws:sqs/queue:Queue", "id": ours.queue, "outputs": {"arn": arn("sqs", "ours-not-started")}},
    ]  # fmt: skip
    kept = [one for one in held if one["type"] not in {each["type"] for each in by_arn}]
    assert operations.orphans(OWNER, [*state, *kept, *by_arn]) == []
    (missed,) = operations.orphans(OWNER, [*state, *by_arn, *(one for one in kept if not one["type"].endswith(":Eip"))])
    assert (missed.kind, missed.id) == ("Eip", arn("ec2", f"elastic-ip/{ours.address}"))


def arn(service: str, what: str) -> str:
    return f"arn:aws:{service}:{REGION}:123456789012:{what}"


def creating(type: str, called: str, /, **inputs: Any) -> dict[str, Any]:
    return {"urn": f"{STACK}::strata:index:System${type}::{called}", "type": type, "inputs": inputs}


def made(state: list[dict[str, Any]], type: str, called: str, /, **inputs: Any) -> str | None:
    """The id of what an interrupted creation made."""
    pending = creating(type, called, **inputs)
    answer = operations.made(OWNER, state, [pending])
    assert all(one.urn == pending["urn"] for one in answer) and len(answer) < 2
    return answer[0].id if answer else None


NAMES = {
    "Vpc": "vpc", "Subnet": "subnet", "SecurityGroup": "group", "SecurityGroupIngressRule": "in",
    "SecurityGroupEgressRule": "out", "Eip": "eip", "RouteTable": "table", "NatGateway": "nat", "Key": "key",
    "Secret": "db-secret", "Instance": "db-instance", "FileSystem": "files", "Bucket": "files-uploads-bucket",
    "Cluster": "cluster", "Service": "api-service", "LoadBalancer": "balancer", "Listener": "listener",
    "Role": "api-role", "InstanceProfile": "fleet-profile", "Topic": "topic", "Queue": "report-not-started",
    "StateMachine": "machine",
}  # fmt: skip
"""What Pulumi calls what is found by its tags, by kind."""


def test_what_aws_gave_an_id_of_its_own_is_found_by_the_name_in_its_tag(
    there: dict[str, str], state: list[dict[str, Any]]
) -> None:
    tagged = {type: id for type, id in there.items() if type not in BY_NAME}
    assert {type: made(state, type, NAMES[type.rpartition(":")[2]]) for type in tagged} == tagged
    assert {made(state, type, "another") for type in tagged} == {None}


def test_what_is_in_the_state_already_is_not_what_was_made(
    ours: Leftovers, state: list[dict[str, Any]]
) -> None:  # fmt: skip
    """A replacement has the tags of what it replaces."""
    old = {"type": "aws:ec2/vpc:Vpc", "id": ours.vpc}
    assert made([*state, old], "aws:ec2/vpc:Vpc", "vpc") is None
    spec = ours.spec("vpc", "vpc")
    new = ours.aws("ec2").create_vpc(CidrBlock="10.8.0.0/16", TagSpecifications=spec)["Vpc"]["VpcId"]
    assert made([*state, old], "aws:ec2/vpc:Vpc", "vpc") == new
    ours.aws("ec2").delete_vpc(VpcId=new)


def test_what_has_a_name_is_found_by_it_whether_it_is_there_or_not(state: list[dict[str, Any]]) -> None:
    """The refresh that follows says which."""
    for type, inputs, id in (
        ("aws:cloudwatch/logGroup:LogGroup", {"name": "/shop/dev/none"}, "/shop/dev/none"),
        ("aws:iam/rolePolicy:RolePolicy", {"role": "r", "name": "p"}, "r:p"),
        ("aws:scheduler/schedule:Schedule", {"name": "s"}, "default/s"),
        ("aws:scheduler/schedule:Schedule", {"name": "s", "groupName": "g"}, "g/s"),
        ("aws:route53/record:Record", {"zoneId": "Z", "name": "a.b", "type": "A"}, "Z_a.b_A"),
        ("aws:elasticache/replicationGroup:ReplicationGroup", {"replicationGroupId": "c"}, "c"),
        ("aws:cloudwatch/compositeAlarm:CompositeAlarm", {"alarmName": "any"}, "any"),
        ("aws:ec2/route:Route", {"routeTableId": "rtb-1", "destinationCidrBlock": "0.0.0.0/0"}, "rtb-1_0.0.0.0/0"),
    ):  # fmt: skip
        assert made(state, type, "x", **inputs) == id
        assert made(state, type, "x") is None, "its inputs do not say what it would be found by"


def test_what_has_no_tag_is_found_by_what_it_was_made_for(ours: Leftovers, state: list[dict[str, Any]]) -> None:
    ec2, efs = ours.aws("ec2"), ours.aws("efs")
    association, target = "aws:ec2/routeTableAssociation:RouteTableAssociation", "aws:efs/mountTarget:MountTarget"
    between = {"routeTableId": ours.table, "subnetId": ours.subnet}
    place = {"fileSystemId": ours.files, "subnetId": ours.subnet}
    assert made(state, association, "x", **between) is None and made(state, target, "x", **place) is None
    ec2.associate_route_table(RouteTableId=ours.table, SubnetId=ours.subnet)
    mounted = efs.create_mount_target(FileSystemId=ours.files, SubnetId=ours.subnet)["MountTargetId"]
    assert made(state, association, "x", **between) == f"{ours.subnet}/{ours.table}"
    assert made(state, target, "x", **place) == mounted
    assert made(state, association, "x", **{**between, "subnetId": ours.other_subnet}) is None
    assert made(state, target, "x", **{**place, "subnetId": ours.other_subnet}) is None
    assert made(state, "aws:budgets/budget:Budget", "x", name="shop-dev") == "123456789012:shop-dev"


def test_a_bucket_that_is_not_tagged_yet_is_found_by_its_prefix(ours: Leftovers, state: list[dict[str, Any]]) -> None:
    """AWS tags it by a call of its own; one with tags is somebody's, and one of another length was not made so."""
    s3, type = ours.aws("s3"), "aws:s3/bucket:Bucket"
    for name in ("shop-dev-pages-", "shop-dev-pages-2-"):
        s3.create_bucket(Bucket=f"{name}{'0' * 24}2b", CreateBucketConfiguration={"LocationConstraint": REGION})
    assert made(state, type, "pages-bucket", bucketPrefix="shop-dev-pages-") == f"shop-dev-pages-{'0' * 24}2b"
    theirs = [{"Key": "strata:stack", "Value": f"{OWNER}2"}]
    s3.put_bucket_tagging(Bucket=f"shop-dev-pages-{'0' * 24}2b", Tagging={"TagSet": theirs})
    assert made(state, type, "pages-bucket", bucketPrefix="shop-dev-pages-") is None


def test_a_group_of_hosts_is_found_by_its_prefix(ours: Leftovers, state: list[dict[str, Any]]) -> None:
    type, groups = "aws:autoscaling/group:Group", ours.aws("autoscaling")
    data = {"ImageId": "ami-12c6146b", "InstanceType": "t3.micro"}
    ours.aws("ec2").create_launch_template(LaunchTemplateName="plain", LaunchTemplateData=data)
    for name in ("shop-dev-hosts-", "shop-dev-hosts-2"):
        groups.create_auto_scaling_group(
            AutoScalingGroupName=f"{name}{'0' * 24}3c", MinSize=0, MaxSize=0, VPCZoneIdentifier=ours.subnet,
            LaunchTemplate={"LaunchTemplateName": "plain"},
        )  # fmt: skip
    assert made(state, type, "x", namePrefix="shop-dev-hosts-") == f"shop-dev-hosts-{'0' * 24}3c"
    assert made(state, type, "x", namePrefix="shop-dev-host-") is None


def test_what_is_gone_and_still_listed_is_nothing(emulator: Emulator, state: list[dict[str, Any]]) -> None:
    one = Leftovers(emulator, "shop/gone", "gone")
    for type in (
        "kms/key:Key", "secretsmanager/secret:Secret", "ecs/cluster:Cluster", "ecs/service:Service",
        "ec2/natGateway:NatGateway",
    ):  # fmt: skip
        one.all()[f"aws:{type}"]()
    kinds = {each.kind for each in operations.orphans("shop/gone", state)}
    assert {"Key", "Secret", "Cluster", "Service", "NatGateway"} <= kinds
    one.aws("kms").schedule_key_deletion(KeyId=one.key, PendingWindowInDays=7)
    one.aws("secretsmanager").delete_secret(SecretId=one.secret, RecoveryWindowInDays=7)
    one.aws("ecs").delete_service(cluster=one.cluster, service=one.service, force=True)
    one.aws("ec2").delete_nat_gateway(NatGatewayId=one.gateway)
    left = {each.kind for each in operations.orphans("shop/gone", state)}
    assert kinds - left == {"Key", "Secret", "Service", "NatGateway"}
    one.aws("ecs").delete_cluster(cluster=one.cluster)
    assert "Cluster" not in {each.kind for each in operations.orphans("shop/gone", state)}
    assert made(state, "aws:secretsmanager/secret:Secret", "db-secret") is not None, "ours, and not theirs"


def test_a_stack_of_a_long_name_has_roles_too(emulator: Emulator, state: list[dict[str, Any]]) -> None:
    """The provider leaves 37 characters for the beginning of a role's name; the rest of it is cut."""
    owner = "a-rather-long-project/with-a-long-stack-name"
    full = owner.replace("/", "-")
    one = Leftovers(emulator, owner, "long")
    for what in (full[:37], f"{full[:36]}-"):
        one.aws("iam").create_role(RoleName=f"{what}20260101", AssumeRolePolicyDocument="{}", Tags=one.tags("x-role"))
    one.aws("iam").create_instance_profile(InstanceProfileName=f"{full[:36]}-2026", Tags=one.tags("fleet-profile"))
    assert sorted(each.kind for each in operations.orphans(owner, state)) == ["InstanceProfile", "Role", "Role"]


def test_a_network_s_own_group_is_no_orphan(ours: Leftovers, state: list[dict[str, Any]]) -> None:
    """A stack tags it, and it cannot be removed."""
    chosen = [{"Name": "vpc-id", "Values": [ours.vpc]}, {"Name": "group-name", "Values": ["default"]}]
    (group,) = ours.aws("ec2").describe_security_groups(Filters=chosen)["SecurityGroups"]
    ours.aws("ec2").create_tags(Resources=[group["GroupId"]], Tags=ours.tags("vpc-closed"))
    groups = [one for one in operations.orphans(OWNER, state) if one.kind == "SecurityGroup"]
    assert [one.name for one in groups] == [f"group ({ours.group})"]


def test_nothing_was_made_before_there_is_a_provider(state: list[dict[str, Any]]) -> None:
    assert operations.orphans(OWNER, []) == []
    assert operations.made(OWNER, [], [creating("aws:ec2/vpc:Vpc", "vpc")]) == []
    assert operations.made(OWNER, state, []) == list[Made]()


def test_an_aws_that_does_not_answer_is_told_and_nothing_is_guessed() -> None:
    away = [provider("http://127.0.0.1:9")]
    text = "asking AWS for what carries the tag strata:stack=shop/dev: Could not connect to the endpoint URL"
    with pytest.raises(Impossible, match=f"^{text}"):
        operations.orphans(OWNER, away)
    with pytest.raises(Impossible, match=f"^{text}"):
        operations.made(OWNER, away, [creating("aws:ec2/vpc:Vpc", "vpc")])
    assert operations.unnoted(OWNER, away) == [], "the update has succeeded all the same"
