"""Stacks in front of moto and on Docker, in a folder of the benchmark's own."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.measured import Measured, run
from tests.integration.harness import Stack, scratch_project

SERVICES = """import os

from strata import Service, System

services = []
for number in range(int(os.environ["BENCH_SERVICES"])):
    # Groups of ten, each of which needs the one before it.
    needs = [services[-1]] if number % 10 else []
    services.append(Service(f"s{number}", image="redis:7-alpine", port=6379, needs=needs))
system = System("bench", app=services)
"""


def made(place: Path, project: str, description: str, settings: dict[str, Any]) -> Stack:
    """A new stack; `description` is its system.py, empty for one of systems/."""
    return Stack(scratch_project(place, description, project), place / "state", settings, "bench")


def up(stack: Stack, listen: Callable[[str], None]) -> Measured:
    return _run(stack, "up", "--yes", "--skip-preview", "--parallel", "64", "--json", listen=listen)


def preview(stack: Stack, services: int = 0) -> Measured:
    stack.variables["BENCH_SERVICES"] = str(services)
    return _run(stack, "preview", "--suppress-outputs")


def _run(stack: Stack, *words: str, listen: Callable[[str], None] | None = None) -> Measured:
    command = ["pulumi", *words, "--stack", stack.name, "--non-interactive"]
    return run(command, stack.folder, stack.environment, listen)


def processors() -> str:
    """What the machine was doing: its processors, and its load as the figures were taken."""
    done = subprocess.run(["uptime"], capture_output=True, text=True, check=False)
    return f"{os.cpu_count()} processors, load {done.stdout.rpartition(':')[2].strip()}"
