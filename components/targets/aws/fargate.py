"""Which of Fargate's sizes a task gets. Pure.

The combinations: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from components.model.units import memory_bytes

UNITS = 1024
"""CPU units of one processor."""
GIB = 1024
STEPS: dict[int, tuple[int, int, int]] = {
    512: (1 * GIB, 4 * GIB, GIB),
    1024: (2 * GIB, 8 * GIB, GIB),
    2048: (4 * GIB, 16 * GIB, GIB),
    4096: (8 * GIB, 30 * GIB, GIB),
    8192: (16 * GIB, 60 * GIB, 4 * GIB),
    16384: (32 * GIB, 120 * GIB, 8 * GIB),
}
"""CPU units to the least and the most memory in MiB, and the step between."""
SMALLEST = (512, 1024, 2048)
"""MiB that 256 CPU units may have."""
CPU_PRICE, MEMORY_PRICE = 0.04048, 0.004445
"""Dollars an hour for a processor and for a GiB (us-east-1, x86): what `smallest` means when two sizes differ."""


@dataclass(frozen=True)
class Size:
    """CPU units and MiB of a task; `note` says how it differs from what was asked for."""

    cpu: int
    memory: int
    note: str | None = None


def legal() -> Iterator[Size]:
    """Every combination that Fargate has."""
    for memory in SMALLEST:
        yield Size(256, memory)
    for cpu, (least, most, step) in STEPS.items():
        for memory in range(least, most + 1, step):
            yield Size(cpu, memory)


def price(size: Size) -> float:
    """Dollars an hour."""
    return size.cpu / UNITS * CPU_PRICE + size.memory / GIB * MEMORY_PRICE


def plan(cpus: float | None, memory: str | None) -> Size:
    """The cheapest legal size that holds what is asked for; the smallest of all where nothing is.

    Raises ValueError when Fargate has none that large.
    """
    asked_cpu = math.ceil((cpus or 0) * UNITS)
    asked_memory = math.ceil(memory_bytes(memory) / 1024**2) if memory else 0
    fitting = [size for size in legal() if size.cpu >= asked_cpu and size.memory >= asked_memory]
    if not fitting:
        raise ValueError(
            f"given {_asked(cpus, memory)}; Fargate has at most 16 cpus with 120GB, and with 8 cpus at most 60GB"
        )
    best = min(fitting, key=lambda size: (price(size), size.cpu, size.memory))
    differs = (asked_cpu and best.cpu != asked_cpu) or (asked_memory and best.memory != asked_memory)
    if not differs:
        return best
    note = (
        f"{_asked(cpus, memory)} becomes {best.cpu / UNITS:g} cpus and {best.memory}MB, the next size that Fargate has"
    )
    return Size(best.cpu, best.memory, note)


def _asked(cpus: float | None, memory: str | None) -> str:
    parts = [f"cpus={cpus:g}" if cpus else "", f"memory={memory!r}" if memory else ""]
    return " and ".join(part for part in parts if part)
