"""Health checks, with Compose's names and meaning for their timing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import KW_ONLY
from typing import Annotated, Any, Literal, cast

from pydantic import Discriminator, Field, Tag

from components.model.described import Part, Seq, description
from components.model.text import matching
from components.model.units import Duration, Port, seconds

UrlPath = Annotated[
    str,
    matching(r"^/[^\s'\"`$\\]*$", "a path that begins with '/' and has no blanks, quotes, '$' or backslashes"),
]


@description
class Check(Part):
    """The timing that all health checks share.

    `interval` between checks (default 30s), `timeout` of one (10s), `retries` failures in a row until unhealthy (3),
    `start_period` in which failures do not count (0s). The defaults but the timeout are Docker's.
    """

    _: KW_ONLY
    interval: Duration = "30s"
    timeout: Duration = "10s"
    retries: Annotated[int, Field(ge=1, le=100)] = 3
    start_period: Duration = "0s"

    def contradictions(self) -> Iterable[tuple[str, str]]:
        if seconds(self.interval) <= 0:
            yield "interval", f"given {self.interval!r}; allowed is more than 0s"


@description
class Http(Check):
    """Healthy when a GET of `path` on the service's port (or on `port`) answers with a status below 400."""

    path: UrlPath = "/"
    _: KW_ONLY
    port: Port | None = None
    kind: Literal["http"] = "http"


@description
class Tcp(Check):
    """Healthy when the service's port (or `port`) accepts a connection."""

    _: KW_ONLY
    port: Port | None = None
    kind: Literal["tcp"] = "tcp"


@description
class Command(Check):
    """Healthy when a command inside the container ends with 0. A string is run by `/bin/sh -c`."""

    command: str | Seq[str] = ""
    _: KW_ONLY
    kind: Literal["command"] = "command"

    def contradictions(self) -> Iterable[tuple[str, str]]:
        yield from Check.contradictions(self)
        if not self.command:
            yield "command", "nothing was given; it is required"


def _kind(value: Any) -> str | None:
    if isinstance(value, dict):
        given = cast(dict[str, Any], value)
        kind = given.get("kind") or ("http" if "path" in given else "command" if "command" in given else "tcp")
    else:
        kind = getattr(value, "kind", None)
    return str(kind).title() if kind else None


Health = Annotated[
    Annotated[Http, Tag("Http")] | Annotated[Tcp, Tag("Tcp")] | Annotated[Command, Tag("Command")], Discriminator(_kind)
]
"""A health check; in settings its kind is told by `path`, `command` or neither."""
