"""Values with a unit: memory, durations, ports."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema

_MEMORY = re.compile(r"^(\d+(?:\.\d+)?)\s?(b|k|kb|kib|m|mb|mib|g|gb|gib)$", re.IGNORECASE)
_FACTORS = {"b": 1, "k": 1024, "m": 1024**2, "g": 1024**3}
_DURATION = re.compile(r"^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?(?:(\d+)ms)?$")


def memory_bytes(text: str) -> int:
    """Bytes of a memory value such as `512MB`; units are powers of 1024, as Docker and Compose read them.

    Raises ValueError when there is no unit or no number.
    """
    found = _MEMORY.match(text.strip())
    if not found:
        raise ValueError("allowed is a number with a unit B, KB, MB or GB, such as '512MB'")
    return int(float(found[1]) * _FACTORS[found[2][0].lower()])


def seconds(text: str) -> float:
    """Seconds of a duration in Compose's form: `2s`, `1m30s`, `500ms`. Raises ValueError for anything else."""
    found = _DURATION.match(text.strip())
    if not found or not any(found.groups()):
        raise ValueError("allowed is a duration with units h, m, s or ms, such as '30s' or '1m30s'")
    hours, minutes, whole, milliseconds = (float(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + whole + milliseconds / 1000


def _memory(text: str) -> str:
    if memory_bytes(text) < 6 * 1024**2:
        raise ValueError("Docker's minimum is 6MB")
    return text


def _duration(text: str) -> str:
    seconds(text)
    return text


Memory = Annotated[
    str,
    AfterValidator(_memory),
    WithJsonSchema({
        "type": "string",
        "pattern": r"^\s*\d+(\.\d+)?\s?([bB]|[kKmMgG]([iI]?[bB])?)\s*$",
        "description": "an amount of memory with its unit: 512MB, 4GB; at least 6MB",
    }),
]  # fmt: skip
"""An amount of memory with its unit, `512MB` or `4GB`; units are powers of 1024; at least 6MB (Docker's minimum)."""

Duration = Annotated[
    str,
    AfterValidator(_duration),
    WithJsonSchema({
        "type": "string",
        "pattern": r"^\s*(?=\d)(\d+h)?(\d+m(?!s))?(\d+(\.\d+)?s)?(\d+ms)?\s*$",
        "description": "a duration: 2s, 1m30s, 500ms",
    }),
]  # fmt: skip
"""A duration in Compose's form: `2s`, `1m30s`, `500ms`."""

Port = Annotated[int, Field(ge=1, le=65535)]
"""A TCP port, 1 to 65535."""

Cpus = Annotated[float, Field(gt=0, le=1024)]
"""Processors, fractions allowed: `0.5` is half of one."""
