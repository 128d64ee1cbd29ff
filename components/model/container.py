"""The fields that everything running in a container shares."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import KW_ONLY
from typing import Annotated, Literal

from pydantic import Field

from components.model.described import Described, Part, Seq, description
from components.model.health import Health
from components.model.text import matching
from components.model.units import Cpus, Memory, Port, memory_bytes

Address = Annotated[str, matching(r"^[0-9a-fA-F:.]+$", "an IP address of the host, such as '127.0.0.1'")]


@description
class Publish(Part):
    """A container's port reachable from the host at `host`; `bind` is the host's address (default 127.0.0.1)."""

    host: Port
    container: Port
    _: KW_ONLY
    bind: Address = "127.0.0.1"


@description
class Logs(Part):
    """Log rotation: at most `files` files of `size` each (default 3 of 10MB)."""

    _: KW_ONLY
    size: Memory = "10MB"
    files: Annotated[int, Field(ge=1, le=100)] = 3


@description
class Contained(Described):
    """What runs in a container.

    `cpus` and `memory` are limits, `cpus_reserved` and `memory_reserved` what the scheduler sets aside. `publish`
    lists ports reachable from the host: a number publishes that container port under the same number. `restart` is
    Docker's policy. `logs` rotates the container's log. `variant` chooses another way in which the target realizes it.
    """

    _: KW_ONLY
    cpus: Cpus | None = None
    memory: Memory | None = None
    cpus_reserved: Cpus | None = None
    memory_reserved: Memory | None = None
    publish: Seq[Port | Publish] = ()
    restart: Literal["no", "on-failure", "always", "unless-stopped"] = "unless-stopped"
    logs: Logs = Logs()
    variant: str | None = None

    def contradictions(self) -> Iterable[tuple[str, str]]:
        if self.memory and self.memory_reserved and memory_bytes(self.memory_reserved) > memory_bytes(self.memory):
            yield (
                "memory_reserved",
                f"given {self.memory_reserved!r}; allowed is at most the limit, memory={self.memory!r}",
            )
        if self.cpus and self.cpus_reserved and self.cpus_reserved > self.cpus:
            yield "cpus_reserved", f"given {self.cpus_reserved}; allowed is at most the limit, cpus={self.cpus}"

    @property
    def readiness(self) -> Health | None:
        """The health check that says when it is up; None when there is none."""
        return getattr(self, "health", None)

    def published(self) -> tuple[Publish, ...]:
        """The published ports, numbers spelled out."""
        return tuple(port if isinstance(port, Publish) else Publish(port, port) for port in self.publish)
