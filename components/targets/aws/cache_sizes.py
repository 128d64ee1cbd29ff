"""Which ElastiCache node a Redis gets. Pure.

The memory of each: https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/ParameterGroups.Redis.html
"""

from __future__ import annotations

from components.model.units import memory_bytes

NODES: dict[str, int] = {
    "cache.t4g.micro": 536870912,
    "cache.t4g.small": 1471026299,
    "cache.t4g.medium": 3317862236,
    "cache.m7g.large": 6854542746,
    "cache.m7g.xlarge": 13854752768,
    "cache.m7g.2xlarge": 27855153766,
    "cache.m7g.4xlarge": 55855955763,
    "cache.m7g.8xlarge": 111857559757,
    "cache.m7g.16xlarge": 225860767744,
}
"""Node types and the bytes that `maxmemory` is on them, the cheapest first."""
RESERVED = 0.25
"""Part of a node that AWS advises to leave free for replication and snapshots."""


def plan(maxmemory: str | None) -> str:
    """The smallest node type whose memory, less the reserve, holds `maxmemory`; the smallest of all without one.

    Raises ValueError when there is none that large.
    """
    asked = memory_bytes(maxmemory) if maxmemory else 0
    for name, size in NODES.items():
        if size * (1 - RESERVED) >= asked:
            return name
    largest = max(NODES.values()) * (1 - RESERVED) / 1024**3
    raise ValueError(f"given maxmemory={maxmemory!r}; ElastiCache's largest node here holds {largest:.0f}GB")
