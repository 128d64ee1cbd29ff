"""What every kind owes on Docker, whichever it is: a new one without it fails here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pulumi
import pytest

from components.core import catalog
from components.core.bound import Bound
from components.core.settings import StackSettings
from components.core.target import Needs
from components.core.template import fields
from components.core.undescribe import kinds
from components.model.described import Described
from components.targets.docker.target import DockerTarget
from components.tiers.app import AppTier
from components.tiers.data import DataTier
from components.tiers.monitoring import MonitoringTier
from components.tiers.tier import Node, Tier
from strata import (
    Bucket,
    DevTool,
    Gateway,
    Grafana,
    Http,
    ObjectStore,
    Prometheus,
    Publish,
    Redis,
    Schedule,
    Secret,
    Service,
    Task,
)
from tests.programs import run
from tests.ran import Ran

TIERS: dict[str, type[Tier]] = {"data": DataTier, "app": AppTier, "monitoring": MonitoringTier}
other = Service("other", image="a:1", port=80, health=Http("/"))
prometheus = Prometheus("metrics", scrapes=[other])
SAMPLES: dict[str, tuple[Described, ...]] = {
    "Service": (
        Service("it", image="a:1", port=80, health=Http("/"), needs=[other], replicas=2, read_only=True,
                secrets={"API_TOKEN": Secret("token")}, secrets_as="files"),
        Service("it", image="a:1"),
    ),
    "Task": (Task("it", image="a:1", needs=[other]),),
    "Schedule": (
        Schedule("it", image="a:1", cron="@daily", needs=[other], read_only=True, overlap="replace",
                 secrets={"API_TOKEN": Secret("token")}, secrets_as="files"),
        Schedule("it", image="a:1", cron="@daily"),
    ),
    "DevTool": (DevTool("it", image="a:1", port=80),),
    "Gateway": (Gateway("it", routes={"/": other}),),
    "Grafana": (Grafana("it", prometheus=prometheus),),
    "ObjectStore": (ObjectStore("it", buckets=[Bucket("some-files"), Bucket("pages", public=True)]),),
    "Redis": (Redis("it", password=Secret("pw")), Redis("it")),
}  # fmt: skip
"""Kinds that a name alone does not make, or whose bindings differ; every other is made as `Kind("it")`."""
ENTRIES = sorted(catalog.entries("docker").values(), key=lambda one: (one.kind, one.variant or ""))


def samples(entry: catalog.Entry) -> tuple[Described, ...]:
    kind: Any = kinds()[entry.kind]
    made = SAMPLES.get(entry.kind) or (kind("it"),)
    return tuple(one if entry.variant is None else kind(one.name, variant=entry.variant) for one in made)


def realized(service: Described, ports: str = "fixed") -> tuple[Ran, Bound]:
    """The service in a tier of its own kind, and what it hands over."""

    def program() -> Bound:
        target = DockerTarget(settings=StackSettings(system="none", ports=ports))  # type: ignore[arg-type]
        before: list[Tier] = []
        if service.TIER != "data":
            before = [AppTier("before", services=[other], target=target)]
        if isinstance(service, Grafana):
            before.append(MonitoringTier("watching", services=[prometheus], target=target, bound=before))
        tier = TIERS[service.TIER]("tier", services=[service], target=target, bound=before)
        found.append(tier.bound[service.name])
        return found[0]

    found: list[Bound] = []
    return run(lambda: program() and None), found[0]


def faults(ran: Ran, bound: Bound, service: Described) -> Iterator[str]:
    """What a kind's handler owes and did not give."""
    used = {name for template in service.binding().values() for name in fields(template)}
    for name in sorted(used - set(bound.facts)):
        yield f"its bindings use the fact {name!r}, which the handler does not supply"
    node = ran[service.name]
    children = ran.below(service.name)
    if not (bound.started or bound.completed) and children:
        yield "nobody can wait for it: the handler returns neither started nor completed"
    mine = {one.name for one in children}
    for resource in (*bound.started, *bound.healthy, *bound.completed):
        if resource._name not in mine:
            yield f"{resource._name} is not below its node"
    if node.outputs is None:
        yield "its node registers no outputs"
    for one in children:
        if not one.name.startswith(f"{service.name}-"):
            yield f"{one.name} is not named {service.name}-<part>, so a rename would not reach it"
        if not one.custom and one.outputs is None:
            yield f"{one.name} registers no outputs"
    shared = {one.name for one in ran.below("foundation")}
    known = (
        shared | mine | {one.name for tier in ("tier", "before", "watching") if tier in ran for one in ran.below(tier)}
    )
    for one in ran.made:
        if one.name not in known | {"foundation", "tier", "before", "watching"}:
            yield f"{one.name} has no place in the tree"


CASES = [(entry, service) for entry in ENTRIES for service in samples(entry)]


@pytest.mark.parametrize(
    ("entry", "service"), CASES, ids=[f"{one.kind}-{number}" for number, (one, _) in enumerate(CASES)]
)
def test_a_kind_gives_what_it_owes(entry: catalog.Entry, service: Described) -> None:
    ran, bound = realized(service)
    assert list(faults(ran, bound, service)) == []
    assert ran[service.name].type == f"strata:{service.TIER}:{entry.kind}"


def test_no_kind_is_left_out() -> None:
    """Everything that a system can list, the target realizes or these tests would not see it."""
    found = {entry.kind for entry in ENTRIES}
    assert found == {
        "DevTool", "FileVolume", "Gateway", "Grafana", "ObjectStore", "Postgres", "Prometheus", "RabbitMQ", "Redis",
        "Schedule", "Service", "Task",
    }  # fmt: skip
    assert set(SAMPLES) <= found


REACHED = [one for one in ENTRIES if hasattr(kinds()[one.kind], "publish") and one.kind not in {"Schedule", "Task"}]


@pytest.mark.parametrize("entry", REACHED, ids=lambda one: one.kind)
def test_a_published_main_port_is_an_endpoint(entry: catalog.Entry) -> None:
    """It is how a person reaches the service, and what `strata up` prints."""
    kind: Any = kinds()[entry.kind]
    port = getattr(kind, "PORT", 80)
    given = {} if entry.kind == "Gateway" else {"publish": [Publish(4000, port)]}
    extra = {"Service": {"image": "a:1", "port": 80}, "DevTool": {"image": "a:1", "port": 80}}.get(entry.kind, {})
    extra |= {"Gateway": {"routes": {"/": other}, "port": 4000}, "Grafana": {"prometheus": prometheus}}.get(
        entry.kind, {}
    )
    ran, _ = realized(kind("it", **given, **extra))
    outputs = ran["it"].outputs
    assert outputs and str(outputs.value["endpoints"][""]).endswith("://127.0.0.1:4000")


def broken(name: str) -> Any:
    """A handler that owes something."""

    def handler(service: Described, needs: Needs, opts: pulumi.ResourceOptions) -> Bound:
        parent = needs.target.found() if name == "parent" else needs.node
        child = Node(
            "x",
            Redis("other-part" if name == "name" else "it-part"),
            needs.target,
            pulumi.ResourceOptions(parent=parent),
        )
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
    monkeypatch.setattr(DockerTarget, "handler", lambda self, service: broken(name))
    service = Redis("it")
    ran, bound = realized(service)
    assert [fault for fault in faults(ran, bound, service) if "<part>" in fault or name != "name"] == BROKEN[name]


def test_the_foundation_is_made_once_for_all_tiers() -> None:
    ran, _ = realized(Grafana("it", prometheus=prometheus))
    assert len([one for one in ran.made if one.type == "strata:index:Foundation"]) == 1
