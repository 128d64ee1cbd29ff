"""Which of an update's calls AWS answers otherwise, and how: chosen at random, by a seed, among those that it made."""

from __future__ import annotations

import random
import re
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rehearsal.aws_errors import Kind
from rehearsal.faults import Asked, Delay, Drop, Fault, Refuse

LATE = 65.0
"""Seconds: boto3 waits 60 for an answer; the provider's SDK as long as it takes."""
FAULTS: Mapping[str, Fault] = {
    "500": Refuse(Kind.INTERNAL),
    "throttled": Refuse(Kind.THROTTLED),
    "dropped": Drop(),
    "answer lost": Drop(done=True),
    "late": Delay(LATE, done=True),
}
"""Dropped: the connection is closed before anything is done; answer lost: after it was done."""
READS = re.compile(r"Describe|Get|List|Head")
UNKNOWN = "?"


@dataclass(frozen=True)
class Chosen:
    """One call: the `number`-th of its operation in a command, from 1; the fault, and whether every try of it fails or
    the first one alone."""

    call: str
    number: int
    fault: str
    lasting: bool = False

    def __str__(self) -> str:
        return f"{self.call} no. {self.number} {self.fault}{', every try' if self.lasting else ''}"


def made(log: Sequence[Asked]) -> Counter[str]:
    """How many calls of each operation a command made; tries of the same call count once."""
    once = {one.invocation or str(number): one for number, one in enumerate(log)}
    return Counter(str(one.call) for one in once.values() if UNKNOWN not in str(one.call))


def choose(luck: random.Random, calls: Mapping[str, int], faults: Sequence[str], *, lasting: int = 0) -> list[Chosen]:
    """One call for each fault; the first `lasting` of them fail at every try. About three of four are calls that change
    something: what they leave behind is what may go wrong. No operation is chosen twice as long as there are others."""
    writes = sorted(one for one in calls if not READS.match(one.partition(":")[2]))
    reads = sorted(calls.keys() - {*writes})
    found = list[Chosen]()
    for place, fault in enumerate(faults):
        first, second = (writes, reads) if luck.random() < 0.75 else (reads, writes)
        taken = {one.call for one in found}
        free = [one for one in [*first] if one not in taken] or [one for one in second if one not in taken]
        call = luck.choice(free or sorted(calls))
        found.append(Chosen(call, luck.randint(1, calls[call]), fault, place < lasting))
    return found


@dataclass
class Plan:
    """Chosen calls of one command, as a proxy's choice; `answered` counts the tries that were answered by each, and
    `calls` what the command asked for."""

    chosen: Sequence[Chosen]
    answered: Counter[Chosen] = field(default_factory=Counter[Chosen])
    calls: Counter[str] = field(default_factory=Counter[str])
    _mine: dict[str, Chosen | None] = field(default_factory=dict[str, Chosen | None])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, asked: Asked) -> Fault | None:
        with self._lock:
            one = self._of(asked)
            if one is None or (self.answered[one] and not one.lasting):
                return None
            self.answered[one] += 1
            return FAULTS[one.fault]

    def _of(self, asked: Asked) -> Chosen | None:
        """What was chosen for the call that a request is a try of."""
        name = str(asked.call)
        if asked.invocation not in self._mine or not asked.invocation:
            self.calls[name] += 1
            found = [one for one in self.chosen if (one.call, one.number) == (name, self.calls[name])]
            self._mine[asked.invocation] = found[0] if found else None
        return self._mine[asked.invocation]

    @property
    def by_fault(self) -> Counter[str]:
        """How many tries were answered by each fault."""
        found = Counter[str]()
        for one, times in self.answered.items():
            found[one.fault] += times
        return found

    def __str__(self) -> str:
        return "; ".join(f"{one} ({self.answered[one]} tries)" for one in self.chosen)
