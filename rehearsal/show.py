"""A rehearsal's steps: a progress line for each, and a table of what they proved."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table

from rehearsal.proofs import proof


class NotProven(Exception):
    """A step saw something else than it should; the message says what."""


@dataclass(frozen=True)
class Step:
    """What one step came to."""

    name: str
    good: bool
    seconds: float
    said: str


@dataclass
class Steps:
    """Runs steps one after another; once one has failed, only those are run that are to run in any case."""

    console: Console = field(default_factory=lambda: Console(highlight=False, soft_wrap=True))
    done: list[Step] = field(default_factory=list[Step])
    left_out: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def good(self) -> bool:
        """Whether nothing has failed."""
        return all(one.good for one in self.done)

    def run(self, name: str, act: Callable[[], str], *, always: bool = False) -> bool:
        """Run a step; what it returns is what it proved. Whatever it raises is kept as its failure."""
        proof(name)
        if not (self.good or always):
            return False
        self.console.print(f"[rehearse] {name} ...".replace("[", "\\["), end=" ")
        began = time.monotonic()
        try:
            good, said = True, act()
        except Exception as wrong:
            good, said = False, f"{type(wrong).__name__}: {wrong}"
        step = Step(name, good, time.monotonic() - began, said)
        self.done.append(step)
        self.console.print(f"{'ok' if good else 'FAILED'} ({step.seconds:.1f} s) {said}", markup=False)
        return good

    def leave_out(self, names: Iterable[str], why: str) -> None:
        """Say of steps that they are not run, and why."""
        for name in names:
            proof(name)
            self.console.print(f"[rehearse] {name}: left out, {why}", markup=False)
            self.left_out[name] = why

    def table(self, title: str) -> Table:
        """What every step came to."""
        table = Table(title=title, title_justify="left")
        for head in ("step", "", "seconds", "seen"):
            table.add_column(head, justify="right" if head == "seconds" else "left", overflow="fold")
        for one in self.done:
            table.add_row(one.name, "ok" if one.good else "FAILED", f"{one.seconds:.1f}", one.said[-600:])
        for name, why in self.left_out.items():
            table.add_row(name, "left out", "", why, style="dim")
        return table
