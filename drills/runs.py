"""One drill from start to end, on a stage of its own: in a process of its own too, so that two can go side by side."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import AbstractContextManager
from multiprocessing import get_context

from drills import own_daemon, report, secret_values, secrets_rehearsed
from drills.on_docker import docker_stage
from drills.on_rehearsal import rehearsal_stage
from drills.stage import DOCKER, REHEARSAL, Make, Stage
from drills.suite import DRILLS

STAGES: dict[str, Make] = {DOCKER: docker_stage, REHEARSAL: rehearsal_stage}
"""A name and what makes such a stage. Another place for the same drills is one entry here."""

SECRETS, SEARCH = "secrets", "every secret's value searched for by value"
SEARCHES: dict[str, tuple[Callable[[], list[report.Searched]], str]] = {
    DOCKER: (secret_values.searched, "applications that take them as environment"),
    REHEARSAL: (secrets_rehearsed.searched, "tasks that take them as environment"),
}
"""What searches a stage for secret values, and whose containers hold them by choice."""

NAMES = (*DRILLS, SECRETS)


def chosen(only: Sequence[str] = (), stage: str | None = None) -> list[tuple[str, str]]:
    """Where and which; those in the rehearsal first, which take longest."""
    every = [(where, name) for name, drill in DRILLS.items() for where in drill.where]
    every += [(where, SECRETS) for where in SEARCHES]
    wanted = [one for one in every if (not only or one[1] in only) and stage in (None, one[0])]
    return sorted(wanted, key=lambda one: one[0] != REHEARSAL)


def run(where: str, name: str, times: int | None = None) -> report.Result:
    """Do one drill, as often as it asks for unless `times` says otherwise. Whatever goes wrong is what it came to."""
    print(f"[drills] {where}: {name} ...", flush=True)
    if name == SECRETS:
        return _search(where)
    drill, began = DRILLS[name], time.monotonic()
    times = times or drill.times
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


def _search(where: str) -> report.Result:
    """Search for secret values; where it was searched is kept for the document, whatever was found."""
    began, places = time.monotonic(), list[report.Searched]()
    try:
        act, allowed = SEARCHES[where]
        places = act()
        came, seen = report.OK, secret_values.judged(places, allowed)
    except Exception as wrong:
        came, seen = report.FAILED, f"{type(wrong).__name__}: {wrong}"
    return report.Result(where, SECRETS, SEARCH, 1, came, time.monotonic() - began, seen, (*places,))


def all_of(drills: Sequence[tuple[str, str]], times: int | None, jobs: int) -> Iterator[report.Result]:
    """Do them, `jobs` at a time, each in a process of its own (one has another $DOCKER_HOST); what each came to, as
    they end."""
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), max_tasks_per_child=1) as pool:
        running = [pool.submit(run, where, name, times) for where, name in drills]
        for one in as_completed(running):
            yield one.result()
