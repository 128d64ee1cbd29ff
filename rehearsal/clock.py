"""A schedule that the rehearsal adds to the description: started by the emulator's own clock, and taken away again."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.targets.local_daemon import client
from rehearsal.place import CONTAINER, Place
from rehearsal.registry import LABEL
from rehearsal.show import NotProven
from rehearsal.stack import Rehearsed

NAME = "rehearsed"
SAID = "on time"
PATIENCE = 150.0
"""Seconds: a minute until its time, ten of the emulator's clock, and the start of two runs."""
ADDED = f"""

# Added by the rehearsal.
from dataclasses import replace as _replace

from strata import Schedule as _Schedule

_image = next(one.image for one in system.app if one.name == "SERVICE")
_clock = _Schedule("{NAME}", image=_image, command="echo {SAID}", cron="* * * * *", timezone="Europe/Berlin")
system = _replace(system, app=[*system.app, _clock])
"""


@dataclass(frozen=True)
class Clock:
    """The schedule of one running stack, whose description is in `module`; it runs the image of `service`."""

    stack: Rehearsed
    place: Place
    module: str
    service: str

    def run(self) -> str:
        """Add it, see the clock run it to its end, and take it away."""
        with self.stack.source.added(self._file(), ADDED.replace("SERVICE", self.service)):
            self.stack.up("up-schedule")
            held = self._held()
            began = time.monotonic()
            code = self._ended()
            waited = time.monotonic() - began
        self.stack.up("up-without-schedule")
        if self._held():
            raise NotProven("it is not described any more, and still in the state")
        if code != 0:
            raise NotProven(f"its run ended with exit code {code}")
        return f"held as {held}; its first run ended well {waited:.0f} s after it was made; gone with its description"

    def _file(self) -> Path:
        base = self.stack.source.root / self.module.replace(".", "/")
        found = [path for path in (base.with_suffix(".py"), base / "__init__.py") if path.is_file()]
        if not found:
            raise NotProven(f"{self.module} is no file of the copy, so nothing can be added to it")
        return found[0]

    def _held(self) -> str:
        """Its expression and time zone in the state; empty when there is none."""
        for one in self.stack.state():
            if one["type"] == "aws:scheduler/schedule:Schedule" and one["urn"].endswith(f"::{NAME}-schedule"):
                outputs: dict[str, Any] = one["outputs"]
                return f"{outputs['scheduleExpression']} {outputs['scheduleExpressionTimezone']}"
        return ""

    def _ended(self) -> int:
        """The exit code of its first run that has ended, and said what it should."""
        labels = [f"{LABEL}={self.place.owner}", f"{CONTAINER}={NAME}"]
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            for one in client().containers.list(all=True, filters={"label": labels, "status": "exited"}):
                said = one.logs().decode(errors="replace").strip()
                if said != SAID:
                    raise NotProven(f"its run said {said!r}")
                return int(one.attrs["State"]["ExitCode"])
            time.sleep(1)
        raise NotProven(f"no run of it ended within {PATIENCE:g} s")
