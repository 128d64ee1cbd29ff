"""What an ARN is to the provider, and that every kind of resource has an answer to an interrupted creation."""

from __future__ import annotations

import pytest

from components.targets.aws.kinds import AGAIN, BY_NAME, TAGGED, imported, listed
from components.targets.aws.operations import ours
from components.targets.aws.unfinished import BY_ASKING, made
from tests.targets.aws.systems import committed, every_stack

A = "eu-central-1:123456789012"
GROUP = f"arn:aws:elasticloadbalancing:{A}:targetgroup/t/1"
CASES = [
    (f"arn:aws:ec2:{A}:vpc/vpc-1", "Vpc", "vpc-1"),
    (f"arn:aws:ec2:{A}:natgateway/nat-1", "NatGateway", "nat-1"),
    (f"arn:aws:logs:{A}:log-group:/shop/dev/api", "LogGroup", "/shop/dev/api"),
    (f"arn:aws:logs:{A}:log-group:/shop/dev/api:*", "LogGroup", "/shop/dev/api"),
    (f"arn:aws:rds:{A}:db:shop-dev-db-1", "Instance", "shop-dev-db-1"),
    ("arn:aws:s3:::shop-dev-files-1", "Bucket", "shop-dev-files-1"),
    ("arn:aws:iam::123456789012:role/service/shop-dev-api", "Role", "shop-dev-api"),
    (f"arn:aws:ecs:{A}:cluster/shop-dev", "Cluster", "shop-dev"),
    (f"arn:aws:ecs:{A}:service/shop-dev/api", "Service", "shop-dev/api"),
    (f"arn:aws:wafv2:{A}:regional/webacl/shop-dev-web/0b1c", "WebAcl", "0b1c/shop-dev-web/REGIONAL"),
    (f"arn:aws:servicediscovery:{A}:namespace/ns-1", "PrivateDnsNamespace", "ns-1:vpc-0"),
    (f"arn:aws:mq:{A}:broker:shop-dev-jobs:b-1", "Broker", "b-1"),
    (GROUP, "TargetGroup", GROUP),
]  # fmt: skip


@pytest.mark.parametrize(("arn", "kind", "id"), CASES)
def test_an_arn_says_what_the_provider_imports(arn: str, kind: str, id: str) -> None:
    found = listed(arn, "name")
    assert found is not None
    type = found.kind.types[0]
    assert (type.rpartition(":")[2], imported(type, found.id, found.said)) == (kind, id)


@pytest.mark.parametrize(
    "resource", ["ecs:{}:task/shop-dev/1", "rds:{}:snapshot:s", "ec2:{}:network-interface/eni-1", "nonsense"]
)
def test_what_no_stack_makes_is_nothing(resource: str) -> None:
    """Tasks, snapshots and interfaces carry a stack's tags and are AWS's own."""
    assert listed(f"arn:aws:{resource.format(A)}", "") is None


@every_stack
def test_every_kind_of_a_stack_has_an_answer_to_an_interrupted_creation(system: str, profile: str) -> None:
    """By its tags, its name, what it was made for, or because AWS takes the same call again."""
    answered = TAGGED | {*BY_NAME} | {*BY_ASKING} | AGAIN
    made = {one.type for one in committed(system, profile).made if one.type.startswith("aws:")}
    assert made - answered == set()


def test_what_follows_from_what_was_asked_for() -> None:
    """The route's id is the one that the provider gave it in front of an emulator."""
    route = {"routeTableId": "rtb-e071f55a5f89935d4", "destinationCidrBlock": "0.0.0.0/0"}
    assert BY_NAME["aws:ec2/route:Route"](route) == "r-rtb-e071f55a5f89935d41080289494"
    assert imported("aws:ec2/route:Route", "", route) == "rtb-e071f55a5f89935d4_0.0.0.0/0"
    assert BY_NAME["aws:iam/rolePolicy:RolePolicy"]({"role": "r", "name": "p"}) == "r:p"


def test_what_its_name_does_not_say_its_tags_do() -> None:
    """A subnet group whose name a preview would only make up."""
    arn = f"arn:aws:rds:{A}:subgrp:db-subnets-1"
    tagged = [one for one in [listed(arn, "db-subnets")] if one]
    assert [*made({}, "aws:rds/subnetGroup:SubnetGroup", "db-subnets", {}, tagged)] == ["db-subnets-1"]


def test_ours_is_what_carries_the_stack_s_tag_or_is_just_what_was_asked_for() -> None:
    tagged = {"type": "aws:cloudwatch/logGroup:LogGroup", "outputs": {"tagsAll": {"strata:stack": "shop/dev"}}}
    assert ours("shop/dev", tagged) and not ours("shop/dev2", tagged)
    alias = {"type": "aws:kms/alias:Alias", "inputs": {"targetKeyId": "k1"}, "outputs": {"targetKeyId": "k1"}}
    assert ours("shop/dev", alias)
    assert not ours("shop/dev", {**alias, "outputs": {"targetKeyId": "k2"}})
    bucket = {
        "type": "aws:s3/bucket:Bucket", "inputs": {"bucketPrefix": "shop-dev-files-", "forceDestroy": True},
        "outputs": {"bucket": "shop-dev-files-20261128", "forceDestroy": False, "tagsAll": {}},
    }  # fmt: skip
    assert ours("shop/dev", bucket), "whether it may be emptied is nothing that can be read of it"
    assert not ours("shop/dev2", {**bucket, "outputs": {"tagsAll": {"strata:stack": "shop/dev"}}})
    assert not ours("shop/dev", {**bucket, "outputs": {"bucket": "another", "tagsAll": {}}})
    untagged = {"type": "aws:cloudwatch/logGroup:LogGroup", "inputs": {"name": "g"}, "outputs": {"name": "g"}}
    assert not ours("shop/dev", untagged)
