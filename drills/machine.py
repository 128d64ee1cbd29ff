"""Faults of the machine below: the Docker daemon restarted in the middle of an update, and its disk full."""

from __future__ import annotations

import signal
import time

from drills.stage import Daemon, Moments, Stage, Wrong, ended, refused, replaced, rounds, up

SEED = 6


def _daemon(stage: Stage) -> Daemon:
    if stage.daemon is None:
        raise Wrong("this drill needs a daemon of its own")
    return stage.daemon


def restarted(stage: Stage, times: int) -> str:
    """By turns in order and by SIGKILL, at random moments of an update that replaces every container."""
    daemon = _daemon(stage)
    up(stage)
    moments, failed = Moments(SEED, replaced(stage)), 0
    for number in rounds(stage, times):
        with stage.start("up") as running:
            time.sleep(moments.next())
            daemon.restart(signal.SIGKILL if number % 2 == 0 else signal.SIGTERM)
            done = ended(running)
        failed += done.code != 0
    return f"{failed} of {times} updates failed with it; every next `make up` converged"


def full(stage: Stage, times: int) -> str:
    """First while the system is made, then while it is replaced; the message says so, and with room it goes on."""
    daemon = _daemon(stage)
    for number in range(times):
        if number:
            stage.put()
            stage.describe(number)
        daemon.fill(leave=8 if number == 0 else 0)
        refused(stage, "the disk was full", "disk is full", "docker system prune")
        daemon.empty()
        up(stage)
    return "named with the command that makes room; with room the next `make up` converged"
