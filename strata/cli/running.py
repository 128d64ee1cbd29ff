"""Running an update: Ctrl-C is pulumi's to handle, and an error whose cause is known is told with what to do."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from components.core import operations
from components.core.operations import Operations
from strata.cli import failures
from strata.cli.project import WRONG_PASSPHRASE, CommandFailed, Project, pulumi

EVENTS = {"PULUMI_DEBUG_COMMANDS": "true"}
"""`--event-log` is there only with it; it is how the Automation API listens too."""


def run(project: Project, target: str, *words: str) -> None:
    """Run `pulumi up` or `destroy`, its output shown; when it fails, say what of it the target understands.

    Raises CommandFailed.
    """
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "events"
        code, interrupted = _wait([pulumi(), *words, "--event-log", str(log)], project)
        if code == 0:
            return
        if interrupted:
            print("strata: interrupted; nothing is lost, and the same command goes on from here", file=sys.stderr)
        else:
            _tell(project, target, log)
        raise CommandFailed(code, interrupted)


def _wait(command: list[str], project: Project) -> tuple[int, bool]:
    """Run a command to its end; its exit code, and whether Ctrl-C was pressed.

    A terminal sends Ctrl-C to pulumi as well, which then lets what it has begun end and notes it in the state. So it is
    waited for: `subprocess.run` would kill it after a quarter of a second.
    """
    interrupted = False
    with subprocess.Popen(command, cwd=project.folder, env={**project.environment, **EVENTS}) as process:
        while True:
            try:
                return process.wait(), interrupted
            except KeyboardInterrupt:
                interrupted = True


def _tell(project: Project, target: str, log: Path) -> None:
    from components.core import catalog  # Loads the model, which an update that succeeds need not wait for.

    said = list(errors(log))
    cause = _cause(project, operations.of(target), said)
    if cause is not None:
        print(f"strata: {cause}", file=sys.stderr)
    advisor = catalog.advisor(target) if target in catalog.targets() else None
    if said and advisor is not None:
        failures.show(failures.explained(failures.read(log), advisor))


def errors(log: Path) -> Iterator[str]:
    """The errors in an event log; none of a command that never began."""
    for event in failures.read(log):
        diagnostic: dict[str, Any] = event.get("diagnosticEvent") or {}
        if diagnostic.get("severity") == "error":
            yield str(diagnostic.get("message"))


def _cause(project: Project, target: Operations | None, said: list[str]) -> str | None:
    if said:
        return target.explain("\n".join(said)) if target else None
    # It refused before it began: the one thing that it asks for then and that a person often has wrong.
    asked = project.ask("stack", "export", "--show-secrets", "--stack", project.stack)
    return project.wrong_passphrase() if WRONG_PASSPHRASE in asked.stderr else None
