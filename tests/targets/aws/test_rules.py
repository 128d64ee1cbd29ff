"""What holds for whole stacks: who may reach whom, and what everything is marked with."""

from __future__ import annotations

import pulumi_aws
import pytest

from components.targets.aws.settings import PROFILES
from strata import Service
from tests.ran import Made, Ran
from tests.targets.aws.stage import aws_resources, inputs, put
from tests.targets.aws.systems import every_stack, prod

Rule = tuple[str, str, int, str]
"""Of whose group, from or to whom, on which port, and why."""


def rules(ran: Ran, kind: str) -> set[Rule]:
    found: set[Rule] = set()
    for one in ran.of(f"SecurityGroup{kind}Rule"):
        assert one["ipProtocol"] == "tcp" and one["fromPort"] == one["toPort"]
        other = one.get("referencedSecurityGroupId") or one["cidrIpv4"]
        assert one.get("cidrIpv6") is None and one.get("prefixListId") is None
        found.add((
            one["securityGroupId"].removesuffix("-group-id"), other.removesuffix("-group-id"), one["fromPort"],
            one["description"],
        ))  # fmt: skip
    assert len(found) == len(ran.of(f"SecurityGroup{kind}Rule"))
    return found


NEEDS = [
    ("migrate", "db", 5432), ("api", "db", 5432), ("worker", "db", 5432), ("api", "cache", 6379),
    ("worker", "cache", 6379), ("api", "jobs", 5671), ("worker", "jobs", 5671), ("web", "api", 8000),
]  # fmt: skip
ROUTES = [("api", 8000), ("web", 3000)]
OUT = "HTTPS: AWS itself and what the application calls"


def test_the_starters_security_group_rules() -> None:
    ran = prod("starter")
    assert rules(ran, "Ingress") == {
        *((to, who, port, f"{who} needs {to}") for who, to, port in NEEDS),
        *((to, "edge", port, f"gateway leads to {to}") for to, port in ROUTES),
        ("edge", "0.0.0.0/0", 80, "everyone, sent on to HTTPS"), ("edge", "0.0.0.0/0", 443, "everyone"),
    }  # fmt: skip
    assert rules(ran, "Egress") == {
        *((who, to, port, f"{who} needs {to}") for who, to, port in NEEDS),
        *(("edge", to, port, f"gateway leads to {to}") for to, port in ROUTES),
        *((who, "0.0.0.0/0", 443, OUT) for who in ("migrate", "api", "worker", "web")),
    }


@every_stack
def test_only_the_edge_is_open_to_everyone(system: str, profile: str) -> None:
    ran = prod(system, profile)
    opened = {
        (one["securityGroupId"], one["fromPort"], one["toPort"])
        for one in ran.of("SecurityGroupIngressRule")
        if one.get("referencedSecurityGroupId") is None
    }
    door = "fleet-group-id" if profile == "frugal" else "edge-group-id"
    assert opened == ({(door, 80, 80), (door, 443, 443)} if system == "starter" else set())
    for one in ran.of("ec2/securityGroup:SecurityGroup"):
        assert one.get("ingress") is None and one.get("egress") is None, "rules are resources of their own"
    assert inputs(ran["vpc-default"]) == {"vpcId": "vpc-network-id", "ingress": [], "egress": []}


@every_stack
def test_nothing_of_the_data_is_public_or_in_plain_text(system: str, profile: str) -> None:
    ran = prod(system, profile)
    isolated = {f"vpc-isolated-{zone}-id" for zone in range(PROFILES[profile].zones)}
    for one in ran.of("rds/instance:Instance"):
        assert (one["publiclyAccessible"], one["storageEncrypted"]) == (False, True)
    # On frugal a Redis is a container.
    caches = [] if profile == "frugal" else ran.of("ReplicationGroup")
    for one in caches:
        assert one["transitEncryptionEnabled"] and one["atRestEncryptionEnabled"]
    for one in [*ran.of("rds/subnetGroup:SubnetGroup"), *(one for one in ran.made if one.type == CACHE_SUBNETS)]:
        assert set(one["subnetIds"]) == isolated
    routed = {one["routeTableId"] for one in ran.of("ec2/route:Route")}
    assert "vpc-isolated-routes-id" not in routed


CACHE_SUBNETS = "aws:elasticache/subnetGroup:SubnetGroup"
MARKED = ("strata:data:", "strata:app:", "strata:index:Foundation", "strata:aws:Watch")
"""The components that give everything below them their tags."""


def taggable(made: Made) -> bool:
    """Whether the provider's own class has tags."""
    module, _, name = made.type.split(":", 1)[1].partition("/")
    found = getattr(getattr(pulumi_aws, module), name.partition(":")[2])
    return hasattr(found, "tags")


@every_stack
def test_everything_is_tagged_with_its_service_and_tier(system: str, profile: str) -> None:
    ran = prod(system, profile)
    nodes = {one.urn: one for one in ran.made}
    tagged = [one for one in aws_resources(ran) if taggable(one)]
    assert len(tagged) > 60
    for one in tagged:
        tags, above = one.get("tags") or {}, one
        tags = {tag["key"]: tag["value"] for tag in tags} if isinstance(tags, list) else tags
        while not above.type.startswith(MARKED):
            above = nodes[above.parent]
        space = above.type.split(":")[1]
        tier = {"index": "foundation", "aws": "monitoring"}.get(space, space)
        assert (tags.get("service"), tags.get("tier")) == (above.name, tier), one.name


@every_stack
def test_every_resource_of_aws_is_made_by_the_stacks_own_provider(system: str, profile: str) -> None:
    """Another one, the default, would use whatever account and region the machine has."""
    ran = prod(system, profile)
    provider = ran["aws"]
    assert provider.type == "pulumi:providers:aws" and provider["region"] == "eu-central-1"
    assert {one.provider for one in aws_resources(ran)} == {provider.urn}


def test_the_stacks_tags_are_the_providers_default() -> None:
    ran = put(Service("api", image="a:1"), aws={"owner": "me", "cost_centre": "42"})
    assert ran["aws"]["defaultTags"].replace(" ", "") == (
        '{"tags":{"system":"shop","stage":"prod","strata:stack":"shop/prod","owner":"me","cost-centre":"42"}}'
    )
    assert ran["aws"].get("endpoints") is None and ran["aws"].get("accessKey") is None


def test_an_emulated_aws_needs_no_credentials() -> None:
    provider = put(Service("api", image="a:1"), aws={"endpoint": "http://127.0.0.1:5000"})["aws"]
    assert '"ecs":"http://127.0.0.1:5000"' in provider["endpoints"].replace(" ", "")
    assert (provider["accessKey"], provider["s3UsePathStyle"]) == ("test", "true")


@every_stack
def test_a_protected_stack_keeps_its_data(system: str, profile: str) -> None:
    ran = prod(system, profile)
    kept = {one.name for one in ran.made if one.protect}
    assert {"db-instance", "key"} <= kept
    assert {one.name for one in ran.of("s3/bucket:Bucket")} - kept == {"logs-bucket"}
    assert all(one["forceDestroy"] is False for one in ran.of("s3/bucket:Bucket"))
    assert all(one["recoveryWindowInDays"] == 30 for one in ran.of("secretsmanager/secret:Secret"))


@pytest.mark.parametrize("profile", PROFILES)
def test_zones_are_the_same_after_another_one_opens(profile: str) -> None:
    """The zones of the first update are kept, sorted; the network is planned for more."""
    ran = prod("starter", profile)
    assert ran["zones"].ignore_changes == ("input",)
    assert ran["zones"]["input"] == ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
    places = {one.name: one["availabilityZone"] for one in ran.of("ec2/subnet:Subnet")}
    assert places == {
        f"vpc-{reach}-{zone}": f"eu-central-1{'abc'[zone]}"
        for reach in ("public", "private", "isolated")
        for zone in range(PROFILES[profile].zones)
    }
