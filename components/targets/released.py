"""The images of a release that a stack has gone back to."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from components.model.image import Build
from components.model.service import Workload
from components.model.system import System

Image = TypeVar("Image")


def users_of(system: System, image: Callable[[Build, str], Image]) -> dict[Image, list[str]]:
    """The workloads that run each build which is taken from a release; `image` is what a target calls a build and its
    tag."""
    users: dict[Image, list[str]] = {}
    for service in system.services():
        if isinstance(service, Workload) and isinstance(service.image, Build) and service.image.tag:
            users.setdefault(image(service.image, service.image.tag), []).append(service.name)
    return users
