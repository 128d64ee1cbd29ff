"""Which images a system needs on Docker. Pure: imports neither Pulumi nor Docker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from components.model.described import Described
from components.model.image import Build
from components.model.object_store import ObjectStore
from components.model.postgres import Postgres
from components.model.rabbitmq import RabbitMQ
from components.model.redis import Redis
from components.model.schedule import Schedule
from components.model.system import System
from components.targets.docker import s3_server
from components.targets.docker.checks import ROOT
from components.targets.docker.dockerfile import base_images

SCHEDULER = Build(str(Path(__file__).parent / "scheduler"))
"""What schedules are started by; it is part of this target, wherever descriptions are."""


def image_of(service: Described) -> str | Build | None:
    """The image that a service's container runs; None for what runs in none (a volume)."""
    chosen: str | Build | None = getattr(service, "image", None)
    if chosen is not None:
        return chosen
    match service:
        case Postgres():
            return f"postgres:{service.version}"
        case Redis():
            return f"redis:{service.version}"
        case RabbitMQ():
            return f"rabbitmq:{service.version}{'-management' if service.management else ''}"
        case ObjectStore():
            return s3_server.IMAGE
        case _:
            return None


def name_of(service: Described) -> str:
    """The image of a service that is never built. Raises TypeError for any other."""
    image = image_of(service)
    if not isinstance(image, str):
        raise TypeError(f"{service.name} has no image with a name")
    return image


def images(system: System) -> Iterator[str]:
    """What has to be on the machine before the system starts: pulled images, and those that builds begin from."""
    seen: set[str] = set()
    for service in system.services():
        image = image_of(service)
        names = _bases(image) if isinstance(image, Build) else [image] if image else []
        names += _bases(SCHEDULER) if isinstance(service, Schedule) else []
        for name in names:
            if name not in seen:
                seen.add(name)
                yield name


def _bases(build: Build) -> list[str]:
    if build.tag:
        return []  # It was built before, and is not pulled from anywhere.
    return base_images((ROOT / build.context / build.dockerfile).read_text(), build.args, build.target)
