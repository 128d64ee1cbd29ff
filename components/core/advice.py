"""What a target makes of an error of its provider's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Refused:
    """`what` was refused, in the words of who refused it, and the `advice` what to do."""

    what: str
    advice: str

    def __str__(self) -> str:
        return f"{self.what}; {self.advice}"


Advisor = Callable[[str], Refused | None]
"""Explains an error's text; None for one that is not the target's own, or that needs no explanation."""
