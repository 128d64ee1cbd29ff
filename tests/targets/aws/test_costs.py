"""What stacks cost: the page of docs/ is what the programs make, and frugal keeps its word."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest

from components.targets.aws import costs
from components.targets.aws.checks import ROOT
from components.targets.aws.costs import Item
from components.targets.aws.settings import PROFILES
from strata import Service
from tests.ran import Ran
from tests.targets.aws.codemap import codemap
from tests.targets.aws.stage import deploy, put
from tests.targets.aws.systems import SYSTEMS, committed

PAGE: Path = ROOT / "docs" / "costs.md"
LIMIT = 35
"""USD a month that a system like codemap may cost on AWS."""


def items(ran: Ran) -> list[Item]:
    return costs.items((one.type, one.inputs.value) for one in ran.made)


@functools.cache
def like_codemap(profile: str, balanced: bool = False) -> Ran:
    arm = {"architecture": "arm64", "notify": "ops@example.com"}
    services = {"gateway": {"variant": None}} if balanced else {}
    return deploy(
        codemap(), project="codemap", profile=profile, protection=True, defaults=False, aws=arm, services=services
    )


def stacks() -> dict[str, list[Item]]:
    found = {f"{system}, {profile}": items(committed(system, profile)) for system in SYSTEMS for profile in PROFILES}
    found |= {f"codemap-like, {profile}": items(like_codemap(profile)) for profile in PROFILES}
    found["starter, frugal, on ARM"] = items(committed("starter", "frugal", arm=True))
    return found | {"codemap-like, frugal, with a load balancer": items(like_codemap("frugal", balanced=True))}


def test_the_page_says_what_the_programs_make(request: pytest.FixtureRequest) -> None:
    """If it fails: pytest tests/targets/aws/test_costs.py --update-golden"""
    text = costs.page(stacks())
    if request.config.getoption("--update-golden"):
        PAGE.write_text(text)
    assert PAGE.read_text() == text


def test_a_system_like_codemap_costs_what_it_may() -> None:
    found = items(like_codemap("frugal"))
    assert all(one.known for one in found) and costs.total(found) <= LIMIT
    assert round(costs.total(found), 2) == 34.98
    assert {one.price.text: one.count for one in found} == {
        "EC2 t4g.small": 1, "RDS db.t4g.micro": 1, "public IPv4 address": 1, "GB of a host's disk (gp3)": 30,
        "GB of a database's disk (gp3)": 20, "KMS key": 1, "Secrets Manager secret": 3,
        "CloudWatch alarm, each metric in it": 9, "CloudWatch dashboard": 1,
    }  # fmt: skip


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("system", SYSTEMS)
def test_everything_that_costs_by_its_number_is_counted(system: str, profile: str) -> None:
    """By the resources, counted apart from the page."""
    ran = committed(system, profile)
    found = {one.price: one.count for one in items(ran)}

    def number(kind: str) -> int:
        return sum(1 for one in ran.made if one.type == f"aws:{kind}")

    for price, kind in (
        (costs.NAT, "ec2/natGateway:NatGateway"), (costs.BALANCER, "lb/loadBalancer:LoadBalancer"),
        (costs.KEY, "kms/key:Key"), (costs.SECRET, "secretsmanager/secret:Secret"),
        (costs.DASHBOARD, "cloudwatch/dashboard:Dashboard"), (costs.ACL, "wafv2/webAcl:WebAcl"),
    ):  # fmt: skip
        assert found.get(price, 0) == number(kind)
    assert found.get(costs.ALARM, 0) >= number("cloudwatch/metricAlarm:MetricAlarm")
    tasks = sum(count for price, count in found.items() if price.text.startswith("Fargate"))
    hosted = any(one.type == "aws:autoscaling/group:Group" for one in ran.made)
    assert tasks == (0 if hosted else sum(one["desiredCount"] for one in ran.of("aws:ecs/service:Service")))


def test_a_price_by_the_hour_and_what_is_free() -> None:
    alarms, address = Item(costs.ALARM, 14), Item(costs.ADDRESS, 2)
    assert (alarms.month, round(address.month, 2)) == (pytest.approx(0.4), 7.3)
    assert costs.total([alarms, address]) == pytest.approx(0.4 + 7.3 + 0.2 + 0.285)


def test_a_host_that_takes_an_elastic_ip_pays_for_one_address() -> None:
    """The one that it started with goes back; hosts that take none pay for each."""
    template = {
        "instanceType": "t3.small",
        "blockDeviceMappings": [],
        "networkInterfaces": [{"associatePublicIpAddress": "true"}],
    }
    hosts = [("aws:autoscaling/group:Group", {"minSize": 2}), ("aws:ec2/launchTemplate:LaunchTemplate", template)]

    def addresses(*more: costs.Resource) -> float:
        return next(one.count for one in costs.items([*hosts, *more]) if one.price is costs.ADDRESS)

    assert addresses() == 2 and addresses(("aws:ec2/eip:Eip", {})) == 2, "one kept, and one of the other host"
    assert next(one.count for one in items(committed("starter", "frugal")) if one.price is costs.ADDRESS) == 1


def test_a_task_counts_whatever_the_project_is_called() -> None:
    ran = put(Service("web-2", image="a:1", port=80, replicas=3), project="my-shop", stack="eu-prod")
    (task,) = (one for one in items(ran) if one.price.text.startswith("Fargate"))
    assert (task.price.text, task.count) == ("Fargate task, 0.25 cpus and 512 MB", 3)


def test_the_readme_says_roughly_what_the_page_says() -> None:
    found = {name: f"{costs.total(of):.0f}" for name, of in stacks().items()}
    text = " ".join((ROOT / "README.md").read_text().split())
    arm = found["starter, frugal, on ARM"]
    for sentence in (
        f"the starter about {found['starter, frugal']} USD with `frugal` ({arm} on ARM) and",
        f"{found['starter, standard']} and a broker with `standard`",
        f"Polar about {found['polar, frugal']}, {found['polar, standard']}, and {found['polar, resilient']} with",
        f"a system like codemap {found['codemap-like, frugal']} with `frugal` on ARM",
        f"with a load balancer {found['codemap-like, frugal, with a load balancer']}",
    ):
        assert sentence in text
