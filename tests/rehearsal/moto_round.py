"""A prod stack's whole life on moto, by the real provider."""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from offline.engine import mirror
from policy.scan import exported
from policy.scan.__main__ import Scan, of_export, report
from policy.scan.terraform import SOURCE
from rehearsal.emulator import Emulator
from tests.integration.harness import Stack
from tests.rehearsal.changes import FIXED, SWITCH


def settings(system: str, emulator: Emulator, registry: str, **services: Any) -> dict[str, Any]:
    """The settings of a prod stack in front of moto, protected and without development passwords as that is. There is
    no ElastiCache worth the name, so Redis is a container."""
    given = emulator.settings(registry=registry)
    return {
        **given, "system": f"systems.{system}.system", "ports": "fixed", "protection": "on", "defaults": "off",
        "transforms": [*given["transforms"], "tests.rehearsal.changes:changed"], "services": services,
    }  # fmt: skip


@contextmanager
def round_of(folder: Path, state: Path, settings: dict[str, Any], kind: type[Round] | None = None) -> Generator[Round]:
    """A stack of a project's folder, destroyed when the block ends; `kind` is who takes it through its life."""
    stack = Stack(folder, state, settings)
    try:
        yield (kind or Round)(stack)
    finally:
        stack.destroy()
        stack.file.unlink(missing_ok=True)


@dataclass
class Round:
    """One stack and what it was asked to do."""

    stack: Stack

    @property
    def label(self) -> str:
        """Whose reasons answer the scan's findings: `<system>-<profile>`."""
        system = str(self.stack.settings["system"]).split(".")[1]
        return f"{system}-{self.stack.settings.get('profile', 'standard')}"

    def steps(self, *words: str) -> dict[str, str]:
        """What a preview would do to each resource that it would not leave as it is: name to operation."""
        done = self.stack.pulumi("preview", "--stack", self.stack.name, "--json", *words).ok()
        steps = json.loads(done.text[done.text.index("{") :])["steps"]
        return {
            f"{kind(one)} {one['urn'].rsplit('::', 1)[-1]}": one["op"]
            for one in steps
            if one["op"] not in {"same", "refresh", "read"}
        }

    def types(self) -> set[str]:
        """The AWS resource types that the stack holds."""
        return {one["type"] for one in self.stack.resources() if one["type"].startswith("aws:")}

    def scanned(self) -> bool:
        """Whether each finding of the outside judge in what the stack holds now has a reason; prints the others."""
        work: Path = self.stack.state.parent
        path = work / "export.json"
        self.stack.pulumi("stack", "export", "--stack", self.stack.name, "--show-secrets", "--file", str(path)).ok()
        found = mirror.find(SOURCE, work / "unpacked")
        scan = Scan(work / "scan", found.folder if found else None)
        try:
            rows = of_export(scan, exported.read(path, self.label))
        finally:
            path.unlink()
        held = [one for one in self.stack.resources() if one["type"].startswith("aws:")]
        assert [row.resources for row in rows] == [len(held)]
        return report(rows, whole=False)

    def deployed(self) -> None:
        self.stack.up().ok()

    def unprotected(self) -> None:
        """Settings that take the protection away."""
        self.stack.write({**self.stack.settings, "protection": "off"})

    def destroyed(self) -> None:
        self.stack.destroy().ok()

    def changes(self) -> dict[str, str]:
        """What a change of one property of each type would do."""
        self.stack.variables[SWITCH] = "1"
        return self.steps()


def kind(step: dict[str, Any]) -> str:
    return str(step["urn"]).split("::")[2].rsplit("$", 1)[-1]


def whole_life(round: Round, changed_settings: dict[str, Any]) -> None:
    """Created, judged, previewed without drift, changed, refreshed, and destroyed once its protection is taken away."""
    stack = round.stack
    round.deployed()
    assert round.scanned()
    assert round.steps() == {}
    assert round.steps("--refresh") == {}
    types = round.types()
    assert len(types) > 40

    stack.settings |= changed_settings
    round.unprotected()
    found = {step.split()[0] for step in round.changes()}
    assert types - found == set(FIXED) & types - found
    assert set(FIXED) & found == {"aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"}
    round.deployed()
    assert round.steps() == {}
    stack.pulumi("refresh", "--stack", stack.name, "--yes", "--skip-preview").ok()
    assert round.steps() == {}

    round.destroyed()
    assert stack.resources() == []
