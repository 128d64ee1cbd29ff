"""What every kind owes on Docker, whichever it is: a new one without it fails here."""

from __future__ import annotations

from typing import Any

import pytest

from components.core import catalog
from components.core.bound import Bound
from components.core.settings import StackSettings
from components.core.undescribe import kinds
from components.model.described import Described
from components.targets.docker.target import DockerTarget
from strata import (
    Bucket,
    DevTool,
    Gateway,
    Grafana,
    Http,
    ObjectStore,
    Publish,
    Redis,
    Schedule,
    Secret,
    Service,
    Task,
)
from tests.programs import run
from tests.ran import Ran
from tests.targets.conformance import BROKEN, KINDS, broken, entries, faults, other, prometheus, realize

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
ENTRIES = entries("docker")


def samples(entry: catalog.Entry) -> tuple[Described, ...]:
    kind: Any = kinds()[entry.kind]
    made = SAMPLES.get(entry.kind) or (kind("it"),)
    return tuple(one if entry.variant is None else kind(one.name, variant=entry.variant) for one in made)


def realized(service: Described) -> tuple[Ran, Bound]:
    """The service in a tier of its own kind, and what it hands over."""

    def program() -> None:
        found.append(realize(service, DockerTarget(settings=StackSettings(system="none"))))

    found: list[Bound] = []
    return run(program), found[0]


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
    assert found == KINDS
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


@pytest.mark.parametrize("name", BROKEN)
def test_a_kind_that_owes_something_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DockerTarget, "handler", lambda self, service: broken(name))
    service = Redis("it")
    ran, bound = realized(service)
    assert list(faults(ran, bound, service)) == BROKEN[name]


def test_the_foundation_is_made_once_for_all_tiers() -> None:
    ran, _ = realized(Grafana("it", prometheus=prometheus))
    assert len([one for one in ran.made if one.type == "strata:index:Foundation"]) == 1
