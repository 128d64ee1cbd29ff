"""Runs the drills: `python -m drills [--only NAME] [--times N] [--stage Docker|rehearsal] [--jobs N]`."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from drills import report
from drills.runs import NAMES, STAGES, all_of, chosen

JOBS = 2
"""Drills at a time: a rehearsal waits for AWS most of its time."""


def main(
    only: Annotated[list[str] | None, typer.Option(help="these drills (a name, more than once)")] = None,
    times: Annotated[int | None, typer.Option(help="how often each fault is made", min=1)] = None,
    stage: Annotated[str | None, typer.Option(help=f"where: {', '.join(STAGES)} (default: both)")] = None,
    jobs: Annotated[int, typer.Option(help="how many at a time", min=1)] = JOBS,
) -> None:
    """Make faults and see what becomes of the system. docs/drills.md is written unless `--times` is given."""
    console = Console(highlight=False, soft_wrap=True)
    unknown = sorted({*(only or ())} - {*NAMES})
    if unknown or stage not in (None, *STAGES):
        raise typer.BadParameter(f"there are the drills {', '.join(NAMES)}; the stages {', '.join(STAGES)}")
    wanted = chosen(only or (), stage)
    console.print(f"[drills] {len(wanted)} drills, {jobs} at a time ...", markup=False)
    results: list[report.Result] = []
    for done in all_of(wanted, times, jobs):
        results.append(done)
        if times is None:
            report.DOCUMENT.write_text(report.document([done], report.DOCUMENT.read_text(), NAMES))
        console.print(
            f"[drills] {len(results)} of {len(wanted)}: {done.where}: {done.name}: {done.came}, {done.times} times, "
            f"{done.seconds:.0f} s",
            markup=False,
        )
        if done.came != report.OK:
            console.print(done.seen, markup=False)
    console.print(report.table(results))
    for one in results:
        if one.places:
            console.print(report.searched(one.places))
    raise typer.Exit(any(one.came != report.OK for one in results))


if __name__ == "__main__":
    typer.run(main)
