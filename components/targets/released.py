"""The images of a release that a stack has gone back to."""

from __future__ import annotations

from collections.abc import Iterator

from components.model.image import Build
from components.model.service import Workload
from components.model.system import System


def builds(system: System) -> Iterator[tuple[Build, str, str]]:
    """Each build that is taken from a release, its tag, and the workload that runs it."""
    for service in system.services():
        if isinstance(service, Workload) and isinstance(service.image, Build) and service.image.tag:
            yield service.image, service.image.tag, service.name
