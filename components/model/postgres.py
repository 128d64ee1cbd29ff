"""PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY
from typing import Annotated, Any, ClassVar

from pydantic import Field

from components.model.binding import Bindable
from components.model.container import Contained
from components.model.described import Map, Seq, description
from components.model.health import Command
from components.model.image import ImageName
from components.model.secret import Secret, password_of
from components.model.text import matching
from components.model.volume import FileVolume, volume_of

Identifier = Annotated[
    str,
    matching(
        r"^[a-z_][a-z0-9_]{0,62}$",
        "a name of at most 63 lower-case letters, digits and '_' that does not begin with a digit",
    ),
]
Version = Annotated[
    str,
    matching(r"^\d{2}(\.\d+)?(-[a-z0-9.]+)?$", "an image's version with its major first: '16', '15.1' or '15-alpine'"),
]
Extension = Annotated[str, matching(r"^[a-z0-9_-]+$", "an extension's name in lower case, such as 'pg_trgm'")]


def _password(data: dict[str, Any]) -> Secret:
    return password_of(data, "postgres")


def _volume(data: dict[str, Any]) -> FileVolume:
    return volume_of(data, "postgres", "critical")


@description
class Postgres(Bindable, Contained):
    """A PostgreSQL database.

    `version` is the image's tag on Docker (`16`, `15.1`, `15-alpine`) and its major version on a managed service.
    `extensions` are created in the database; `init` lists SQL or shell files (relative to the project's root) that run
    once, on an empty volume; `parameters` are server settings. `backup` is the backup class of its volume.
    `image` overrides the image (for pgvector or TimescaleDB).

    Whoever needs it gets DATABASE_URL, DATABASE_HOST, DATABASE_PORT, DATABASE_USER, DATABASE_PASSWORD and
    DATABASE_NAME.
    """

    _: KW_ONLY
    version: Version = "17"
    database: Identifier = "app"
    user: Identifier = "app"
    password: Secret = Field(default_factory=_password)
    extensions: Seq[Extension] = ()
    init: Seq[str] = ()
    parameters: Map[str] = Field(default_factory=dict[str, str])
    image: ImageName | None = None
    volume: FileVolume = Field(default_factory=_volume)
    health: Command | None = None

    TIER: ClassVar[str] = "data"
    PORT: ClassVar[int] = 5432

    @property
    def readiness(self) -> Command:
        """`health`, or by default pg_isready every 2 seconds; by TCP, on which the server that the image starts for its
        first set-up, and stops again, does not listen."""
        command = f"pg_isready -h 127.0.0.1 -U {self.user} -d {self.database}"
        return self.health or Command(command, interval="2s", retries=30)

    def binding(self) -> Mapping[str, str]:
        return {
            "DATABASE_URL": "postgresql://{user}:{password}@{host}:{port}/{database}",
            "DATABASE_HOST": "{host}",
            "DATABASE_PORT": "{port}",
            "DATABASE_USER": "{user}",
            "DATABASE_PASSWORD": "{password}",
            "DATABASE_NAME": "{database}",
        }
