"""Running an update: Ctrl-C is pulumi's to handle, and an error whose cause is known is told with what to do."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from components.core import operations
from strata.cli import failures, take_up
from strata.cli.project import WRONG_PASSPHRASE, CommandFailed, Project, pulumi

EVENTS = {"PULUMI_DEBUG_COMMANDS": "true"}
"""`--event-log` is there only with it; it is how the Automation API listens too."""


def run(project: Project, target: str, *words: str) -> None:
    """Run `pulumi up` or `destroy`, its output shown; when it fails, say what of it the target understands.

    Raises CommandFailed.
    """
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "events"
        code, interrupted = _wait([pulumi(), *words, "--event-log", str(log)], project, _suited(target))
        events = [*failures.read(log)] if code else []
    if code == 0:
        return
    if interrupted:
        print("strata: interrupted; nothing is lost, and the same command goes on from here", file=sys.stderr)
    elif events:
        _tell(target, events)
    elif WRONG_PASSPHRASE in project.ask("stack", "export", "--show-secrets", "--stack", project.stack).stderr:
        # It refused before it began: the one thing that it asks for then and that a person often has wrong.
        print(f"strata: {project.wrong_passphrase()}", file=sys.stderr)
    take_up.doubt(project, failures.undeleted(events))
    raise CommandFailed(code, interrupted, begun=any("resOpFailedEvent" in event for event in events))


def _suited(target: str) -> Mapping[str, str]:
    """The environment that suits a target; nothing for one without operations."""
    found = operations.of(target)
    return found.environment() if found else {}


def _wait(command: list[str], project: Project, suited: Mapping[str, str]) -> tuple[int, bool]:
    """Run a command to its end; its exit code, and whether Ctrl-C was pressed.

    A terminal sends Ctrl-C to pulumi as well, which then lets what it has begun end and notes it in the state. So it is
    waited for: `subprocess.run` would kill it after a quarter of a second.
    """
    interrupted = False
    environment = {**suited, **project.environment, **EVENTS}
    with subprocess.Popen(command, cwd=project.folder, env=environment) as process:
        while True:
            try:
                return process.wait(), interrupted
            except KeyboardInterrupt:
                interrupted = True


def _tell(target: str, events: Sequence[Mapping[str, Any]]) -> None:
    from components.core import catalog  # Loads the model, which an update that succeeds need not wait for.

    advisor = catalog.advisor(target) if target in catalog.targets() else None
    if advisor is not None:
        failures.show(failures.explained(events, advisor))
