"""Problems in a description, told to the person who wrote it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: where, in which field, and what to do about it.

    `where` is the service (and its kind), `field` the field or setting; `text` says what was given and what is allowed.
    """

    where: str
    field: str
    text: str

    def __str__(self) -> str:
        return f"{self.where}: {self.field}: {self.text}" if self.field else f"{self.where}: {self.text}"


class DescriptionError(ValueError):
    """Everything that is wrong with a description or its settings, one line for each problem."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        head = "1 problem" if count == 1 else f"{count} problems"
        super().__init__("\n".join([f"{head} in the description:", *(f"  - {problem}" for problem in self.problems)]))


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint such as `; did you mean 'api'?`, or the list of what is known when nothing is near."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; known are {listed(names)}" if names else ""


def listed(names: Sequence[str]) -> str:
    """Names as a person lists them: `a, b and c`."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
