"""What RabbitMQ is told of its memory, the same for every container that runs one. Pure."""

from __future__ import annotations

import math

from components.model.units import memory_bytes

WATERMARK = 0.6
"""Part of its memory at which it stops whoever publishes (RabbitMQ's own default)."""


def watermark(limit: str) -> int:
    """The bytes at which it does, in a container with this limit: by itself it takes the machine's memory for its own,
    and is killed before it would stop anybody."""
    return math.floor(memory_bytes(limit) * WATERMARK)
