"""Whose the files of a volume are: EFS makes everybody who mounts an access point that user. Pure."""

from __future__ import annotations

from components.model.postgres import Postgres
from components.targets.aws.options import PostgresOptions

OWNER = 1000
"""User and group of what is in a volume unless it has another owner; whoever mounts it reads and writes as them."""
ALPINE, DEBIAN = 70, 999
"""The user `postgres` of the official images, by what they are built on; the server refuses data of another."""


def image_of(database: Postgres) -> str:
    """What a database that is a container runs."""
    return database.image or f"postgres:{database.version}"


def user_of(image: str) -> int:
    """The user `postgres` of an image, as far as its tag says."""
    return ALPINE if "alpine" in _parts(image)[1] else DEBIAN


def official(image: str) -> bool:
    """Whether an image is Docker's own of Postgres, whose users are known."""
    return _parts(image)[0] in ("postgres", "library/postgres", "docker.io/library/postgres")


def owner_of(image: str, options: PostgresOptions) -> int:
    """Who has to own a database's data: as the settings say, else as its image does."""
    return user_of(image) if options.uid is None else options.uid


def _parts(image: str) -> tuple[str, str]:
    """An image's name and tag; one that is named by its digest alone has another name than its own."""
    name, _, last = image.rpartition("/")
    last, _, tag = last.partition(":")
    return (f"{name}/{last}" if name else last), tag
