"""`make bench-aws`: what previews and updates of prod stacks cost, on an emulated AWS; the limits are the project's."""

from __future__ import annotations

import json
import secrets
import statistics
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.table import Table

from bench.measured import Measured
from bench.projects import SERVICES, made, preview, processors, up
from rehearsal.critical_path import Chain, Spans, longest
from rehearsal.emulator import Emulator, moto
from rehearsal.registry import registry

PREVIEW_SECONDS, PREVIEW_SECONDS_A_RESOURCE = 6.0, 0.02
MOST_GROWTH = 3.3
"""(t(300) - t(empty)) / (t(100) - t(empty)): three times as many services, three times the time."""
MOST_OVER_PATH = 1.2
"""Wall time of an update over its critical path: nothing waits that need not."""
SIZES = (0, 10, 100, 300)


@dataclass(frozen=True)
class Figure:
    """A measured value and what it may be at most."""

    what: str
    value: float
    limit: float
    note: str

    @property
    def met(self) -> bool:
        return self.value <= self.limit


def starter(place: Path, emulator: Emulator, images: str, runs: int) -> list[Figure]:
    """The starter's prod stack: an update from nothing, and previews of it without a change."""
    settings = {
        "system": "systems.starter.system", "services": {"cache": {"variant": "container"}},
        **emulator.settings(registry=images),
    }  # fmt: skip
    stack = made(place / "starter", "starter", "", settings)
    spans = Spans()

    def listen(line: str) -> None:
        if line.startswith("{"):
            spans.take(json.loads(line), time.monotonic())

    took = up(stack, listen)
    resources = stack.resources()
    path = longest(resources, spans.durations())
    previews = [preview(stack) for _ in range(runs)]
    stack.destroy().ok()
    count = len(resources)
    note = f"{peak(previews):.0f} MB; {computed(previews):.1f} s of a processor"
    most = PREVIEW_SECONDS + PREVIEW_SECONDS_A_RESOURCE * count
    over = f"{took.seconds:.0f} s over {path.seconds:.0f} s; {took.megabytes:.0f} MB; {named(path, spans)}"
    return [
        Figure(f"no-change preview, {count} resources: seconds", median(previews), most, note),
        Figure("up over its critical path", took.seconds / path.seconds, MOST_OVER_PATH, over),
    ]


def named(path: Chain, spans: Spans) -> str:
    """A chain in short: the resources that took longest in it."""
    durations = spans.durations()
    slow = [urn for urn in path.urns if durations[urn] > 0.05 * path.seconds]
    return " > ".join(f"{urn.rpartition('::')[2]} {durations[urn]:.0f} s" for urn in slow)


def growth(place: Path, target: str, settings: dict[str, Any], runs: int, show: Any) -> list[Figure]:
    """Previews of systems that do not exist yet, from none to 300 services."""
    stack = made(place / target, "bench", SERVICES, {"system": "system", **settings})
    table = Table(title=f"preview on {target}: seconds, median of {runs}", title_justify="left")
    for head in ("services", "seconds", "each run", "of a processor", "peak MB"):
        table.add_column(head, justify="right")
    times: dict[int, float] = {}
    work: dict[int, float] = {}
    for size in SIZES:
        measured = [preview(stack, size) for _ in range(runs)]
        times[size] = median(measured)
        each = " ".join(f"{one.seconds:.1f}" for one in measured)
        work[size] = computed(measured)
        table.add_row(str(size), f"{times[size]:.1f}", each, f"{work[size]:.1f}", f"{peak(measured):.0f}")
    show(table)
    note = f"by the processor's time {ratio(work):.2f}"
    return [Figure(f"{target}: (t(300) - t(empty)) / (t(100) - t(empty))", ratio(times), MOST_GROWTH, note)]


def ratio(times: Mapping[int, float]) -> float:
    """How a preview grows from 100 to 300 services; what an empty one takes does not count."""
    return (times[300] - times[0]) / (times[100] - times[0])


def median(measured: list[Measured]) -> float:
    return statistics.median(one.seconds for one in measured)


def computed(measured: list[Measured]) -> float:
    return statistics.median(one.computed for one in measured)


def peak(measured: list[Measured]) -> float:
    return max(one.megabytes for one in measured)


def report(figures: list[Figure]) -> Table:
    """The limits, and whether they are met."""
    table = Table(title=processors(), title_justify="left")
    for head in ("figure", "measured", "at most", "", "note"):
        table.add_column(head, justify="right" if head in ("measured", "at most") else "left")
    for one in figures:
        table.add_row(one.what, f"{one.value:.2f}", f"{one.limit:.2f}", "met" if one.met else "MISSED", one.note)
    return table


def main(
    runs: int = typer.Option(3, help="runs of each preview"),
    only: str = typer.Option("", help="starter, aws or docker: one of the three parts"),
) -> None:
    """Benchmark; nothing else should run on the machine meanwhile. Ends with 1 when a limit is missed."""
    console = Console(width=130)
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder, moto(Path(folder) / "moto.log") as emulator:
        place = Path(folder)
        if only in ("", "starter"):
            with registry(f"strata-bench-registry-{secrets.token_hex(3)}") as images:
                figures += starter(place, emulator, images, runs)
        if only in ("", "aws"):
            figures += growth(place, "aws", emulator.settings(), runs, console.print)
        if only in ("", "docker"):
            figures += growth(place, "docker", {"target": "docker"}, runs, console.print)
    console.print(report(figures))
    raise typer.Exit(0 if all(one.met for one in figures) else 1)


if __name__ == "__main__":
    typer.run(main)
