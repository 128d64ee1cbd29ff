"""Stacks of real projects on the real Docker daemon, each with a name, a state and ports of its own."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import docker
import yaml

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
PASSPHRASE = "integration"


@dataclass
class Outcome:
    """What a command did."""

    code: int
    text: str

    def ok(self) -> Outcome:
        """This outcome; fails the test with the command's whole output when it ended with an error."""
        assert self.code == 0, self.text
        return self


@dataclass
class Stack:
    """A stack of a project folder; `settings` are its `strata:` keys, `variables` more of the environment."""

    folder: Path
    state: Path
    settings: dict[str, Any]
    name: str = field(default_factory=lambda: f"test-{secrets.token_hex(3)}")
    variables: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        (self.state / ".pulumi").mkdir(parents=True, exist_ok=True)
        self.write({})
        self.pulumi("stack", "init", self.name).ok()

    @property
    def project(self) -> str:
        return str(yaml.safe_load((self.folder / "Pulumi.yaml").read_text())["name"])

    @property
    def owner(self) -> str:
        return f"{self.project}/{self.name}"

    @property
    def file(self) -> Path:
        return self.folder / f"Pulumi.{self.name}.yaml"

    @property
    def environment(self) -> dict[str, str]:
        """What pulumi runs with: this stack's own state and passphrase, nothing of the person's."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("PULUMI_CONFIG_PASSPHRASE")}
        return {
            **kept,
            "PATH": f"{BIN}:{Path.home() / '.pulumi/bin'}:{kept['PATH']}",
            "PULUMI_BACKEND_URL": f"file://{self.state}",
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            "NO_COLOR": "1",
            **self.variables,
        }

    def write(self, over: Mapping[str, Any]) -> None:
        """Write the stack's settings, with `over` on top; the salt that pulumi added stays."""
        before: dict[str, Any] = yaml.safe_load(self.file.read_text()) if self.file.is_file() else {}
        config = {f"strata:{key}": value for key, value in {**self.settings, **over}.items()}
        self.file.write_text(yaml.safe_dump({**before, "config": config}))

    def run(self, *words: str | Path, timeout: float = 400) -> Outcome:
        """Run a command in the project's folder."""
        with self.start(*words) as running:
            try:
                text, _ = running.communicate(timeout=timeout)
            except KeyboardInterrupt:
                # A terminal sends it to pulumi as well, which ends its plugins, if nobody kills it meanwhile.
                running.wait(timeout)
                raise
            finally:
                running.kill()
        return Outcome(running.returncode, text)

    def start(self, *words: str | Path, session: bool = False) -> subprocess.Popen[str]:
        """Start a command in the project's folder, in a session of its own if asked for."""
        return subprocess.Popen(
            [str(word) for word in words], cwd=self.folder, env=self.environment, start_new_session=session, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def pulumi(self, *words: str) -> Outcome:
        return self.run("pulumi", *words, "--non-interactive")

    def up(self, *words: str) -> Outcome:
        """A plain `pulumi up`."""
        return self.pulumi("up", "--stack", self.name, "--yes", "--skip-preview", "--parallel", "64", *words)

    def changed(self) -> dict[str, set[str]]:
        """Run a plain `pulumi up` and give what it did to each resource that it did not leave as it was."""
        found: dict[str, set[str]] = {}
        for line in self.up("--json").ok().text.splitlines():
            event = json.loads(line) if line.startswith("{") else {}
            step = event.get("resOutputsEvent", {}).get("metadata", {"op": "same"})
            if step["op"] != "same":
                found.setdefault(step["urn"].rsplit("::", 1)[-1], set()).add(step["op"])
        return found

    def make_up(self, *words: str) -> Outcome:
        """What `make up` runs once the set-up is done."""
        return self.run(BIN / "strata", "up", "--system", f"{self.folder}/", "--stack", self.name, *words)

    def make_down(self, *words: str) -> Outcome:
        return self.run(BIN / "strata", "down", "--system", f"{self.folder}/", "--stack", self.name, *words)

    def changes(self) -> dict[str, int]:
        """What a preview would change, by operation, `same` left out."""
        done = self.pulumi("preview", "--stack", self.name, "--json")
        summary: dict[str, int] = json.loads(done.text[done.text.index("{") :])["changeSummary"]
        return {operation: count for operation, count in summary.items() if operation != "same"}

    def destroy(self) -> Outcome:
        return self.pulumi("destroy", "--stack", self.name, "--yes", "--skip-preview", "--parallel", "64")

    def outputs(self, *words: str) -> dict[str, Any]:
        return json.loads(self.pulumi("stack", "output", "--stack", self.name, "--json", *words).ok().text)

    def resources(self) -> list[dict[str, Any]]:
        exported = json.loads(self.pulumi("stack", "export", "--stack", self.name).ok().text)
        return (exported["deployment"] or {}).get("resources") or []

    def endpoint(self, service: str, which: str = "") -> str:
        return str(self.outputs()["services"][service]["endpoints"][which])

    def containers(self) -> dict[str, Any]:
        """The stack's containers by their service's name (the last one of a service with replicas)."""
        found = docker.from_env().containers.list(all=True, filters={"label": f"strata.stack={self.owner}"})
        return {container.labels["strata.service"]: container for container in found}

    def lives(self) -> dict[str, tuple[str, str]]:
        """Which container each service runs in, and since when."""
        return {name: (one.id, one.attrs["State"]["StartedAt"]) for name, one in self.containers().items()}

    def left(self) -> dict[str, list[str]]:
        """Everything that Docker has with this stack's label."""
        client, label = docker.from_env(), {"label": f"strata.stack={self.owner}"}
        return {
            "containers": sorted(one.name or "" for one in client.containers.list(all=True, filters=label)),
            "networks": sorted(one.name or "" for one in client.networks.list(filters=label)),
            "volumes": sorted(one.name for one in client.volumes.list(filters=label)),
        }

    def remove(self) -> None:
        """Take everything of this stack away, whatever state it is in."""
        self.pulumi("cancel", "--stack", self.name, "--yes")
        self.destroy()
        client, label = docker.from_env(), {"label": f"strata.stack={self.owner}"}
        for container in client.containers.list(all=True, filters=label):
            container.remove(force=True, v=True)
        for network in client.networks.list(filters=label):
            network.remove()
        for volume in client.volumes.list(filters=label):
            volume.remove(force=True)
        for path in self.folder.glob(f"Pulumi.{self.name}*.yaml"):
            path.unlink()


def scratch_project(folder: Path, description: str, name: str = "scratch") -> Path:
    """A project of its own in an empty folder, with a description; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    options = {"virtualenv": str(BIN.parent)}
    project = {"name": name, "runtime": {"name": "python", "options": options}}
    (folder / "Pulumi.yaml").write_text(yaml.safe_dump(project))
    (folder / "__main__.py").write_text("from infra.program import run\n\nrun()\n")
    (folder / "system.py").write_text(description)
    return folder
