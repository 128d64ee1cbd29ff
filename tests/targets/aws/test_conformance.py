"""What every kind owes on AWS, whichever it is: a new one without it fails here."""

from __future__ import annotations

from typing import Any

import pytest

from components.core import catalog
from components.core.bound import Bound
from components.core.undescribe import kinds
from components.model.described import Described
from components.targets.aws.target import AwsTarget
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
from tests.targets.conformance import BROKEN, KINDS, broken, entries, faults, other, prometheus, realize

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
ENTRIES = entries("aws")


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
        found.append(realize(service, AwsTarget(settings_of(), gateway=gateway)))

    found: list[Bound] = []
    return run(program, stack="prod", computed=Answers(COMPUTED), functions=FUNCTIONS), found[0]


CASES = [(entry, service) for entry in ENTRIES for service in samples(entry)]


@pytest.mark.parametrize(
    ("entry", "service"), CASES, ids=[f"{one.kind}-{one.variant or number}" for number, (one, _) in enumerate(CASES)]
)
def test_a_kind_gives_what_it_owes(entry: catalog.Entry, service: Described) -> None:
    ran, bound = realized(service)
    # The load balancer is there before the services behind it, so it belongs to the foundation.
    assert list(faults(ran, bound, service, foundation=isinstance(service, Gateway))) == []
    assert ran[service.name].type == f"strata:{service.TIER}:{entry.kind}"


def test_no_kind_is_left_out() -> None:
    """Everything that a system can list, the target realizes or these tests would not see it."""
    found = {entry.kind for entry in ENTRIES}
    assert found == KINDS
    assert set(SAMPLES) <= found


@pytest.mark.parametrize("name", BROKEN)
def test_a_kind_that_owes_something_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AwsTarget, "handler", lambda self, service: broken(name))
    service = Redis("it")
    ran, bound = realized(service)
    assert list(faults(ran, bound, service)) == BROKEN[name]
