"""A container is given the same on AWS as on Docker, and no secret is in plain text anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pytest

from components.core.environment import keys
from components.core.load import load_system
from components.core.resolve import resolve
from components.model.dev_tool import DevTool
from components.model.service import Workload
from components.model.system import System
from strata import Bucket, ObjectStore, Postgres, RabbitMQ, Redis, Schedule, Secret, Service, Task
from tests.ran import Ran
from tests.targets.aws import stage as aws
from tests.targets.aws.systems import MARK, SYSTEMS, prod, secrets_of
from tests.targets.docker import stage as docker

ROLE = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
"""What the platform gives by a role, so that a container needs no keys for it."""


def every_need(secrets_as: str) -> System:
    """A service, a task and a schedule with every kind of need, two of them under other names."""
    password = Secret("cache-password")
    db, other, cache = Postgres("db"), Postgres("other"), Redis("cache", password=password)
    files, jobs = ObjectStore("files", buckets=[Bucket("uploads")]), RabbitMQ("jobs", queues=["mail"])
    api = Service("api", image="a:1", port=80)
    needs = [db, other.bind(prefix="OTHER"), cache, files.bind(prefix="MY"), files, jobs, api]
    given = {"needs": needs, "environment": {"MODE": "x"}, "secrets": {"API_TOKEN": Secret("token")}}
    return System(
        "every", [db, other, cache, files, jobs],
        app=[api, Service("user", image="a:1", secrets_as=secrets_as, **given),  # type: ignore[arg-type]
             Task("job", image="a:1", secrets_as=secrets_as, **given),  # type: ignore[arg-type]
             Schedule("nightly", image="a:1", cron="@daily", secrets_as=secrets_as, **given)],  # type: ignore[arg-type]
    )  # fmt: skip


def on_docker(ran: Ran, name: str) -> set[str]:
    """The environment keys of a workload on Docker."""
    if f"{name}-run" in ran:
        return {line.partition("=")[0] for line in ran[f"{name}-run"]["environment"]}
    return set(docker.environment(ran[f"{name}-container"]))


def on_aws(ran: Ran, name: str) -> set[str]:
    """The environment keys of a workload's own container on AWS."""
    container = aws.containers(ran[f"{name}-task"])[name]
    plain, secret = set(aws.environment(container)), set(aws.secrets(container))
    assert not plain & secret, "a key is given once"
    return plain | secret


PAIRS = [
    *((name, load_system(f"systems.{name}.system")) for name in SYSTEMS),
    *((name, every_need(name)) for name in ("environment", "files")),
]


CONTAINERS = {name: {"variant": "container"} for name in ("db", "other", "cache", "jobs")}
"""Every data service that can be a container of ours."""


@pytest.mark.parametrize(("name", "system"), PAIRS, ids=[name for name, _ in PAIRS])
def test_a_container_has_the_same_keys_on_both_targets(name: str, system: System) -> None:
    same_keys(name, system, prod(name) if name in SYSTEMS else aws.deploy(system))


def test_nor_do_keys_differ_where_data_services_are_containers() -> None:
    system = every_need("environment")
    same_keys("every", system, aws.deploy(system, services=CONTAINERS))


@pytest.mark.parametrize(("name", "system"), PAIRS, ids=[name for name, _ in PAIRS])
def test_nor_do_keys_differ_on_one_host_that_everything_shares(name: str, system: System) -> None:
    same_keys(name, system, prod(name, "frugal") if name in SYSTEMS else aws.deploy(system, profile="frugal"))


def test_on_one_host_what_a_container_is_told_leads_to_where_the_other_listens() -> None:
    """Every address in a container's plain environment is a name that its own hosts file has, with the other's port."""
    ran = prod("starter", "frugal")
    ports = {one.name.removesuffix("-task"): [pair["hostPort"] for pair in found["portMappings"]]
             for one in ran.of("taskDefinition:TaskDefinition")
             for name, found in aws.containers(one).items()
             if name == one.name.removesuffix("-task") and "portMappings" in found}  # fmt: skip
    assert ports == {"api": [8000], "cache": [6379], "gateway": [80, 443], "jobs": [5672], "web": [3000]}
    web = aws.containers(ran["web-task"])["web"]
    assert aws.environment(web)["API_URL"] == "http://api.starter-prod.internal:8000"
    assert web["extraHosts"] == [{"hostname": "api.starter-prod.internal", "ipAddress": "172.17.0.1"}]


def same_keys(name: str, system: System, cloud: Ran) -> None:
    there = docker.deploy(system)
    resolved = resolve(system, aws.settings_of(secrets=secrets_of(name) if name in SYSTEMS else {}))
    workloads = [one for one in resolved.services() if isinstance(one, Workload) and not isinstance(one, DevTool)]
    assert len(workloads) >= 3
    found = 0
    for one in workloads:
        described = {key.name for key in keys(one)}
        by_role = {key for key in described if key.removeprefix("MY_").removesuffix("_FILE") in ROLE}
        assert on_docker(there, one.name) == described, one.name
        assert on_aws(cloud, one.name) == described - by_role, one.name
        found += len(by_role)
    assert found, "somebody needs the object store, or nothing is proven of the keys that may be absent"


def plain_secrets(ran: Ran, values: list[str]) -> Iterator[str]:
    """Every place where a secret value stands that is not marked secret."""
    for one in ran.made:
        for tree in (one.inputs, *([one.outputs] if one.outputs else [])):
            for path, value, secret in tree.leaves():
                if not secret and isinstance(value, str) and any(hidden in value for hidden in values):
                    yield f"{one.name}: {path}"
    for path, value, secret in ran.exports.leaves():
        if not secret and isinstance(value, str) and any(hidden in value for hidden in values):
            yield f"exports: {path}"


HIDDEN = [MARK, quote(MARK, safe=""), "PRIVATE KEY"]


@pytest.mark.parametrize("system", SYSTEMS)
def test_no_secret_is_in_plain_text(system: str) -> None:
    ran = prod(system, domain=False)
    assert list(plain_secrets(ran, HIDDEN)) == []
    assert list(plain_secrets(prod(system, "frugal", domain=False), HIDDEN)) == [], (
        "nor where the gateway is a container"
    )
    places = [one.name for one in ran.made if any(MARK in str(value) for _, value, _ in one.inputs.leaves())]
    assert {"db-instance", "db-binding-secret-value", "migrate-run", "api-ready"} <= set(places), "they were looked at"


def test_nor_are_secrets_of_a_service_with_every_need() -> None:
    system = every_need("files")
    values = {one.name: f"{MARK}{one.name}" for one in system.secrets()}
    assert list(plain_secrets(aws.deploy(system, secrets=values), HIDDEN)) == []
    assert list(plain_secrets(aws.deploy(system, secrets=values, services=CONTAINERS), HIDDEN)) == []


def test_a_secret_in_plain_text_is_found() -> None:
    ran = aws.put(Service("api", image="a:1", environment={"LEAK": f"{MARK}x"}))
    assert list(plain_secrets(ran, HIDDEN)) == ["api-task: containerDefinitions"]
