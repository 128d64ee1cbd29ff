"""A whole system, and the checks between its objects."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import KW_ONLY
from typing import Any

from pydantic import Field

from components.model.container import Contained
from components.model.described import Described, Name, Part, Seq, description, label
from components.model.dev_tool import DevTool
from components.model.gateway import Gateway
from components.model.graph import reachable, referred
from components.model.monitoring import Monitoring
from components.model.network import Network
from components.model.problems import DescriptionError, Problem, listed
from components.model.secret import Secret
from components.model.service import Service, Workload
from components.model.task import Task
from components.model.volume import FileVolume


@description
class System(Part):
    """A system: its data services, its applications, and what stands around them.

    `data` and `app` are the two tiers that services are listed in; secrets and volumes need no listing, they are found
    by reference. Raises DescriptionError with every problem between its objects.
    """

    name: Name
    data: Seq[Described] = ()
    _: KW_ONLY
    app: Seq[Described] = ()
    gateway: Gateway | None = None
    monitoring: Monitoring | None = None
    tools: Seq[DevTool] = ()
    network: Network = Field(default_factory=Network)

    def __post_init__(self) -> None:
        problems = tuple(check_system(self))
        if problems:
            raise DescriptionError(problems)

    def services(self) -> tuple[Described, ...]:
        """What the tiers realize, in the order of the tiers: data, app (with gateway and tools), monitoring."""
        gateway = (self.gateway,) if self.gateway else ()
        return (*self.data, *self.app, *gateway, *self.tools, *self.watchers())

    def watchers(self) -> tuple[Described, ...]:
        """The monitoring services, none where monitoring is off."""
        if self.monitoring is None or not self.monitoring.enabled:
            return ()
        grafana = (self.monitoring.grafana,) if self.monitoring.grafana else ()
        return (self.monitoring.prometheus, *grafana)

    def secrets(self) -> tuple[Secret, ...]:
        """Every secret that a service of the system refers to."""
        return tuple(found for found in reachable(self.services()) if isinstance(found, Secret))

    def volumes(self) -> tuple[FileVolume, ...]:
        """Every volume that a service of the system mounts, and those listed under data."""
        return tuple(found for found in reachable(self.services()) if isinstance(found, FileVolume))


def check_system(system: System) -> Iterator[Problem]:
    """Every problem between the objects of a system."""
    listed_services = system.services()
    yield from _names(system)
    yield from check_keys(listed_services)
    yield from _host_ports(listed_services)
    yield from _tiers(system)
    yield from _conditions(listed_services)


def _names(system: System) -> Iterator[Problem]:
    by_name: dict[tuple[str, str], list[Described]] = defaultdict(list)
    for found in reachable(system.services()):
        space = type(found).__name__ if isinstance(found, Secret | FileVolume) else "service"
        by_name[space, found.name].append(found)
    for (space, name), objects in by_name.items():
        if len(objects) > 1:
            kinds = listed([type(found).__name__ for found in objects])
            what = {"Secret": "secrets", "FileVolume": "volumes"}.get(space, "services")
            yield Problem(name, "name", f"{len(objects)} {what} have this name ({kinds}); names are unique in a system")
    now = {found.name for found in system.services()}
    for found in system.services():
        for old in found.formerly:
            if old in now:
                yield Problem(label(found), "formerly", f"given {old!r}, which another service is called now")


def check_keys(services: Iterable[Described]) -> Iterator[Problem]:
    """Environment keys that two sources would write into one container."""
    for service in services:
        if not isinstance(service, Workload):
            continue
        writers: dict[str, list[str]] = defaultdict(list)
        for need, keys in service.bindings():
            for key in keys:
                writers[key].append(need.name)
        for key in service.environment:
            if key in writers:
                yield Problem(label(service), "environment", f"{key!r} is already written by needs={writers[key][0]}")
        for key in service.secrets:
            if key in writers:
                yield Problem(label(service), "secrets", f"{key!r} is already written by needs={writers[key][0]}")
        secret_names = set(service.secrets) | {secret.env for secret in service.secrets.values()}
        for key in service.environment:
            if key in secret_names and key not in service.secrets:
                yield Problem(label(service), "environment", f"{key!r} is a declared Secret's key; give it by secrets=")
        clashes: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for key, names in writers.items():
            if len(names) > 1:
                clashes[tuple(names)].append(key)
        for names, keys in clashes.items():
            text = (
                f"{listed(names)} would both write {keys[0]}{f' and {len(keys) - 1} more' if len(keys) > 1 else ''}; "
                f'give one a prefix: {names[-1]}.bind(prefix="{names[-1].upper().replace("-", "_")}")'
            )
            yield Problem(label(service), "needs", text)


def host_ports(service: Described) -> Iterator[tuple[str, int]]:
    """Host addresses and ports that a service occupies."""
    if isinstance(service, Contained):
        for published in service.published():
            yield published.bind, published.host
    if isinstance(service, Gateway):
        yield "127.0.0.1", service.port


def _host_ports(services: Iterable[Described]) -> Iterator[Problem]:
    users: dict[int, list[Described]] = defaultdict(list)
    for service in services:
        for _, port in host_ports(service):
            users[port].append(service)
    for port, sharing in users.items():
        if len(sharing) > 1:
            names = listed([service.name for service in sharing])
            yield Problem(label(sharing[-1]), "publish", f"host port {port} is published by {names}; choose another")


def _tiers(system: System) -> Iterator[Problem]:
    every = {id(found) for found in system.services()}
    data = {id(found) for found in system.data}
    for tier, services in (("data", system.data), ("app", system.app)):
        for service in services:
            if isinstance(service, Secret | Network | Gateway):
                yield Problem(label(service), tier, f"a {type(service).__name__} is not listed here")
            elif isinstance(service, Service | DevTool) and tier == "data":
                yield Problem(label(service), "data", "an application goes under app=")
            elif service.TIER == "data" and tier == "app":
                yield Problem(label(service), "app", "a data service goes under data=")
    for service in system.services():
        for other in _services_in(service):
            if id(other) not in every:
                yield Problem(label(service), "needs", f"{label(other)} is not part of the system; list it there")
            elif id(service) in data and id(other) not in data:
                text = f"a data service cannot need {label(other)}: data starts before applications"
                yield Problem(label(service), "needs", text)


def _services_in(service: Described) -> Iterator[Described]:
    seen: set[int] = set()
    for other in referred(service):
        if not isinstance(other, Secret | FileVolume | Network) and id(other) not in seen:
            seen.add(id(other))
            yield other


def _conditions(services: Iterable[Described]) -> Iterator[Problem]:
    for service in services:
        if not isinstance(service, Workload):
            continue
        for condition in service.after:
            task = isinstance(condition.service, Task)
            if condition.state == "completed" and not task:
                text = f"completed({condition.service.name}) waits for a Task; {label(condition.service)} never ends"
                yield Problem(label(service), "after", text)
            elif condition.state != "completed" and task:
                text = f"{condition.state}({condition.service.name}): a Task is awaited with completed(...)"
                yield Problem(label(service), "after", text)
            elif condition.state == "healthy" and getattr(condition.service, "readiness", True) is None:
                text = f"healthy({condition.service.name}) can never be true: it has no health check; give it one"
                yield Problem(label(service), "after", text)


def everything(system: System) -> list[Any]:
    """Every named object of a system, dependencies first; the network included."""
    return [system.network, *reachable(system.services())]
