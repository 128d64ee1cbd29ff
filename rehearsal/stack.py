"""A rehearsal's stack: pulumi with a state of its own, which ends with the emulator that it describes."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehearsal.critical_path import Spans, longest
from rehearsal.source import Source
from strata.cli.project import ROOT, Project, pulumi
from strata.cli.running import EVENTS

PASSPHRASE = "rehearsal"
"""Opens nothing but a state that the rehearsal throws away."""
SLOW = 30
"""Seconds: creations that take longer are shown, they are the provider's own waits."""
CREATED = re.compile(r"\+ +(aws:\S+) (\S+) created \((\d+)s\)")


class Failed(Exception):
    """Pulumi ended with an error; `text` is what it said."""

    def __init__(self, text: str) -> None:
        super().__init__(text[-2500:])
        self.text = text


@dataclass(frozen=True)
class Rehearsed:
    """A stack in front of an emulated AWS, run from a copy of its source; what pulumi says is kept in `folder`."""

    source: Source
    folder: Path

    @classmethod
    def of(cls, project: Project) -> Rehearsed:
        """The project's stack with a new and empty state."""
        folder = ROOT / ".strata" / "rehearsal" / project.owner.replace("/", "-")
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "state" / ".pulumi").mkdir(parents=True)
        return cls(Source.of(project, folder / "source"), folder)

    @property
    def project(self) -> Project:
        """The project in the copy."""
        return self.source.project

    @property
    def environment(self) -> dict[str, str]:
        """What pulumi runs with: the state is the rehearsal's own, and modules are those of the copy."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("PULUMI_CONFIG_PASSPHRASE")}
        return {
            **kept, "PULUMI_BACKEND_URL": f"file://{self.folder / 'state'}", "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            "PYTHONPATH": str(self.source.root), "NO_COLOR": "1", **EVENTS,
        }  # fmt: skip

    def run(self, name: str, *words: str) -> str:
        """Run pulumi and keep what it says under a step's name. Raises Failed."""
        return self._keep(name, [pulumi(), *words, "--stack", self.project.stack, "--non-interactive"])

    def rollback(self, name: str, *words: str) -> str:
        """What `make rollback` runs. Raises Failed."""
        strata = str(Path(sys.executable).parent / "strata")
        own = ["--system", self.project.system, "--stack", self.project.stack]
        return self._keep(name, [strata, "rollback", *own, *words])

    def _keep(self, name: str, command: Sequence[str]) -> str:
        log = self.folder / f"{name}.log"
        with log.open("w") as stream:
            done = subprocess.run(
                command, cwd=self.project.folder, env=self.environment, stdin=subprocess.DEVNULL, stdout=stream,
                stderr=subprocess.STDOUT, check=False,
            )  # fmt: skip
        if done.returncode != 0:
            raise Failed(log.read_text())
        return log.read_text()

    def up(self, name: str, *words: str) -> str:
        """An update. Raises Failed."""
        return self.run(name, "up", "--yes", "--skip-preview", "--parallel", "64", *words)

    def timed_up(self, name: str) -> tuple[str, str]:
        """An update from nothing, and how long it took over its critical path, in words. Raises Failed."""
        spans, ended = Spans(), threading.Event()
        with tempfile.TemporaryDirectory() as place:
            log = Path(place) / "events"
            follower = threading.Thread(target=follow, args=(log, spans, ended), daemon=True)
            began = time.monotonic()
            follower.start()
            try:
                text = self.up(name, "--event-log", str(log))
            finally:
                took = time.monotonic() - began
                ended.set()
                follower.join()
        path = longest(self.state(), spans.durations())
        return text, f"{took:.0f} s over a critical path of {path.seconds:.0f} s: {took / path.seconds:.2f}"

    def changes(self, name: str) -> list[str]:
        """What a preview would change."""
        text = self.run(name, "preview", "--json")
        steps: list[dict[str, Any]] = json.loads(text[text.index("{") :])["steps"]
        changed = [one for one in steps if one["op"] not in {"same", "read", "refresh"}]
        return [f"{one['op']} {str(one['urn']).rsplit('::', 1)[-1]}" for one in changed]

    def destroy(self) -> str:
        """Destroy everything. Raises Failed."""
        return self.run("destroy", "destroy", "--yes", "--skip-preview", "--parallel", "64")

    def state(self) -> list[dict[str, Any]]:
        """The resources of the stack."""
        deployment: dict[str, Any] = json.loads(self.run("export", "stack", "export"))["deployment"] or {}
        return deployment.get("resources") or []

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs."""
        found: dict[str, Any] = json.loads(self.run("outputs", "stack", "output", "--json"))
        return found


def waits(text: str) -> list[str]:
    """What an update waited for longest, in the order of their ends: `db-instance 83 s`."""
    return [f"{name} {took} s" for _, name, took in CREATED.findall(text) if int(took) >= SLOW]


def follow(log: Path, spans: Spans, ended: threading.Event) -> None:
    """Note pulumi's events as they arrive in a file: their own times are whole seconds."""
    rest, place = "", 0
    while True:
        last = ended.is_set()
        if log.is_file():
            with log.open() as stream:
                stream.seek(place)
                *lines, rest = (rest + stream.read()).split("\n")
                place = stream.tell()
            for line in lines:
                spans.take(json.loads(line), time.monotonic())
        if last:
            return
        ended.wait(0.05)
