"""Stacks in front of moto and on Docker, in a folder of the benchmark's own."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bench.measured import Measured, run
from bench.systems import INTERPRETER
from rehearsal.emulator import REGION, Emulator
from rehearsal.lacking import parts

SERVICES = """import os

from strata import Service, System

services = []
for number in range(int(os.environ["BENCH_SERVICES"])):
    # Groups of ten, each of which needs the one before it.
    needs = [services[-1]] if number % 10 else []
    services.append(Service(f"s{number}", image="redis:7-alpine", port=6379, needs=needs))
system = System("bench", app=services)
"""


@dataclass
class Stack:
    """A stack of a project in a folder."""

    folder: Path
    state: Path
    name: str = "bench"

    @classmethod
    def made(cls, place: Path, project: str, description: str | None, settings: Mapping[str, Any]) -> Stack:
        """A new stack; `description` is its system.py, None for one of systems/."""
        place.mkdir(parents=True)
        runtime = {"name": "python", "options": {"virtualenv": str(INTERPRETER.parent.parent)}}
        (place / "Pulumi.yaml").write_text(yaml.safe_dump({"name": project, "runtime": runtime}))
        config = {f"strata:{key}": value for key, value in settings.items()}
        (place / "Pulumi.bench.yaml").write_text(yaml.safe_dump({"config": config}))
        (place / "__main__.py").write_text("from infra.program import run\n\nrun()\n")
        if description is not None:
            (place / "system.py").write_text(description)
        stack = cls(place, place / "state")
        stack.state.mkdir()
        stack.pulumi("stack", "init", stack.name)
        return stack

    def pulumi(
        self, *words: str, services: int = 0, listen: Callable[[str], None] | None = None
    ) -> Measured:  # fmt: skip
        environment = {
            **os.environ,
            "PULUMI_BACKEND_URL": f"file://{self.state}",
            "PULUMI_CONFIG_PASSPHRASE": "bench",
            "PATH": f"{INTERPRETER.parent}:{Path.home() / '.pulumi/bin'}:{os.environ['PATH']}",
            "BENCH_SERVICES": str(services),
        }
        return run(["pulumi", *words, "--non-interactive"], self.folder, environment, listen)

    def up(self, listen: Callable[[str], None] | None = None) -> Measured:
        words = ("up", "--stack", self.name, "--yes", "--skip-preview", "--parallel", "64", "--json")
        return self.pulumi(*words, listen=listen)

    def preview(self, services: int = 0) -> Measured:
        return self.pulumi("preview", "--stack", self.name, "--suppress-outputs", services=services)

    def resources(self) -> list[dict[str, Any]]:
        """What the state holds."""
        lines: list[str] = []
        self.pulumi("stack", "export", "--stack", self.name, listen=lines.append)
        return json.loads("".join(lines))["deployment"].get("resources") or []


def on_moto(emulator: Emulator, **settings: Any) -> dict[str, Any]:
    """The settings of a stack in front of moto."""
    aws = {"region": REGION, "endpoint": emulator.endpoint, "parts": parts(emulator.name), **settings.pop("aws", {})}
    return {"target": "aws", "transforms": [f"rehearsal.drift:{emulator.name}"], "aws": aws, **settings}


def processors() -> str:
    """What the machine was doing: its processors, and its load as the figures were taken."""
    done = subprocess.run(["uptime"], capture_output=True, text=True, check=False)
    return f"{os.cpu_count()} processors, load {done.stdout.rpartition(':')[2].strip()}"
