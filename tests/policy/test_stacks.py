"""Which stacks are scanned: whatever this target can make is in one of them."""

from __future__ import annotations

import functools
import re
from pathlib import Path

import pulumi
import pulumi_aws

from components.core.load import load_system
from components.core.settings_files import find_project, read_stack
from policy.scan.stacks import PROFILES, STACK, SYSTEMS, VARIANTS, Prod, every
from tests.ran import Ran
from tests.targets.aws import stage

SOURCE = Path(stage.ROOT) / "components" / "targets" / "aws"


@functools.cache
def made(prod: int) -> Ran:
    """What a stack makes, by its place in the list."""
    one = every()[prod]
    settings = one.settings(read_stack(find_project(SYSTEMS[one.system]).folder, STACK))
    assert settings["aws"]["region"] == stage.REGION, "what the file says stays"
    return stage.deploy(load_system(settings.pop("system")), project=one.system, **settings)


def types(label: str) -> set[str]:
    found = next(number for number, one in enumerate(every()) if one.label == label)
    return {one.type for one in made(found).made}


def test_labels_are_unique_and_begin_with_system_and_profile() -> None:
    """Reasons are given for them, and for exports, which know no variant."""
    labels = [one.label for one in every()]
    assert len(set(labels)) == len(labels) == len(SYSTEMS) * len(PROFILES) + len(VARIANTS)
    assert Prod("starter", "frugal").label == "starter-frugal"
    assert all(one.label.startswith(f"{one.system}-{one.profile}") for one in every())


def test_every_resource_that_the_target_makes_is_in_a_stack_that_is_scanned() -> None:
    calls = {
        (module, name)
        for path in SOURCE.glob("*.py")
        for module, name in re.findall(r"\baws\.(\w+)\.(\w+)\(", path.read_text())
    }
    kinds = {pair: getattr(getattr(pulumi_aws, pair[0], None), pair[1], None) for pair in calls}
    resources = {
        pair for pair, kind in kinds.items() if isinstance(kind, type) and issubclass(kind, pulumi.CustomResource)
    }
    assert len(resources) > 60
    scanned = {one.type for number in range(len(every())) for one in made(number).made}
    short = {(kind.split(":")[1].partition("/")[0], kind.rpartition(":")[2]) for kind in scanned if kind[:4] == "aws:"}
    assert resources - short == set()


def test_what_a_variant_is_there_for_is_in_it() -> None:
    hosts, balancer = "aws:autoscaling/group:Group", "aws:lb/loadBalancer:LoadBalancer"
    assert {hosts, balancer} <= types("starter-frugal-balanced") and {hosts, balancer} <= types(
        "starter-standard-hosts"
    )
    assert balancer not in types("starter-frugal") and "aws:ec2/eip:Eip" in types("starter-frugal")
    managed = ("aws:rds/", "aws:elasticache/", "aws:mq/", "aws:lb/")
    assert not [one for one in types("starter-standard-containers") if one.startswith(managed)]
    clocks = {"aws:scheduler/schedule:Schedule", "aws:sfn/stateMachine:StateMachine", "aws:sqs/queue:Queue"}
    assert clocks <= types("starter-standard-schedules") and clocks | {hosts} <= types("starter-frugal-schedules")
