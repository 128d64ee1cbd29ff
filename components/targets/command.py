"""Commands of containers, the same for every target. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Sequence


def words(command: str | Sequence[str] | None) -> list[str] | None:
    """A command as a list: a string is split as a shell splits words."""
    if command is None:
        return None
    return shlex.split(command) if isinstance(command, str) else list(command)
