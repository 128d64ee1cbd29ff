"""Applying a stack's settings to a description."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.core.describe import describe
from components.core.resolve import adjustable, overridable, resolve
from components.core.settings import StackSettings
from components.model.described import Part
from components.model.graph import reachable
from components.model.redis import Redis
from components.model.service import Service
from components.tiers.tier import in_order
from strata import (
    FileVolume,
    Gateway,
    Grafana,
    Monitoring,
    Postgres,
    Prometheus,
    RabbitMQ,
    Scale,
    Secret,
    System,
    Task,
    completed,
)  # fmt: skip
from tests.problems import lines
from tests.strategies import memory, systems


def settings(**values: Any) -> StackSettings:
    return StackSettings(system="s", **values)


def every_object(value: Any, found: dict[int, Any] | None = None) -> dict[int, Any]:
    """Everything that can be reached from a value by any field, item or mapping, by a walk of its own."""
    found = {} if found is None else found
    if isinstance(value, Part) and id(value) not in found:
        found[id(value)] = value
        for field in dataclasses.fields(value):
            every_object(getattr(value, field.name), found)
    elif isinstance(value, Mapping):
        for item in value.values():
            every_object(item, found)
    elif isinstance(value, tuple | list):
        for item in value:
            every_object(item, found)
    return found


def shop() -> System:
    """References in every place that can hold one: needs, bindings, queues, conditions, routes, secrets, scrapes."""
    token = Secret("token")
    db, jobs = Postgres("db"), RabbitMQ("jobs", queues=["mail"])
    migrate = Task("migrate", image="x", needs=[db], secrets={"TOKEN": token})
    api = Service("api", image="x", port=80, needs=[db.bind(prefix="MAIN"), jobs], after=[completed(migrate)],
                  secrets={"TOKEN": token}, metrics="/metrics")  # fmt: skip
    worker = Service("worker", image="x", needs=[api, db], scale=Scale(max=2, queue=jobs.queue("mail"), length=5))
    prometheus = Prometheus()
    return System("shop", [db, jobs], app=[migrate, api, worker], gateway=Gateway(routes={"/": api}),
                  monitoring=Monitoring(prometheus=prometheus, grafana=Grafana(prometheus=prometheus)))  # fmt: skip


@pytest.mark.parametrize("name", ["db", "jobs", "migrate", "api", "worker", "gateway", "prometheus", "grafana"])
def test_an_override_replaces_one_service_and_every_reference_follows(name: str) -> None:
    before = shop()
    old = next(service for service in before.services() if service.name == name)
    after = resolve(before, settings(services={name: {"memory": "77MB"}}))
    assert id(old) not in every_object(after), "something still refers to the description as it was"
    named = {id(one): one for one in every_object(after).values() if getattr(one, "name", None) == name}
    assert len([one for one in named.values() if type(one) is type(old)]) == 1
    assert next(service for service in after.services() if service.name == name).memory == "77MB"
    assert old.memory is None


def test_what_no_setting_touches_stays_the_same_object() -> None:
    system = System("s", [db := Postgres("db"), jobs := RabbitMQ("jobs")], app=[Service("api", image="x", needs=[db])])
    after = resolve(system, settings(services={"db": {"version": "16"}}))
    assert after.data[1] is jobs
    assert after.data[0].volume is db.volume
    assert after.app[0].needs[0] is after.data[0]
    assert resolve(system, settings()) is system


@st.composite
def overridden(draw: st.DrawFn) -> tuple[System, dict[str, dict[str, Any]]]:
    """A random system, and random overrides that are right for it."""
    system = draw(systems())
    names = [service.name for service in system.services()]
    chosen = draw(st.lists(st.sampled_from(names), unique=True))
    return system, {name: {"memory": draw(memory), "logs": {"files": draw(st.integers(1, 9))}} for name in chosen}


@given(overridden())
def test_random_systems_with_random_overrides(case: tuple[System, dict[str, dict[str, Any]]]) -> None:
    system, overrides = case
    after = resolve(system, settings(services=overrides))
    reached = every_object(after)
    for service in system.services():
        if service.name in overrides:
            assert id(service) not in reached
    by_name = {service.name: service for service in after.services()}
    assert [service.name for service in after.services()] == [service.name for service in system.services()]
    for name, fields in overrides.items():
        assert by_name[name].memory == fields["memory"]
        assert by_name[name].logs.files == fields["logs"]["files"]
    for found in reached.values():
        kind_of_service = any(type(found) is type(one) for one in by_name.values())
        if kind_of_service and found.name in by_name:
            assert found is by_name[found.name]
    ordered = list(in_order(after.services()))
    assert {id(one) for one in ordered} == {id(one) for one in after.services()}
    for number, service in enumerate(ordered):
        later = {id(one) for one in ordered[number + 1 :]}
        assert not later & {id(one) for one in reachable(service)}


@given(systems())
def test_no_settings_change_nothing_that_is_described(system: System) -> None:
    after = resolve(system, settings())
    described, resolved = describe(system), describe(after)
    for one in (described, resolved):
        one["objects"].pop("Prometheus/prometheus", None)  # Its scrapes are filled in.
    assert described == resolved


VERSION = "allowed is an image's version with its major first: '16', '15.1' or '15-alpine'"
WRONG = {
    "an unknown service": (
        {"services": {"apj": {"memory": "64MB"}}},
        ["settings: strata:services.apj: the system has no such service; did you mean 'api'?"],
    ),
    "a service like no other": (
        {"services": {"zzzz": {}}},
        [
            "settings: strata:services.zzzz: the system has no such service; known are "
            "api, db, gateway, grafana, jobs, migrate, prometheus and worker"
        ],
    ),
    "an unknown field": (
        {"services": {"api": {"replica": 2}}},
        ["settings: strata:services.api.replica: api (Service) has no such field; did you mean 'replicas'?"],
    ),
    "a field of the description": (
        {"services": {"migrate": {"needs": []}}},
        [
            "settings: strata:services.migrate.needs: it belongs to the description, settings cannot change it; "
            "they can change cpus, memory, cpus_reserved, memory_reserved, publish, restart, logs, variant, image, "
            "command, environment, secrets_as, user, read_only and timeout"
        ],
    ),
    "a value of the wrong kind": (
        {"services": {"db": {"version": "nine"}}},
        [f"db (Postgres): version: given 'nine'; {VERSION}"],
    ),
    "a misspelt part of a check": (
        {"services": {"api": {"health": {"path": "/", "intervall": "2s"}, "publish": [0]}}},
        [
            "api (Service): publish.0: given 0; input should be greater than or equal to 1",
            "api (Service): health.intervall: there is no such field",
        ],
    ),
    "a contradiction with the description": (
        {"services": {"worker": {"replicas": 3}}},
        ["worker (Service): replicas: given 3 with scale=; the number comes from scale"],
    ),
    "a port that another service has": (
        {"services": {"api": {"publish": [8080]}}},
        ["gateway (Gateway): publish: host port 8080 is published by api and gateway; choose another"],
    ),
    "an unknown secret": (
        {"secrets": {"tokem": "x"}},
        ["settings: strata:secrets.tokem: the system has no such secret; did you mean 'token'?"],
    ),
    "an unknown target": (
        {"target": "dokcer"},
        ["settings: strata:target: given 'dokcer'; there is no such target; did you mean 'docker'?"],
    ),
    "a variant that the target has not": (
        {"services": {"db": {"variant": "managed"}}},
        [
            "db (Postgres): variant: given 'managed'; target 'docker' has no such variant, "
            "it has only the usual way; leave variant out"
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_message(name: str) -> None:
    values, expected = WRONG[name]
    assert lines(lambda: resolve(shop(), settings(**values))) == expected


def test_all_problems_come_together() -> None:
    wrong = {"apj": {}, "db": {"memory": "1", "versoin": "16"}, "jobs": {"memory": "2MB"}, "api": {"name": "x"}}
    found = lines(lambda: resolve(shop(), settings(services=wrong)))
    assert [line.split(": ")[:2] for line in found] == [
        ["settings", "strata:services.apj"],
        ["settings", "strata:services.db.versoin"],
        ["settings", "strata:services.api.name"],
        ["db (Postgres)", "memory"],
        ["jobs (RabbitMQ)", "memory"],
    ]


def test_a_volume_is_not_mistaken_for_the_service_of_its_name() -> None:
    system = System("s", [RabbitMQ("jobs", volume=FileVolume("jobs"))])
    after = resolve(system, settings(services={"jobs": {"memory": "64MB"}}))
    assert after.data[0].volume is system.data[0].volume
    assert [one.name for one in adjustable(system)] == ["jobs"]


def test_a_volume_listed_as_a_service_can_be_overridden() -> None:
    system = System("s", [FileVolume("shared")])
    assert resolve(system, settings(services={"shared": {"bind": "data"}})).data[0].bind == "data"


def test_settings_that_switch_persistence_on_give_a_volume() -> None:
    after = resolve(System("s", [Redis("cache")]), settings(services={"cache": {"persistence": "aof"}}))
    assert after.data[0].volume.name == "cache-data"


def test_references_and_names_cannot_be_overridden() -> None:
    refused = {"name", "formerly", "needs", "after", "secrets", "volumes", "scale", "reload"}
    assert not refused & set(overridable(Service))
    assert {"replicas", "memory", "image", "environment", "health", "publish"} <= set(overridable(Service))


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (None, ["prometheus", "grafana"]),
        (True, ["prometheus", "grafana"]),
        (False, []),
        ({"grafana": False}, ["prometheus"]),
        ({"enabled": False}, []),
    ],
)
def test_monitoring_is_switched_by_settings(chosen: Any, expected: list[str]) -> None:
    assert [one.name for one in resolve(shop(), settings(monitoring=chosen)).watchers()] == expected


def test_monitoring_scrapes_every_service_with_metrics_as_resolved() -> None:
    after = resolve(shop(), settings(services={"api": {"metrics_port": 9100}}))
    assert after.monitoring is not None
    assert [one.name for one in after.monitoring.prometheus.scrapes] == ["api"]
    assert after.monitoring.prometheus.scrapes[0] is after.app[1]
    assert after.monitoring.grafana is not None
    assert after.monitoring.grafana.prometheus is after.monitoring.prometheus


def test_a_list_of_scrapes_is_kept_as_it_is() -> None:
    chosen = Service("api", image="x", port=80, metrics="/m")
    other = Service("other", image="x", port=80, metrics="/m")
    system = System("s", app=[chosen, other], monitoring=Monitoring(prometheus=Prometheus(scrapes=[chosen])))
    after = resolve(system, settings())
    assert after.monitoring is not None
    assert after.monitoring.prometheus.scrapes == (chosen,)


def test_monitoring_of_a_system_that_describes_none() -> None:
    assert lines(lambda: resolve(System("s", [Redis("c")]), settings(monitoring=True))) == [
        "settings: strata:monitoring: the system describes no monitoring; give it monitoring=Monitoring(...)"
    ]
