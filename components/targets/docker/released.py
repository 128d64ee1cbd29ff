"""Whether the images of a release are still on this machine: a missing one would be looked for in a registry."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from docker.errors import DockerException, ImageNotFound

from components.core import releases
from components.core.naming import Names
from components.core.settings import ReleaseSettings
from components.model.problems import Problem
from components.model.system import System
from components.targets.docker import daemon
from components.targets.docker.images import name_of
from components.targets.released import users_of


def gone(system: System, pinned: ReleaseSettings | None, names: Names, root: Path) -> Iterator[Problem]:
    """The images that are not there. Where no daemon answers the update itself says so."""
    if pinned is None:
        return
    users = users_of(system, lambda build, tag: name_of(names.project, root, build, tag))
    for name, services in users.items():
        try:
            daemon.client().images.get(name)
        except ImageNotFound:
            text = releases.gone(pinned.number, name, services, "on this machine", names)
            yield Problem("settings", "strata:release", text)
        except DockerException:
            return
