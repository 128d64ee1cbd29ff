"""Data that no description claims any more. An update must never destroy it: a forgotten `formerly` would."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from docker.errors import DockerException

from components.core.naming import Names
from components.model.graph import reachable
from components.model.problems import Problem
from components.model.system import System
from components.model.volume import FileVolume
from components.targets.docker import daemon

KEPT = frozenset({"critical", "important"})
"""Backup classes whose volumes only `down --data` and `destroy` may remove."""


def unclaimed(system: System, names: Names) -> Iterator[Problem]:
    """Volumes of this stack with critical or important data that nothing in the description keeps under their name."""
    volumes = [found for found in reachable(system.services()) if isinstance(found, FileVolume) and found.bind is None]
    claimed = {names.kept(volume) for volume in volumes}
    for name, backup in _there(names.owner):
        if name in claimed or backup not in KEPT:
            continue
        old = name.removeprefix(names.of("")).removesuffix("-data")
        yield Problem(
            name, "",
            f"this volume holds {backup} data of this stack and nothing in the description claims it, so the update "
            f"would destroy it; after a rename say formerly=({old!r},), otherwise describe its service again; "
            f"to give the data up: make down, then docker volume rm {name}",
        )  # fmt: skip


def _there(owner: str) -> list[tuple[str, str]]:
    """The stack's volumes and their backup classes; none where no daemon answers, for then nothing can be destroyed."""
    try:
        found: list[Any] = daemon.client().volumes.list(filters=daemon.of_stack(owner))
    except DockerException:
        return []
    labels: dict[str, dict[str, str]] = {one.name: one.attrs.get("Labels") or {} for one in found}
    return sorted((name, own.get(daemon.BACKUP_LABEL, "")) for name, own in labels.items())
