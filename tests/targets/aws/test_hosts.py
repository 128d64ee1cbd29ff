"""EC2 capacity: which hosts a system gets, and what they cannot do."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.core.resolve import resolve
from components.model.described import Described, changed
from components.targets.aws import hosts
from components.targets.aws.hosts import Reserved
from components.targets.aws.settings import Chosen
from strata import Build, Gateway, Postgres, RabbitMQ, Redis, Secret, Service, Task
from tests.targets.aws.stage import BRIDGE, EC2, PASSWORD, containers, problems_of, put, settings_of
from tests.targets.docker.stage import system_of

tasks = st.lists(
    st.builds(Reserved, st.just("t"), st.integers(0, 1024), st.integers(6, 3000), st.integers(0, 4)), min_size=1,
    max_size=12,
)  # fmt: skip
kinds = st.sampled_from(hosts.TYPES)
networks: Any = st.sampled_from(["awsvpc", "bridge"])


@given(kinds, tasks, networks, st.booleans())
def test_hosts_hold_what_runs_and_one_more(kind: hosts.Type, found: list[Reserved], network: Any, trunk: bool) -> None:
    count = hosts.needed(kind, found, network, trunk)
    largest = max(one.memory for one in found)
    if count is None:
        assert largest > hosts.usable(kind) or max(one.cpu for one in found) > kind.cpus * 1024
        return
    wanted = sum(one.memory * one.count for one in found)
    number = sum(one.count for one in found)
    assert count * hosts.usable(kind) >= wanted
    assert count * kind.tasks(network, trunk) >= number
    if network == "awsvpc":
        assert count * hosts.usable(kind) >= wanted + largest and count * kind.tasks(network, trunk) >= number + 1


@given(kinds, tasks)
def test_one_address_holds_at_least_as_much_as_many(kind: hosts.Type, found: list[Reserved]) -> None:
    many, one = (hosts.needed(kind, found, network, False) for network in ("awsvpc", "bridge"))
    assert (many is None) or (one is not None and one <= many)


@given(tasks, st.sampled_from(["arm64", "x86_64"]))
def test_the_choice_is_legal_and_no_other_is_cheaper(found: list[Reserved], architecture: str) -> None:
    chosen = Chosen.of(settings_of({**EC2, "architecture": architecture, "hosts": {"max": 20}}))
    best = hosts.choose(found, chosen)
    count = hosts.needed(best, found, "awsvpc", False)
    assert best.architecture == architecture and count is not None and count <= 20
    for other in hosts.TYPES:
        needed = hosts.needed(other, found, "awsvpc", False)
        if other.architecture == architecture and needed is not None and needed <= 20:
            assert best.price * max(1, count) <= other.price * max(1, needed) + 1e-9


# From AWS's tables of interfaces and of trunking, written down apart from the planner's own.
@pytest.mark.parametrize(
    ("name", "own", "trunked"),
    [
        ("t4g.micro", 1, 1), ("t4g.small", 2, 2), ("t4g.large", 2, 2), ("t4g.xlarge", 3, 3), ("m7g.medium", 1, 4),
        ("m7g.large", 2, 9), ("m7g.xlarge", 3, 18), ("m7g.4xlarge", 7, 54), ("t3.medium", 2, 2), ("m7i.large", 2, 9),
    ],
)  # fmt: skip
def test_tasks_by_interfaces(name: str, own: int, trunked: int) -> None:
    kind = next(one for one in hosts.TYPES if one.name == name)
    assert (kind.tasks("awsvpc", False), kind.tasks("awsvpc", True)) == (own, trunked)


def test_interfaces_decide_where_memory_would_not() -> None:
    """Four tasks and room for one: three hosts of two each, though the memory of one would do."""
    small = [Reserved(name, 128, 128, 1) for name in "abcd"]
    kind = next(one for one in hosts.TYPES if one.name == "t4g.small")
    assert hosts.needed(kind, small, "awsvpc", False) == 3 and hosts.needed(kind, small, "bridge", False) == 1
    chosen = Chosen.of(settings_of({**EC2, "architecture": "arm64"}))
    assert hosts.choose(small, chosen).name == "t4g.small"
    trunked = Chosen.of(settings_of({**EC2, "architecture": "arm64", "hosts": {"trunking": True, "max": 1}}))
    assert hosts.choose(small, trunked).name == "m7g.large"


def test_what_a_task_sets_aside() -> None:
    assert hosts.reserve(Service("a", image="a:1")) == (128, 256)
    assert hosts.reserve(Service("a", image="a:1", cpus=0.5, memory="1GB", memory_reserved="300MB")) == (512, 300)
    assert hosts.reserve(Redis("a", maxmemory="512MB")) == (128, 640)
    assert hosts.reserve(Redis("a", maxmemory="512MB", memory="600MB", cpus_reserved=0.25)) == (256, 600)
    assert hosts.reserve(RabbitMQ("a")) == (128, 512)
    assert hosts.reserve(RabbitMQ("a", memory="400MB")) == (128, 400)
    gateway = Gateway(routes={"/": Service("b", image="a:1", port=80)}, variant="container")
    assert hosts.reserve(gateway) == (128, 32)
    assert hosts.reserve(changed(gateway, memory="64MB")) == (128, 64)
    assert hosts.reserve(changed(gateway, memory="64MB", memory_reserved="48MB")) == (128, 48)


def test_ports_of_a_shared_host() -> None:
    services = [
        Service("web", image="a:1", port=3000), Service("other", image="a:1", port=3000), Redis("cache"),
        Service("page", image="a:1", port=80), Service("worker", image="a:1"),
        Gateway(routes={"/": Service("web", image="a:1", port=3000)}, variant="container"),
    ]  # fmt: skip
    assert hosts.ports_of(services) == {"web": 3000, "other": 20000, "cache": 6379, "page": 20001}


@pytest.mark.parametrize("aws", [EC2, BRIDGE], ids=["awsvpc", "bridge"])
def test_the_planner_counts_what_the_definitions_set_aside(aws: dict[str, Any]) -> None:
    token = Secret("token", default="a-token-of-some-length")
    web = Service("web", image=Build("apps/web"), port=80, cpus=0.25, read_only=True, user="1000")
    described: list[Described] = [
        Redis("cache", variant="container", maxmemory="64MB"), RabbitMQ("jobs", variant="container"),
        Service("api", image="a:1", memory="400MB", secrets={"API_TOKEN": token}, secrets_as="files"),
        web, Task("job", image="a:1"), *([Gateway(routes={"/": web}, variant="container")] if aws is BRIDGE else []),
        Postgres("db", password=PASSWORD, extensions=["pg_trgm"]),
    ]  # fmt: skip
    aws = {**aws, "nat": "none"} if aws is BRIDGE else aws
    settings = settings_of(aws)
    reserved = hosts.reserved(resolve(system_of(*described), settings), settings)
    ran = put(*described, aws=aws)
    made = {
        task.name.removesuffix("-task"): (
            sum(one.get("cpu", 0) for one in containers(task).values()),
            sum(one["memoryReservation"] for one in containers(task).values()),
        )
        for task in ran.of("taskDefinition:TaskDefinition")
    }
    assert made == {one.name: (one.cpu, one.memory) for one in reserved}


api = Service("api", image="a:1", port=80)
ONE = "settings: strata:aws."
LEAVE = "set strata:aws.capacity, or the capacity of a service, to ec2, or leave hosts out"


@pytest.mark.parametrize(
    ("aws", "settings", "problem"),
    [
        ({**EC2, "hosts": {"min": 5}}, {}, f"{ONE}hosts.max: given 4; allowed is at least min, 5"),
        ({"hosts": {"network": "bridge"}}, {}, f"{ONE}hosts.network: given 'bridge' with capacity 'fargate'; one host "
            "holds everything or nothing, set capacity to ec2"),
        ({**BRIDGE, "cidr": "172.17.0.0/16"}, {}, f"{ONE}cidr: given '172.17.0.0/16'; hosts.network 'bridge' wants one "
            "beside Docker's own, 172.17.0.0/16"),
        ({**EC2, "nat": "none"}, {}, f"{ONE}nat: api (Service) runs on EC2, where ECS gives tasks no public address, "
            "and there is no other way out; set nat to 'one' or endpoints to on, or hosts.network to 'bridge'"),
        (BRIDGE, {"services": {"api": {"capacity": "fargate"}}}, "settings: strata:services.api.capacity: given "
            "'fargate' with hosts.network 'bridge'; what runs on one host is reached from that host alone"),
        (EC2, {"services": {"api": {"spot": "on"}}}, "settings: strata:services.api.spot: given for a service on EC2; "
            "hosts.spot says it for all of its hosts"),
        (BRIDGE, {"services": {"api": {"replicas": 2}}}, "api (Service): replicas: given 2; on one shared host "
            "(hosts.network 'bridge') a port fits one, give 1"),
        ({**EC2, "hosts": {"type": "t9.nano"}}, {}, f"{ONE}hosts.type: given 't9.nano'; known are "
            + ", ".join(kind.name for kind in hosts.TYPES)),
        ({**EC2, "hosts": {"type": "t4g.small"}}, {}, f"{ONE}hosts.type: given 't4g.small', which is arm64; "
            "strata:aws.architecture is x86_64"),
        ({**EC2, "hosts": {"type": "t3.micro", "max": 1}}, {}, f"{ONE}hosts.type: given 't3.micro' (1 tasks and 793 "
            "MiB each); 256 MiB in 1 tasks and room for one more want 2 of them, allowed are 1; the smallest that does "
            "is t3.small"),
        ({"hosts": {"type": "t3.small"}}, {}, f"{ONE}hosts: given type, and nothing runs on EC2; {LEAVE}"),
        ({"hosts": {"max": 6, "spot": "on", "disk": 50}}, {}, f"{ONE}hosts: given disk, max and spot, and nothing runs "
            f"on EC2; {LEAVE}"),
        ({"capacity": "fargate", "hosts": {"trunking": True}}, {"profile": "frugal"}, f"{ONE}hosts: given trunking, "
            f"and nothing runs on EC2; {LEAVE}"),
        ({**BRIDGE, "hosts": {"network": "bridge", "max": 6}}, {}, f"{ONE}hosts.max: given 6; it changes nothing on "
            "one shared host (hosts.network 'bridge'), leave it out"),
        ({**BRIDGE, "hosts": {"network": "bridge", "trunking": True}}, {}, f"{ONE}hosts.trunking: given True; it "
            "changes nothing on one shared host (hosts.network 'bridge'), leave it out"),
        (EC2, {"services": {"api": {"memory": "200GB"}}}, f"{ONE}hosts: 204800 MiB in 1 tasks and room for one "
            "more fit on no 4 hosts of x86_64"),
    ],
)  # fmt: skip
def test_what_hosts_cannot_do(aws: dict[str, Any], settings: dict[str, Any], problem: str) -> None:
    assert problems_of(api, aws=aws, **settings) == [problem]


@pytest.mark.parametrize(
    ("aws", "settings"),
    [
        ({"hosts": {"max": 6}}, {"services": {"api": {"capacity": "ec2"}}}), ({**EC2, "hosts": {"max": 6}}, {}),
        ({"hosts": {"spot": "on", "disk": 50, "min": 1, "max": 1}}, {"profile": "frugal"}), ({"hosts": {}}, {}),
    ],
)  # fmt: skip
def test_settings_of_hosts_that_something_runs_on(aws: dict[str, Any], settings: dict[str, Any]) -> None:
    assert resolve(system_of(api), settings_of(aws, **settings))
