"""redis.conf, the same for every container that runs a Redis. Pure."""

from __future__ import annotations

from components.model.redis import Redis
from components.model.units import memory_bytes


def configuration(redis: Redis) -> str:
    """redis.conf, less the password."""
    lines = ["bind * -::*", "protected-mode no", "dir /data"]
    lines.append("appendonly yes" if redis.persistence == "aof" else "appendonly no")
    lines.append("save 3600 1 300 100 60 10000" if redis.persistence == "rdb" else 'save ""')
    if redis.maxmemory:
        lines.append(f"maxmemory {memory_bytes(redis.maxmemory)}")
    if redis.policy:
        lines.append(f"maxmemory-policy {redis.policy}")
    return "\n".join([*lines, ""])
