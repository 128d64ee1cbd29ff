"""Which EC2 instances hold a system's tasks, and which of a shared host's ports each service gets. Pure.

Interfaces: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/AvailableIpPerENI.html; with trunking, the branches in
https://github.com/aws/amazon-vpc-resource-controller-k8s/blob/master/pkg/aws/vpc/limits.go.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from components.core.settings import StackSettings
from components.model.container import Contained
from components.model.described import Described
from components.model.dev_tool import DevTool
from components.model.gateway import Gateway
from components.model.monitoring import Grafana, Prometheus
from components.model.postgres import Postgres
from components.model.rabbitmq import RabbitMQ
from components.model.redis import Redis
from components.model.service import Service, Workload
from components.model.system import System
from components.model.task import Task
from components.model.units import memory_bytes
from components.targets.aws.options import PlacedOptions, options_of
from components.targets.aws.settings import Chosen, HostNetwork

MIB, UNITS = 1024**2, 1024


@dataclass(frozen=True)
class Type:
    """An instance type: processors, MiB, network interfaces, tasks with an address of their own under trunking (0: it
    has none), and dollars an hour (us-east-1, on demand), by which the cheaper of two is meant."""

    name: str
    architecture: str
    cpus: int
    memory: int
    interfaces: int
    branches: int
    price: float

    def tasks(self, network: HostNetwork, trunking: bool) -> int:
        """How many tasks it can have; the first interface is the host's own."""
        if network == "bridge":
            return MOST_TASKS
        return self.branches if trunking and self.branches else self.interfaces - 1


MOST_TASKS = 120
"""Tasks on a host where no interface limits them: each may want a port, and Docker's bridge has so many by default."""
TYPES: tuple[Type, ...] = (
    Type("t4g.micro", "arm64", 2, 1024, 2, 0, 0.0084), Type("t4g.small", "arm64", 2, 2048, 3, 0, 0.0168),
    Type("t4g.medium", "arm64", 2, 4096, 3, 0, 0.0336), Type("m7g.medium", "arm64", 1, 4096, 2, 4, 0.0408),
    Type("t4g.large", "arm64", 2, 8192, 3, 0, 0.0672), Type("m7g.large", "arm64", 2, 8192, 3, 9, 0.0816),
    Type("t4g.xlarge", "arm64", 4, 16384, 4, 0, 0.1344), Type("m7g.xlarge", "arm64", 4, 16384, 4, 18, 0.1632),
    Type("t4g.2xlarge", "arm64", 8, 32768, 4, 0, 0.2688), Type("m7g.2xlarge", "arm64", 8, 32768, 4, 38, 0.3264),
    Type("m7g.4xlarge", "arm64", 16, 65536, 8, 54, 0.6528),
    Type("t3.micro", "x86_64", 2, 1024, 2, 0, 0.0104), Type("t3.small", "x86_64", 2, 2048, 3, 0, 0.0208),
    Type("t3.medium", "x86_64", 2, 4096, 3, 0, 0.0416), Type("t3.large", "x86_64", 2, 8192, 3, 0, 0.0832),
    Type("m7i.large", "x86_64", 2, 8192, 3, 9, 0.1008), Type("t3.xlarge", "x86_64", 4, 16384, 4, 0, 0.1664),
    Type("m7i.xlarge", "x86_64", 4, 16384, 4, 18, 0.2016), Type("t3.2xlarge", "x86_64", 8, 32768, 4, 0, 0.3328),
    Type("m7i.2xlarge", "x86_64", 8, 32768, 4, 38, 0.4032), Type("m7i.4xlarge", "x86_64", 16, 65536, 8, 54, 0.8064),
)  # fmt: skip
SHARE = 0.9
"""Part of an instance's memory that its agent registers at least: the kernel takes some, and AWS publishes no table."""
SET_ASIDE = 128
"""MiB of it that stay the agent's and Docker's own (ECS_RESERVED_MEMORY)."""
LEAST_CPU, LEAST_MEMORY = 128, 256
"""CPU units and MiB that a task reserves of which the description says nothing."""
PREPARING = 16
"""MiB of the container that prepares a task's volumes."""
HEADROOM = 1.25
"""A Redis's memory over maxmemory: buffers, and what it copies while it saves."""
OWN_NEEDS: Mapping[type[Contained], str] = {Gateway: "32MB", RabbitMQ: "512MB"}
"""What containers of ours set aside of which the description gives neither a reservation nor a limit; a broker's limit
is for queues that nobody works off."""
AGENT_PORTS = frozenset({22, 80, 443, 2375, 2376, 51678, 51679, 51680})
"""Ports of a host that no service gets: SSH, the gateway's, Docker's, the agent's."""
FIRST_FREE = 20000


@dataclass(frozen=True)
class Reserved:
    """What one task sets aside, and how many run all the time (a Task: none)."""

    name: str
    cpu: int
    memory: int
    count: int


@dataclass(frozen=True)
class Planned:
    """What a stack's hosts are: their type, how many run at least and at most, and each service's port on one.
    `entrance` says that the gateway is on the one host, whose address is then kept."""

    type: str
    min: int
    max: int
    ports: Mapping[str, int] = field(default_factory=dict[str, int])
    entrance: bool = False


def usable(kind: Type) -> int:
    """MiB for tasks."""
    return math.floor(kind.memory * SHARE) - SET_ASIDE


def memory_of(service: Contained) -> str | None:
    """The memory that a container may have at most; a data service's own need where the description says nothing."""
    if service.memory is None and isinstance(service, Redis) and service.maxmemory:
        return f"{math.ceil(memory_bytes(service.maxmemory) * HEADROOM / MIB)}MB"
    contained = isinstance(service, RabbitMQ | Postgres)
    return "1GB" if service.memory is None and contained else service.memory


def reserved_of(service: Contained) -> str | None:
    """The memory that a container sets aside below its limit; its own need where the description says nothing."""
    need = OWN_NEEDS.get(type(service)) if service.memory is None else None
    return service.memory_reserved or need


def reserve(service: Contained) -> tuple[int, int]:
    """CPU units and MiB that a task sets aside: what is reserved, else the limit, else the least."""
    cpus, memory = service.cpus_reserved or service.cpus, reserved_of(service) or memory_of(service)
    return (
        math.ceil(cpus * UNITS) if cpus else LEAST_CPU,
        math.ceil(memory_bytes(memory) / MIB) if memory else LEAST_MEMORY,
    )


def on_hosts(service: Described, settings: StackSettings) -> bool:
    """Whether a service or a Task runs on EC2."""
    chosen = Chosen.of(settings)
    return (options_of(service, settings, PlacedOptions).capacity or chosen.capacity) == "ec2"


def entered(gateway: Gateway | None, settings: StackSettings) -> bool:
    """Whether a system is entered by a container of ours on the one host that everything shares."""
    if gateway is None or gateway.variant != "container":
        return False
    return Chosen.of(settings).bridge and on_hosts(gateway, settings)


def running(system: System) -> Iterator[Contained]:
    """Whatever a system runs in a task on ECS."""
    for service in system.services():
        variant = isinstance(service, Contained) and service.variant == "container"
        contained = variant or isinstance(service, Prometheus | Grafana)
        if contained or (isinstance(service, Workload) and not isinstance(service, DevTool)):
            yield service  # type: ignore[misc]


def reserved(system: System, settings: StackSettings) -> list[Reserved]:
    """What each task on the hosts sets aside."""
    found: list[Reserved] = []
    for service in running(system):
        if on_hosts(service, settings):
            cpu, memory = reserve(service)
            prepared = isinstance(service, Workload) and (service.read_only or service.secrets_as == "files")
            count = service.count if isinstance(service, Service) else 0 if isinstance(service, Task) else 1
            found.append(Reserved(service.name, cpu, memory + (PREPARING if prepared else 0), count))
    for service in system.services():
        if isinstance(service, Postgres) and service.variant is None and service.extensions:
            extensions = Task(f"{service.name}-extensions", image="postgres")
            if on_hosts(extensions, settings):
                found.append(Reserved(extensions.name, LEAST_CPU, LEAST_MEMORY, 0))
    return found


def needed(kind: Type, tasks: Sequence[Reserved], network: HostNetwork, trunking: bool) -> int | None:
    """How many hosts of a type hold the tasks that always run and room for one more, the largest: a Task, or the new
    version of a service; None when one of them fits on none. First fit, the largest first."""
    limit = kind.tasks(network, trunking)
    wanted = [(one.memory, one.cpu) for one in tasks for _ in range(one.count)]
    jobs = [(one.memory, one.cpu) for one in tasks if one.count == 0 or network == "awsvpc"]
    wanted += [(max(memory for memory, _ in jobs), max(cpu for _, cpu in jobs))] if jobs else []
    free: list[list[int]] = []
    for memory, cpu in sorted(wanted, reverse=True):
        room = next((one for one in free if one[0] >= memory and one[1] >= cpu and one[2]), None)
        if room is None:
            room = [usable(kind), kind.cpus * UNITS, limit]
            free.append(room)
        room[0], room[1], room[2] = room[0] - memory, room[1] - cpu, room[2] - 1
        if room[0] < 0 or room[1] < 0:
            return None
    return len(free)


def choose(tasks: Sequence[Reserved], chosen: Chosen) -> Type:
    """The type of which the fewest dollars an hour hold all tasks. Raises ValueError when none does, naming what a
    type that the settings name lacks."""
    own = chosen.own.hosts
    most = 1 if chosen.bridge else own.max
    fitting: list[tuple[float, int, Type]] = []
    for kind in TYPES:
        count = needed(kind, tasks, chosen.host_network, own.trunking)
        if kind.architecture == chosen.own.architecture and count is not None and count <= most:
            fitting.append((round(kind.price * max(1, count), 4), count, kind))
    total = f"{sum(one.memory * one.count for one in tasks)} MiB in {sum(one.count for one in tasks)} tasks"
    if not fitting:
        raise ValueError(f"{total} and room for one more fit on no {most} hosts of {chosen.own.architecture}")
    best = min(fitting, key=lambda one: one[:2])[2]
    if own.type is None:
        return best
    named = next((kind for kind in TYPES if kind.name == own.type), None)
    if named is None:
        raise ValueError(f"given {own.type!r}; known are {', '.join(kind.name for kind in TYPES)}")
    if named.architecture != chosen.own.architecture:
        raise ValueError(
            f"given {own.type!r}, which is {named.architecture}; strata:aws.architecture is {chosen.own.architecture}"
        )
    count = needed(named, tasks, chosen.host_network, own.trunking)
    if count is None or count > most:
        each = f"{named.tasks(chosen.host_network, own.trunking)} tasks and {usable(named)} MiB each"
        wanted = f"{count} of them" if count else "a larger one"
        raise ValueError(
            f"given {own.type!r} ({each}); {total} and room for one more want {wanted}, allowed are {most}; the "
            f"smallest that does is {best.name}"
        )
    return named


def ports_of(services: Iterable[Described]) -> dict[str, int]:
    """A port of the one host for each service that listens: its own, or the next free one where that is taken. The
    gateway has the two that are kept for it."""
    found: dict[str, int] = {}
    for service in services:
        port: Any = getattr(service, "port", None) or getattr(type(service), "PORT", None)
        if isinstance(port, int) and not isinstance(service, Gateway):
            taken = AGENT_PORTS | set(found.values())
            found[service.name] = port if port not in taken else next(
                free for free in range(FIRST_FREE, 65536) if free not in taken
            )  # fmt: skip
    return found


def planned(system: System | None, settings: StackSettings, gateway: Gateway | None = None) -> Planned | None:
    """A stack's hosts; None where nothing runs on any, or without a system where the settings name no type. `gateway`
    is that of a target which was made without a system.

    Raises ValueError for what `choose` refuses.
    """
    chosen = Chosen.of(settings)
    own = chosen.own.hosts
    if system is None:
        least, most = (1, 1) if chosen.bridge else (own.min, own.max)
        return Planned(own.type, least, most, entrance=entered(gateway, settings)) if own.type else None
    tasks = reserved(system, settings)
    if not tasks:
        return None
    kind = choose(tasks, chosen)
    if chosen.bridge:
        return Planned(kind.name, 1, 1, ports_of(running(system)), entered(system.gateway, settings))
    return Planned(kind.name, own.min, own.max)
