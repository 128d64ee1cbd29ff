"""A rehearsal's stack: pulumi with a state of its own, which ends with the emulator that it describes."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from strata.cli.project import ROOT, Project, pulumi

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
    """A stack of a project in front of an emulated AWS; what pulumi says is kept in `folder`."""

    project: Project
    folder: Path

    @classmethod
    def of(cls, project: Project) -> Rehearsed:
        """The project's stack with a new and empty state."""
        folder = ROOT / ".strata" / "rehearsal" / project.owner.replace("/", "-")
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "state" / ".pulumi").mkdir(parents=True)
        return cls(project, folder)

    @property
    def file(self) -> Path:
        """The stack's own file, which pulumi puts a salt into."""
        return self.project.folder / f"Pulumi.{self.project.stack}.yaml"

    def run(self, name: str, *words: str, extra: Mapping[str, str] | None = None) -> str:
        """Run pulumi and keep what it says under a step's name. Raises Failed."""
        environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("PULUMI_CONFIG_PASSPHRASE")},
            "PULUMI_BACKEND_URL": f"file://{self.folder / 'state'}", "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            "NO_COLOR": "1", **(extra or {}),
        }  # fmt: skip
        log = self.folder / f"{name}.log"
        with log.open("w") as stream:
            done = subprocess.run(
                [pulumi(), *words, "--stack", self.project.stack, "--non-interactive"], cwd=self.project.folder,
                env=environment, stdin=subprocess.DEVNULL, stdout=stream, stderr=subprocess.STDOUT, check=False,
            )  # fmt: skip
        if done.returncode != 0:
            raise Failed(log.read_text())
        return log.read_text()

    def up(self, name: str, extra: Mapping[str, str] | None = None) -> str:
        """An update. Raises Failed."""
        return self.run(name, "up", "--yes", "--skip-preview", "--parallel", "64", extra=extra)

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
        exported = json.loads(self.run("export", "stack", "export"))
        found: list[dict[str, Any]] = (exported["deployment"] or {}).get("resources") or []
        return found

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs."""
        found: dict[str, Any] = json.loads(self.run("outputs", "stack", "output", "--json"))
        return found


def waits(text: str) -> list[str]:
    """What an update waited for longest, in the order of their ends: `db-instance 83 s`."""
    return [f"{name} {took} s" for _, name, took in CREATED.findall(text) if int(took) >= SLOW]
