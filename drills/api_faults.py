"""AWS in trouble: some calls of an update answered with 500, throttled, late, or not at all, by a proxy before it."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from components.targets.aws import advice
from drills.fault_plan import FAULTS, LATE, Plan, choose, made
from drills.on_rehearsal import RehearsalStage
from drills.stage import Stage, Wrong, plain
from rehearsal.faults import Proxy, faulty
from tests.integration.harness import Outcome

SEED = 6
ROUND = ("first", "change", "change", "change", "change", "all")
"""What is done by turns: an update from nothing, changes, and everything destroyed."""
VERBS = {"first": "up", "change": "up", "all": "all"}
EACH: Mapping[str, Sequence[str]] = {
    "first": ("500", "throttled", "answer lost", "dropped", "late", "500", "throttled", "answer lost", "dropped"),
    "change": ("500", "throttled", "answer lost", "dropped", "late"),
    "all": ("500", "throttled", "answer lost", "dropped", "late"),
}
"""The faults of one command. In every other one, the first of them lasts; which one that is goes round."""
MORE = """
from dataclasses import replace as _replace

_more = FileVolume("more{round}")
_side = Service("side{round}", image="postgres:15-alpine", command="tail -f /dev/null", stop_seconds=0, needs=[db],
    volumes=[Mount(_more, "/more")], secrets={{"TOKEN": Secret("token{round}")}})
system = _replace(system, data=[*system.data, _more], app=[*system.app, _side])
"""
"""What a change makes, and takes away of the change before, beside what it replaces."""
HEAD = "What went wrong, and what to do"
ADVISED = (*{*advice.ADVICE.values()}, advice.GONE, advice.LEFT, advice.QUOTA, advice.SILENT)
REFUSED = re.compile(r": ([\w ]+ (?:refused|did not answer) \w+): ")
GATE = re.compile(r"((?:[\w-]+: )?(?:asking|starting|signing|AWS does)[\w ]+): ")
"""Calls of our own, which say what was asked for."""
REPAIR = re.compile(r"make repair|strata repair")
TRIES = 3
"""Updates until a system is whole again after the faults have ended, each after what the one before asked for."""


def api_faults(stage: Stage, times: int) -> str:
    """Each command with faults converges, or fails with one message; without them the next one converges."""
    if not isinstance(stage, RehearsalStage):
        raise Wrong("this drill needs an emulated AWS")
    with faulty(stage.place.endpoint) as proxy:
        return Trouble(stage, proxy).run(times)


@dataclass
class Trouble:
    """The drill on one stage, whose way to AWS leads through the proxy."""

    stage: RehearsalStage
    proxy: Proxy
    luck: random.Random = field(default_factory=lambda: random.Random(SEED))
    calls: dict[str, Counter[str]] = field(default_factory=dict[str, Counter[str]])
    answered: Counter[str] = field(default_factory=Counter[str])
    asked: int = 0
    told: Counter[str] = field(default_factory=Counter[str])
    failed: Counter[str] = field(default_factory=Counter[str])
    repaired: int = 0
    number: int = 1

    def run(self, times: int) -> str:
        """Learn what each command calls, then let it fail."""
        self.stage.stack.settings["aws"]["endpoint"] = self.proxy.endpoint
        self.stage.stack.write({})
        for what in ("first", "change", "all"):
            self._prepare(what)
            self.proxy.log.clear()
            self._converge(self.stage.run(VERBS[what]), what, 1)
            self.calls[what] = made(self.proxy.log)
        for number in range(times):
            what = ROUND[number % len(ROUND)]
            faults = [*EACH[what]]
            turned = faults[number // 2 % len(FAULTS) :] + faults[: number // 2 % len(FAULTS)]
            plan = Plan(choose(self.luck, self.calls[what], turned, lasting=number % 2))
            self._prepare(what)
            try:
                self._trouble(what, plan)
            except Wrong as wrong:
                raise Wrong(f"{wrong}\nSeed {SEED}, command {number + 1} ({what}), faults: {plan}") from None
        return self._seen(times)

    def _prepare(self, what: str) -> None:
        if what == "change":
            self.stage.put()
            self.number += 1
            self.stage.describe(self.number)
            with (self.stage.stack.folder / "system.py").open("a") as file:
                file.write(MORE.format(round=self.number))
        elif what == "all":
            self.stage.put_nothing()

    def _trouble(self, what: str, plan: Plan) -> None:
        """One command with faults, and what it takes until everything is as described."""
        self.proxy.log.clear()
        self.proxy.choice = plan
        done = self.stage.run(VERBS[what])
        self.proxy.heal()
        self.answered += plan.by_fault
        self.asked += len(self.proxy.log)
        plain(done)
        if done.code != 0:
            self.failed[what] += 1
            self.told.update(clear(done.text))
            self._converge(self._next(what, done), what, TRIES)
        else:
            self._converge(done, what, 1)

    def _next(self, what: str, done: Outcome) -> Outcome:
        """The same command again, after the one that a message named."""
        self._mend(done)
        return self.stage.run(VERBS[what])

    def _converge(self, done: Outcome, what: str, tries: int) -> None:
        """Raise Wrong unless the command, or the next one after what a message named, leaves everything as it should
        be."""
        for _ in range(tries - 1):
            if done.code == 0 or not REPAIR.search(done.text):
                break
            done = self._next(what, done)
        if done.code != 0:
            raise Wrong(f"the next `make {VERBS[what]}` failed without a fault:\n{done.text[-3000:]}")
        self._mend(done)
        if what == "all":
            self.stage.nothing_left()
        else:
            self.stage.whole()

    def _mend(self, done: Outcome) -> None:
        """Run the command that a message named, if it named one; whatever it asks is answered with yes: the drill knows
        that what is left over holds no data."""
        if not REPAIR.search(done.text):
            return
        words = [str(word) for word in self.stage.command("repair") if word != "--yes"]
        mended = self.stage.said(f"yes | {' '.join(words)}")
        if mended.code != 0:
            raise Wrong(f"`make repair` failed:\n{mended.text[-3000:]}")
        self.repaired += 1

    def _seen(self, times: int) -> str:
        by = ", ".join(f"{count} {name}" for name, count in sorted(self.answered.items()))
        said = ", ".join(f"{what} ({count})" for what, count in sorted(self.told.items()))
        return (
            f"{self.asked} requests of {times} commands, {self.answered.total()} of them answered otherwise: "
            f"{by} (late: {LATE:g} s); {self.failed.total()} commands failed by it, each with one message, of {said}; "
            f"every next one converged, {self.repaired} times after the `make repair` that was named"
        )


def clear(text: str) -> list[str]:
    """What a failed command told: who refused what, each once. Raises Wrong unless it says what to do, once."""
    if text.count(HEAD) > 1 or not any(todo in _line(text) for todo in ADVISED):
        raise Wrong(f"it failed, and did not say what to do:\n{text[-3000:]}")
    told = [_line(line) for line in text.partition(HEAD)[2].splitlines()]
    found = {refused[1] for line in told if (refused := REFUSED.search(line))}
    return sorted(found or {match[1] for match in GATE.finditer(_line(text))})


def _line(text: str) -> str:
    return " ".join(text.split())
