"""Runs the drills: `python -m drills [--only NAME] [--times N] [--stage Docker|rehearsal]`."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Annotated

import typer
from rich.console import Console

from drills import own_daemon, report, secret_values, secrets_rehearsed
from drills.on_docker import docker_stage
from drills.on_rehearsal import rehearsal_stage
from drills.stage import DOCKER, REHEARSAL, Make, Stage
from drills.suite import DRILLS, Drill

STAGES: dict[str, Make] = {DOCKER: docker_stage, REHEARSAL: rehearsal_stage}
"""A name and what makes such a stage. Another place for the same drills is one entry here."""

SECRETS, SEARCH = "secrets", "every secret's value searched for by value"
SEARCHES: dict[str, tuple[Callable[[], list[report.Searched]], str]] = {
    DOCKER: (secret_values.searched, "applications that take them as environment"),
    REHEARSAL: (secrets_rehearsed.searched, "tasks that take them as environment"),
}
"""What searches a stage for secret values, and whose containers hold them by choice."""

NAMES = (*DRILLS, SECRETS)


def chosen(only: list[str] | None, stage: str | None) -> list[tuple[str, str]]:
    """Where and which."""
    wanted = [(where, name) for name, drill in DRILLS.items() for where in drill.where]
    return [
        (where, name)
        for where, name in [*wanted, *((where, SECRETS) for where in SEARCHES)]
        if (not only or name in only) and stage in (None, where)
    ]


def run(where: str, name: str, drill: Drill, times: int) -> report.Result:
    """Do one drill on a stage of its own. Whatever goes wrong is what it came to."""
    began = time.monotonic()
    if drill.own_daemon and own_daemon.lacking():
        seen = f"this machine lacks {', '.join(own_daemon.lacking())} for a daemon of our own"
        return report.Result(where, name, drill.what, times, report.NOT_RUN, 0, seen)
    stage: AbstractContextManager[Stage] = STAGES[where](drill.own_daemon)
    try:
        with stage as made:
            came, seen = report.OK, drill.act(made, times) + made.note
    except Exception as wrong:
        came, seen = report.FAILED, f"{type(wrong).__name__}: {wrong}"
    return report.Result(where, name, drill.what, times, came, time.monotonic() - began, seen)


def run_secrets(where: str) -> report.Result:
    """Search for secret values; where it was searched is kept for the document, whatever was found."""
    began, places = time.monotonic(), list[report.Searched]()
    try:
        act, allowed = SEARCHES[where]
        places = act()
        came, seen = report.OK, secret_values.judged(places, allowed)
    except Exception as wrong:
        came, seen = report.FAILED, f"{type(wrong).__name__}: {wrong}"
    return report.Result(where, SECRETS, SEARCH, 1, came, time.monotonic() - began, seen, (*places,))


def main(
    only: Annotated[list[str] | None, typer.Option(help="these drills (a name, more than once)")] = None,
    times: Annotated[int | None, typer.Option(help="how often each fault is made", min=1)] = None,
    stage: Annotated[str | None, typer.Option(help=f"where: {', '.join(STAGES)} (default: both)")] = None,
) -> None:
    """Make faults and see what becomes of the system. docs/drills.md is written unless `--times` is given."""
    console = Console(highlight=False, soft_wrap=True)
    unknown = sorted({*(only or ())} - {*DRILLS, SECRETS})
    if unknown or stage not in (None, *STAGES):
        raise typer.BadParameter(f"there are the drills {', '.join(NAMES)}; the stages {', '.join(STAGES)}")
    results: list[report.Result] = []
    for where, name in chosen(only, stage):
        console.print(f"[drills] {where}: {name} ...", markup=False)
        drill = DRILLS.get(name)
        done = run(where, name, drill, times or drill.times) if drill else run_secrets(where)
        results.append(done)
        if times is None:
            report.DOCUMENT.write_text(report.document([done], report.DOCUMENT.read_text(), NAMES))
        console.print(f"[drills] {name}: {done.came}, {done.times} times, {done.seconds:.0f} s", markup=False)
        if done.came != report.OK:
            console.print(done.seen, markup=False)
    console.print(report.table(results))
    for one in results:
        if one.places:
            console.print(report.searched(one.places))
    raise typer.Exit(any(one.came != report.OK for one in results))


if __name__ == "__main__":
    typer.run(main)
