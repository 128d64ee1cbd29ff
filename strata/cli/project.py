"""A project's folder, its stack, and running pulumi in it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
"""The checkout: the top-level project, and systems/<name>/ below it."""

WRONG_PASSPHRASE = "incorrect passphrase"
"""How pulumi says it."""


class CommandFailed(Exception):
    """A command ended with an error that it has already shown; `interrupted`: by Ctrl-C; `begun`: in the middle of an
    update, when a resource could not be made, changed or removed."""

    def __init__(self, code: int, interrupted: bool = False, begun: bool = False) -> None:
        super().__init__(f"exit code {code}")
        self.code, self.interrupted, self.begun = code, interrupted, begun


class PlainError(Exception):
    """Something that a person can mend; the message says what is wrong and what to do."""


def project_folder(system: str) -> Path:
    """The folder whose Pulumi.yaml is the system's project: a system's name, or a folder anywhere.

    Raises PlainError for an unknown system.
    """
    if "/" in system and (Path(system) / "Pulumi.yaml").is_file():
        return Path(system).resolve()
    name = str(_read(ROOT / "Pulumi.yaml").get("name"))
    if system == name:
        return ROOT
    folder = ROOT / "systems" / system
    if not (folder / "Pulumi.yaml").is_file():
        known = sorted({name, *(path.parent.name for path in (ROOT / "systems").glob("*/Pulumi.yaml"))})
        raise PlainError(f"there is no system {system!r}; there are: {', '.join(known)}")
    return folder


def _read(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text()) or {}


@dataclass(frozen=True)
class Project:
    """A stack of a project, and the environment that pulumi runs with."""

    folder: Path
    stack: str

    @cached_property
    def name(self) -> str:
        """The project's name in its Pulumi.yaml."""
        return str(_read(self.folder / "Pulumi.yaml")["name"])

    @property
    def owner(self) -> str:
        """The label of everything that the stack owns."""
        return f"{self.name}/{self.stack}"

    @property
    def system(self) -> str:
        """What names this project to the `strata` command and to make: a system's name, or a folder."""
        if self.folder == ROOT:
            return self.name
        return self.folder.name if self.folder.parent == ROOT / "systems" else f"{self.folder}/"

    @property
    def options(self) -> str:
        """What names this stack to the `strata` command."""
        return f"--system {self.system} --stack {self.stack}"

    @cached_property
    def environment(self) -> dict[str, str]:
        """This process's environment, and the passphrase file where nobody gave a passphrase."""
        environment = dict(os.environ)
        if not {"PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"} & environment.keys():
            environment["PULUMI_CONFIG_PASSPHRASE_FILE"] = str(passphrase_file())
        return environment

    def pulumi(self, *words: str, extra: Mapping[str, str] | None = None) -> None:
        """Run pulumi in the project's folder, its output shown. Raises CommandFailed."""
        done = subprocess.run(
            [pulumi(), *words], cwd=self.folder, env={**self.environment, **(extra or {})}, check=False
        )
        if done.returncode != 0:
            raise CommandFailed(done.returncode)

    def ask(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run pulumi in the project's folder and keep what it prints."""
        return subprocess.run(
            [pulumi(), *words], cwd=self.folder, env=self.environment, check=False, capture_output=True, text=True
        )

    def state(self) -> dict[str, Any]:
        """The stack's state as pulumi exports it; empty for a stack that does not exist yet."""
        exported = self.ask("stack", "export", "--stack", self.stack)
        return json.loads(exported.stdout) if exported.returncode == 0 else {}

    def replace_state(self, state: Mapping[str, Any]) -> None:
        """Give the stack another state. Raises PlainError when pulumi refuses it."""
        done = subprocess.run(
            [pulumi(), "stack", "import", "--stack", self.stack],
            cwd=self.folder, env=self.environment, check=False, capture_output=True, text=True, input=json.dumps(state),
        )  # fmt: skip
        if done.returncode != 0:
            if WRONG_PASSPHRASE in done.stderr:
                raise PlainError(self.wrong_passphrase())
            raise PlainError(f"pulumi could not take the mended state: {done.stderr.strip()}")

    def wrong_passphrase(self) -> str:
        """That the passphrase does not open this stack's secrets, where it came from, and what to do."""
        keys = ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE")
        source = next((key for key in keys if os.environ.get(key)), None)
        own = f"or, for this clone's own one: unset {source}" if source and passphrase_file().is_file() else ""
        where = f"${source}" if source else f"the one in {passphrase_file()}"
        return (
            f"{where} is not the passphrase that {self.owner} was made with; nothing was changed. Give the right one: "
            f"export PULUMI_CONFIG_PASSPHRASE_FILE=FILE {own}".rstrip()
        )


def pulumi() -> str:
    """The pulumi command: the one on PATH, that of the virtual environment, or where its installer puts it."""
    for place in (None, str(ROOT / ".venv/bin"), str(Path.home() / ".pulumi/bin")):
        found = shutil.which("pulumi", path=place)
        if found:
            return found
    raise PlainError("there is no pulumi command; `make setup` gets it, or see https://www.pulumi.com/docs/install/")


def passphrase_file() -> Path:
    """The git-ignored file with this clone's passphrase for new local stacks."""
    return ROOT / ".strata" / "passphrase"
