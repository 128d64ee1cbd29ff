"""Redis: cache, queue, or both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from components.model.binding import Bindable
from components.model.container import Contained
from components.model.described import description
from components.model.health import Command
from components.model.image import ImageName
from components.model.secret import Secret
from components.model.text import matching
from components.model.units import Memory, memory_bytes
from components.model.volume import FileVolume, volume_of

Version = Annotated[
    str,
    matching(
        r"^(\d+(\.\d+)*(-[a-z0-9.]+)?|alpine|latest)$",
        "an image's version such as '8', '7.4' or '8-alpine', or 'alpine' or 'latest'",
    ),
]
Policy = Literal[
    "noeviction", "allkeys-lru", "allkeys-lfu", "allkeys-random",
    "volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl",
]  # fmt: skip


def _volume(data: dict[str, Any]) -> FileVolume | None:
    if data.get("persistence", "none") == "none":
        return None
    return volume_of(data, "redis", "important")


@description
class Redis(Bindable, Contained):
    """A Redis server.

    `version` is the image's tag (default `8-alpine`). `persistence`: none keeps everything in memory, rdb writes
    snapshots, aof every change. `maxmemory` and `policy` are Redis's own settings; without a policy Redis refuses
    writes once it is full. `password` is none by default.

    Whoever needs it gets REDIS_URL, REDIS_HOST, REDIS_PORT and, when it has a password, REDIS_PASSWORD.
    """

    _: KW_ONLY
    version: Version = "8-alpine"
    persistence: Literal["none", "rdb", "aof"] = "none"
    password: Secret | None = None
    maxmemory: Memory | None = None
    policy: Policy | None = None
    image: ImageName | None = None
    volume: FileVolume | None = Field(default_factory=_volume)
    health: Command = Command("redis-cli ping | grep -q PONG", interval="2s", timeout="5s", retries=30)

    TIER: ClassVar[str] = "data"
    PORT: ClassVar[int] = 6379

    def contradictions(self) -> Iterable[tuple[str, str]]:
        yield from Contained.contradictions(self)
        if self.memory and self.maxmemory and memory_bytes(self.maxmemory) >= memory_bytes(self.memory):
            yield "maxmemory", f"given {self.maxmemory!r}; allowed is less than the limit, memory={self.memory!r}"
        if self.persistence != "none" and self.volume is None:
            yield "volume", f"given None with persistence={self.persistence!r}; what it writes needs a volume"

    def binding(self) -> Mapping[str, str]:
        facts = {"REDIS_HOST": "{host}", "REDIS_PORT": "{port}"}
        if self.password is None:
            return {"REDIS_URL": "{scheme}://{host}:{port}/0", **facts}
        return {"REDIS_URL": "{scheme}://:{password}@{host}:{port}/0", **facts, "REDIS_PASSWORD": "{password}"}
