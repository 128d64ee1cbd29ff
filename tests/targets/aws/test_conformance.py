"""What every kind owes on AWS, whichever it is: a new one without it fails here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pulumi
import pytest

from components.core import catalog
from components.core.bound import Bound
from components.core.target import Needs
from components.core.template import fields
from components.core.undescribe import kinds
from components.model.described import Described
from components.targets.aws.target import AwsTarget
from components.tiers.app import AppTier
from components.tiers.data import DataTier
from components.tiers.monitoring import MonitoringTier
from components.tiers.tier import Node, Tier
from strata import (
    Bucket,
    DevTool,
    FileVolume,
    Gateway,
    Grafana,
    Http,
    Mount,
    ObjectStore,
    Postgres,
    Prometheus,
    Redis,
    Scale,
    Schedule,
    Secret,
    Service,
    Task,
)
from tests.programs import run
from tests.ran import Ran
from tests.targets.aws.stage import COMPUTED, FUNCTIONS, Answers, settings_of

TIERS: dict[str, type[Tier]] = {"data": DataTier, "app": AppTier, "monitoring": MonitoringTier}
other = Service("other", image="a:1", port=80, health=Http("/"), metrics="/metrics")
prometheus = Prometheus("metrics", scrapes=[other])
SAMPLES: dict[str, tuple[Described, ...]] = {
    "Service": (
        Service("it", image="a:1", port=80, health=Http("/"), needs=[other], read_only=True, scale=Scale(max=2, cpu=50),
                secrets={"API_TOKEN": Secret("token")}, secrets_as="files", volumes=[Mount(FileVolume("v"), "/v")]),
        Service("it", image="a:1"),
    ),
    "Task": (Task("it", image="a:1", needs=[other]),),
    "Schedule": (
        Schedule("it", image="a:1", cron="@daily", needs=[other], volumes=[Mount(FileVolume("v"), "/v")]),
        Schedule("it", image="a:1", cron="@daily", overlap="allow"),
    ),
    "DevTool": (DevTool("it", image="a:1", port=80),),
    "Gateway": (Gateway("it", routes={"/": other}),),
    "ObjectStore": (ObjectStore("it", buckets=[Bucket("some-files"), Bucket("pages", public=True)]), ObjectStore("it")),
    "Postgres": (Postgres("it", extensions=["pg_trgm"]), Postgres("it")),
    "Grafana": (Grafana("it", prometheus=prometheus),),
    "Prometheus": (Prometheus("it", scrapes=[other]), Prometheus("it")),
    "Redis": (Redis("it", password=Secret("pw")), Redis("it"), Redis("it", persistence="rdb")),
}  # fmt: skip
"""Kinds that a name alone does not make, or whose bindings differ; every other is made as `Kind("it")`."""
ENTRIES = sorted(catalog.entries("aws").values(), key=lambda one: (one.kind, one.variant or ""))


STAGES = ("tier", "before", "watching")


def samples(entry: catalog.Entry) -> tuple[Described, ...]:
    kind: Any = kinds()[entry.kind]
    if entry.variant is not None:
        extra = {"Gateway": {"routes": {"/": other}}}.get(entry.kind, {})
        return (kind("it", variant=entry.variant, **extra),)
    return SAMPLES.get(entry.kind) or (kind("it"),)


def realized(service: Described) -> tuple[Ran, Bound]:
    """The service in a tier of its own kind, and what it hands over."""

    def program() -> None:
        gateway = service if isinstance(service, Gateway) else None
        target = AwsTarget(settings_of(), gateway=gateway)
        before: list[Tier] = [] if service.TIER == "data" else [AppTier("before", services=[other], target=target)]
        if isinstance(service, Grafana):
            before.append(MonitoringTier("watching", services=[prometheus], target=target, bound=before))
        tier = TIERS[service.TIER]("tier", services=[service], target=target, bound=before)
        found.append(tier.bound[service.name])

    found: list[Bound] = []
    return run(program, stack="prod", computed=Answers(COMPUTED), functions=FUNCTIONS), found[0]


def faults(ran: Ran, bound: Bound, service: Described) -> Iterator[str]:
    """What a kind's handler owes and did not give."""
    used = {name for template in bound.templates(service.binding()).values() for name in fields(template)}
    for name in sorted(used - set(bound.facts)):
        yield f"its bindings use the fact {name!r}, which the handler does not supply"
    children, shared = ran.below(service.name), {one.name for one in ran.below("foundation")}
    if not (bound.started or bound.completed) and children:
        yield "nobody can wait for it: the handler returns neither started nor completed"
    mine = {one.name for one in children}
    for resource in (*bound.started, *bound.healthy, *bound.completed):
        # The load balancer is there before the services behind it, so it belongs to the foundation.
        if resource._name not in mine | (shared if isinstance(service, Gateway) else set()):
            yield f"{resource._name} is not below its node"
    if ran[service.name].outputs is None:
        yield "its node registers no outputs"
    for one in children:
        if not one.name.startswith(f"{service.name}-"):
            yield f"{one.name} is not named {service.name}-<part>, so a rename would not reach it"
        if not one.custom and one.outputs is None:
            yield f"{one.name} registers no outputs"
    known = shared | mine | {one.name for tier in STAGES if tier in ran for one in ran.below(tier)}
    for one in ran.made:
        if one.name not in known | {"foundation", *STAGES}:
            yield f"{one.name} has no place in the tree"


CASES = [(entry, service) for entry in ENTRIES for service in samples(entry)]


@pytest.mark.parametrize(
    ("entry", "service"), CASES, ids=[f"{one.kind}-{one.variant or number}" for number, (one, _) in enumerate(CASES)]
)
def test_a_kind_gives_what_it_owes(entry: catalog.Entry, service: Described) -> None:
    ran, bound = realized(service)
    assert list(faults(ran, bound, service)) == []
    assert ran[service.name].type == f"strata:{service.TIER}:{entry.kind}"


def test_no_kind_is_left_out() -> None:
    """Everything that a system can list, the target realizes or these tests would not see it."""
    found = {entry.kind for entry in ENTRIES}
    assert found >= {
        "DevTool", "FileVolume", "Gateway", "Grafana", "ObjectStore", "Postgres", "Prometheus", "RabbitMQ", "Redis",
        "Schedule", "Service", "Task",
    }  # fmt: skip
    assert set(SAMPLES) <= found


def broken(name: str) -> Any:
    """A handler that owes something."""

    def handler(service: Described, needs: Needs, opts: pulumi.ResourceOptions) -> Bound:
        parent = needs.target.found() if name == "parent" else needs.node
        part = Redis("other-part" if name == "name" else "it-part")
        child = Node("x", part, needs.target, pulumi.ResourceOptions(parent=parent))
        if name != "outputs":
            child.register_outputs({})
        facts = {"scheme": "redis", "host": "it", "port": "1"}
        if name == "fact":
            del facts["port"]
        return Bound(service, facts, () if name == "started" else (child,))

    return handler


BROKEN = {
    "fact": ["its bindings use the fact 'port', which the handler does not supply"],
    "started": ["nobody can wait for it: the handler returns neither started nor completed"],
    "parent": ["it-part is not below its node"],
    "name": ["other-part is not named it-<part>, so a rename would not reach it"],
    "outputs": ["it-part registers no outputs"],
    "": [],
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_kind_that_owes_something_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AwsTarget, "handler", lambda self, service: broken(name))
    service = Redis("it")
    ran, bound = realized(service)
    assert list(faults(ran, bound, service)) == BROKEN[name]
