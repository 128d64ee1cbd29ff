"""Where drills are run. They know a place only by what is here, so that they are the same on every one."""

from __future__ import annotations

import random
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tests.integration.behaviour import kill
from tests.integration.harness import Outcome

DOCKER, REHEARSAL = "Docker", "rehearsal"
"""The places, as the report names them."""
Command = Sequence[str | Path]
PATIENCE = 300.0
"""Seconds until a command that does not end is a fault by itself."""
UPDATED = re.compile(r"is being updated by process|currently locked by|is locked by")


class Wrong(Exception):
    """A drill saw something else than it should; the message says what."""


class Daemon(Protocol):
    """A machine of our own below a stage, which may be restarted and filled."""

    def restart(self, sign: signal.Signals) -> None: ...
    def fill(self, leave: int) -> None: ...
    def empty(self) -> None: ...


class Stage(Protocol):
    """One system of its own in a place. Round `number` is a description in which every container is another one."""

    @property
    def first_seconds(self) -> float:
        """What a first update takes, about: kills from nothing come within it."""
        ...

    @property
    def keeps_data(self) -> bool:
        """Whether `make down` keeps data."""
        ...

    @property
    def kills_in_a_row(self) -> int:
        """How often a destruction is killed before it is brought to its end: more than once where an update from
        nothing takes long."""
        ...

    @property
    def losable(self) -> tuple[str, ...]:
        """What `lose` can take away."""
        ...

    @property
    def emptied(self) -> tuple[str, ...]:
        """What of `losable` takes data along."""
        ...

    @property
    def beyond(self) -> tuple[str, ...]:
        """What of `losable` no update brings back: it has to name the command that does."""
        ...

    @property
    def note(self) -> str:
        """What else came of a drill, to be added to what it says."""
        ...

    @property
    def daemon(self) -> Daemon | None: ...

    @property
    def number(self) -> int: ...

    def describe(self, number: int) -> None: ...

    def command(self, verb: str) -> Command:
        """The command of a verb: up, down, destroy, all (down with data), repair."""
        ...

    def run(self, verb: str) -> Outcome: ...

    def said(self, words: str) -> Outcome:
        """Run a command that a message named."""
        ...

    def start(self, verb: str) -> subprocess.Popen[str]:
        """Start a verb's command in a session of its own."""
        ...

    def put(self) -> None:
        """One data row and one file more."""
        ...

    def put_nothing(self) -> None:
        """From here on the data begins anew: it was destroyed because a person asked for it."""
        ...

    def whole(self) -> None:
        """Raise Wrong unless everything is as described, every row and file is there, nothing is orphaned, a preview
        changes nothing, and what is not ours is untouched."""
        ...

    def nothing_left(self) -> None:
        """Raise Wrong when anything of the system is left, or what is not ours was touched."""
        ...

    def lose(self, what: str) -> str:
        """Take a part away behind the program's back: container, database, network, volume; what was taken."""
        ...

    def obey(self, said: str) -> str:
        """Do what a message about a lost part says; the command that it named."""
        ...

    def passphrase(self, value: str | None) -> None:
        """Give commands another passphrase; None gives the right one back."""
        ...

    @property
    def state_file(self) -> Path: ...


Make = Callable[[bool], AbstractContextManager[Stage]]
"""Makes a stage; whether on a machine of its own."""


@dataclass
class Moments:
    """Random moments of a command that takes `length` seconds. The same seed gives the same ones."""

    seed: int
    length: float = 0.0

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)

    def next(self) -> float:
        return self.random.uniform(0.02, 0.98) * self.length


def up(stage: Stage) -> float:
    """Bring the system up; seconds. Raises Wrong when it is not whole then."""
    began = time.monotonic()
    done = stage.run("up")
    if done.code != 0:
        raise Wrong(f"the next `make up` failed:\n{done.text[-3000:]}")
    took = time.monotonic() - began
    stage.whole()
    return took


def replaced(stage: Stage) -> float:
    """Seconds of a whole update that replaces every container."""
    stage.describe(1000)
    return up(stage)


def rounds(stage: Stage, times: int) -> Iterator[int]:
    """Numbers from 1: before each there is more data and another description, after it the system has to come up."""
    for number in range(1, times + 1):
        stage.put()
        stage.describe(number)
        yield number
        up(stage)


def refused(stage: Stage, what: str, *patterns: str) -> str:
    """Try to bring the system up, which has to fail and to say all of this. Raises Wrong; what it said."""
    done = stage.run("up")
    plain(done)
    if done.code == 0 or not all(re.search(pattern, done.text) for pattern in patterns):
        raise Wrong(f"{what}, and it was not told so:\n{done.text[-3000:]}")
    return done.text


def killed(stage: Stage, verb: str, after: float) -> bool:
    """SIGKILL a command and everything that it started after some seconds; False when it ended before."""
    with stage.start(verb) as running:
        try:
            running.communicate(timeout=after)
            return False
        except subprocess.TimeoutExpired:
            pass
        kill(running.pid)
        running.communicate()
    return running.returncode == -signal.SIGKILL


def ended(running: subprocess.Popen[str]) -> Outcome:
    """What a started command came to."""
    try:
        text, _ = running.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        raise Wrong(f"a command did not end within {PATIENCE:g} s") from None
    return Outcome(running.returncode, text)


def plain(done: Outcome) -> None:
    """Raise Wrong when a command showed a person our own traceback."""
    if "Traceback" in done.text:
        raise Wrong(f"a traceback was shown:\n{done.text[-3000:]}")
