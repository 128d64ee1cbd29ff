"""Docker beside Pulumi: stop, start, and what is gone or left over. Everything is found by the stack's label alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from docker.errors import APIError

from components.core.operations import Impossible, Made, Orphan, Resources
from components.core.releases import RESOURCE
from components.targets.docker import daemon, networks
from components.targets.docker.orphans import orphans as orphans
from components.targets.docker.orphans import remove as remove
from components.targets.docker.taken_ports import bound

CONTAINER = "docker:index/container:Container"
VOLUME = "docker:index/volume:Volume"
STASH = "pulumi:index:Stash"
STOPPED = frozenset({"exited", "created", "paused"})


def environment() -> Mapping[str, str]:
    """Go's garbage is left to lie: an engine and a provider that live for seconds spend a tenth of an update on
    collecting it at Go's default of 100. Near the limit of memory, of each process, it is collected as ever."""
    return {"GOGC": "400", "GOMEMLIMIT": "1GiB"}


def _containers(owner: str, **filters: Any) -> list[Any]:
    chosen = {**daemon.of_stack(owner), **filters}
    return daemon.answering().containers.list(all=True, filters=chosen, ignore_removed=True)


def revive(owner: str, resources: Resources) -> list[str]:
    """Start stopped containers; the names of those in the state that are not there any more."""
    wanted = {str(one["outputs"]["name"]) for one in _of_type(resources, CONTAINER)}
    if not wanted:
        return []
    there: set[str] = set()
    # The daemon's own short list: the SDK's asks for every container once more.
    found: list[dict[str, Any]] = daemon.answering().api.containers(all=True, filters=daemon.of_stack(owner))
    for one in found:
        name = str(one["Names"][0]).removeprefix("/")
        if name in wanted and one["State"] in STOPPED:
            container = daemon.client().containers.get(one["Id"])
            if not _started(container):
                container.remove(force=True)
                continue
        there.add(name)
    return sorted(wanted - there)


def _started(container: Any) -> bool:
    """Start a container; False when the daemon cannot, because another program has its port or a file is gone."""
    try:
        container.unpause() if container.status == "paused" else container.start()
    except APIError:
        return False
    return True


def _of_type(resources: Resources, kind: str) -> Iterator[Any]:
    for resource in resources:
        if resource["type"] == kind and resource.get("outputs"):
            yield resource


def stop(owner: str) -> list[str]:
    """Stop running containers, those that need others first."""
    running = [one for one in _containers(owner) if one.status in {"running", "restarting"}]
    for container in sorted(running, key=lambda one: one.attrs["Created"], reverse=True):
        container.stop(timeout=30)
    return sorted(one.name for one in running)


def start(owner: str) -> list[str]:
    """Start stopped containers, in the order in which they were made."""
    stopped = [one for one in _containers(owner) if one.status in {"exited", "created"}]
    for container in sorted(stopped, key=lambda one: one.attrs["Created"]):
        try:
            container.start()
        except APIError as wrong:
            why = f"{container.name} cannot be started: {wrong.explanation}; `make up` makes it again"
            raise Impossible(why) from None
    return sorted(one.name for one in stopped)


def kept(resources: Resources) -> list[str]:
    """Volumes and Stashes (generated secrets and chosen ports), and the releases, whose images stay here too."""
    return [
        str(one["urn"])
        for one in resources
        if one["type"] in {VOLUME, STASH} or str(one["urn"]).rpartition("::")[2] == RESOURCE
    ]


def sweep(owner: str, *, data: bool) -> list[str]:
    """Remove leftover containers and networks of the stack, with `data` its volumes too.

    Raises Impossible when somebody else's container is attached to one of the networks.
    """
    client, label = daemon.answering(), daemon.of_stack(owner)
    removed: list[str] = []
    for container in _containers(owner):
        container.remove(force=True, v=True)
        removed.append(f"container {container.name}")
    for network in client.networks.list(filters=label):
        networks.remove(network)
        removed.append(f"network {network.name}")
    if data:
        for volume in client.volumes.list(filters=label):
            volume.remove(force=True)
            removed.append(f"volume {volume.name}")
    return removed


def made(owner: str, resources: Resources, pending: Resources) -> list[Made]:
    """Nothing: hooks find it by its name and the label when its successor is created (leftovers.py)."""
    return []


def ours(owner: str, resource: Mapping[str, Any]) -> bool:
    return True


def lost(owner: str, settings: Any) -> list[str]:
    """Nothing: hooks find each by its name and the label when its successor is created, volumes with their data."""
    return []


def unnoted(owner: str, resources: Resources) -> list[Orphan]:
    """Nothing: the daemon refuses a second container of a name."""
    return []


def ports_taken(owner: str, resources: Resources) -> bool:
    """Whether a kept free port is bound by something that is not a container of this stack."""
    ours: set[int] = set()
    for container in _containers(owner, status="running"):
        published: dict[str, list[dict[str, str]] | None] = container.attrs["NetworkSettings"]["Ports"] or {}
        ours |= {int(one["HostPort"]) for bindings in published.values() for one in bindings or []}
    return any(bound(port) for port in _chosen(resources) - ours)


def _chosen(resources: Resources) -> set[int]:
    return {
        int(port)
        for one in _of_type(resources, STASH)
        if one["urn"] in port_choices(resources)
        for port in dict(one["outputs"].get("output") or {}).values()
    }


def port_choices(resources: Resources) -> list[str]:
    """The Stashes named `<service>-ports`."""
    return [str(one["urn"]) for one in resources if one["type"] == STASH and str(one["urn"]).endswith("-ports")]
