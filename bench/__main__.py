"""Times `strata up` (what `make up` runs), plain `pulumi up`, a program of pulumi-docker alone and `docker compose up
--wait`, side by side."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table

from bench.systems import INTERPRETER, bare_project, compose_project, strata_project

STEPS = ("up", "no change", "one changed", "destroy")


@dataclass
class Runner:
    """One way of running a system: a command for each step, and the environment they share."""

    name: str
    folder: Path
    commands: Mapping[str, list[str]]
    environment: Mapping[str, str]
    times: dict[str, list[float]] = field(default_factory=dict[str, list[float]])

    def step(self, step: str) -> None:
        """Run and time one step; a step that fails ends the benchmark with what it printed."""
        changed = {"BENCH_CHANGED": "yes"} if step == "one changed" else {}
        began = time.monotonic()
        done = subprocess.run(
            self.commands[step], cwd=self.folder, env={**os.environ, **self.environment, **changed}, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        self.times.setdefault(step, []).append(time.monotonic() - began)
        if done.returncode != 0:
            sys.exit(f"{self.name}: {step} failed\n{done.stdout}")

    def median(self, step: str) -> float:
        return statistics.median(self.times[step])


def runners(place: Path, count: int) -> list[Runner]:
    """For a system of `count` containers: compose, pulumi-docker alone with the flags of Strata's command, plain pulumi
    and Strata's command."""
    bin_ = INTERPRETER.parent
    state = place / f"state{count}"
    state.mkdir()
    environment = {
        "PULUMI_BACKEND_URL": f"file://{state}",
        "PULUMI_CONFIG_PASSPHRASE": "bench",
        "PATH": f"{bin_}:{Path.home() / '.pulumi/bin'}:{os.environ['PATH']}",
    }
    folder = strata_project(place / f"strata{count}", count, INTERPRETER)
    bare_folder = bare_project(place / f"bare{count}", count, INTERPRETER)
    for each in (folder, bare_folder):
        subprocess.run(
            ["pulumi", "stack", "init", "bench"], cwd=each, env={**os.environ, **environment}, check=True,
            capture_output=True,
        )  # fmt: skip
    strata = [str(bin_ / "strata"), "up", "--system", f"{folder}/", "--stack", "bench"]
    strata_down = [str(bin_ / "strata"), "down", "--system", f"{folder}/", "--stack", "bench", "--data", "--yes"]
    plain = ["pulumi", "up", "--yes", "--stack", "bench", "--non-interactive"]
    plain_down = ["pulumi", "destroy", "--yes", "--stack", "bench", "--non-interactive"]
    fast = ("--skip-preview", "--parallel", "64")
    compose = ["docker", "compose", "up", "--wait", "--detach"]
    compose_folder = compose_project(place / f"compose{count}", count)

    def steps(up: list[str], down: list[str]) -> dict[str, list[str]]:
        return {"up": up, "no change": up, "one changed": up, "destroy": down}

    return [
        Runner("compose", compose_folder, steps(compose, ["docker", "compose", "down", "--volumes"]), {}),
        Runner("bare", bare_folder, steps([*plain, *fast], [*plain_down, *fast]), environment),
        Runner("pulumi up", folder, steps(plain, plain_down), environment),
        Runner("strata up", folder, steps(strata, strata_down), environment),
    ]


def report(count: int, measured: list[Runner], show: Callable[[Table], None]) -> None:
    """One table: seconds of each way, and Strata against compose."""
    compose, *_, strata = measured
    table = Table(title=f"{count} containers: seconds, median of {len(compose.times['up'])}", title_justify="left")
    for head in ("step", *(one.name for one in measured), "strata - compose", "strata / compose"):
        table.add_column(head, justify="left" if head == "step" else "right")
    for step in STEPS:
        more, ratio = strata.median(step) - compose.median(step), strata.median(step) / compose.median(step)
        table.add_row(step, *(f"{one.median(step):.1f}" for one in measured), f"{more:+.1f}", f"{ratio:.2f}")
    show(table)


def main(
    sizes: str = typer.Option("3,10,30", help="numbers of containers"), runs: int = typer.Option(3, help="runs of each")
) -> None:
    """Benchmark; nothing else should run on the machine meanwhile."""
    console = Console()
    for count in (int(size) for size in sizes.split(",")):
        with tempfile.TemporaryDirectory() as place:
            measured = runners(Path(place), count)
            for _ in range(runs):
                for one in measured:
                    for step in STEPS:
                        one.step(step)
                    if one.name == "strata up":
                        subprocess.run(
                            ["pulumi", "stack", "init", "bench"], cwd=one.folder,
                            env={**os.environ, **one.environment}, check=False, capture_output=True,
                        )  # fmt: skip
            report(count, measured, console.print)


if __name__ == "__main__":
    typer.run(main)
