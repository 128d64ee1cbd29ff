"""What carries a stack's label and is not in its state: left by an update that was killed before it could note it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from docker.errors import NotFound

from components.core.operations import Orphan, Resources
from components.targets.docker import daemon, networks

CONTAINER, NETWORK, VOLUME = "container", "network", "volume"


def orphans(owner: str, resources: Resources) -> list[Orphan]:
    """Containers and networks by their ids, since a killed replacement leaves another one of the same name; volumes by
    their names, which are all that Docker knows them by."""
    client, label = daemon.answering(), daemon.of_stack(owner)
    there: list[tuple[str, Any]] = [
        *((CONTAINER, one) for one in client.containers.list(all=True, filters=label, ignore_removed=True)),
        *((NETWORK, one) for one in client.networks.list(filters=label)),
        *((VOLUME, one) for one in client.volumes.list(filters=label)),
    ]
    known = _known(resources)
    found = [Orphan(kind, str(one.name), str(one.id), data=kind == VOLUME) for kind, one in there]
    return [one for one in found if (one.name if one.data else one.id) not in known[one.kind]]


def _known(resources: Resources) -> dict[str, set[str]]:
    known: dict[str, set[str]] = {CONTAINER: set(), NETWORK: set(), VOLUME: set()}
    for one in resources:
        kind = str(one["type"]).rpartition(":")[2].lower()
        if str(one["type"]).startswith("docker:") and kind in known:
            outputs: dict[str, Any] = one.get("outputs") or {}
            known[kind].add(str(outputs.get("name") if kind == VOLUME else one.get("id")))
    return known


def remove(orphans: Sequence[Orphan]) -> None:
    """Remove them, a container with the anonymous volumes that its image asked for.

    Raises Impossible for a network that the daemon will not remove.
    """
    client = daemon.client()
    for one in orphans:
        try:
            if one.kind == CONTAINER:
                client.containers.get(one.id).remove(force=True, v=True)
            elif one.kind == NETWORK:
                networks.remove_with_attached(client.networks.get(one.id))
            else:
                client.volumes.get(one.name).remove()
        except NotFound:
            continue
