"""Commands that are killed, interrupted, or given twice at once."""

from __future__ import annotations

import os
import signal
import time

from drills.stage import UPDATED, Moments, Stage, Wrong, ended, killed, plain, replaced, rounds, up

SEED = 6
TRIES = 5
"""Draws of a moment until a command is killed before its end."""


def up_killed(stage: Stage, times: int) -> str:
    """A quarter of the kills in a row hit the first update; each other one replaces every container and is finished by
    the next."""
    moments, nexts, hit = Moments(SEED, stage.first_seconds), list[float](), list[float]()
    first = max(times // 4, 1)
    for _ in range(first):
        hit.append(_killed(stage, "up", moments))
    nexts.append(up(stage))
    moments.length = replaced(stage)
    for number in range(2, times - first + 2):
        stage.put()
        stage.describe(number)
        hit.append(_killed(stage, "up", moments))
        nexts.append(up(stage))
    return f"{_seconds(hit)}; every next `make up` converged in {_range(nexts)}"


def _killed(stage: Stage, verb: str, moments: Moments) -> float:
    for _ in range(TRIES):
        moment = moments.next()
        if killed(stage, verb, moment):
            return moment
        if verb == "up":
            stage.whole()
            stage.describe(stage.number + 1000)
        else:
            stage.put_nothing()
            up(stage)
    raise Wrong(f"{verb} ended before it could be killed, {TRIES} times")


def destroy_killed(stage: Stage, times: int) -> str:
    """By turns `make down`, whose data must be there after the next `make up`, and a `pulumi destroy`, which is
    finished by `make down DATA=1` or undone by `make up`."""
    up(stage)
    began = time.monotonic()
    stage.run("down").ok()
    moments = Moments(SEED, time.monotonic() - began)
    up(stage)
    hit, rounds, number = list[float](), 0, 0
    while number < times:
        stage.put()
        verbs = set[str]()
        for _ in range(min(stage.kills_in_a_row, times - number)):
            verb = "down" if number % 2 else "destroy"
            verbs.add(verb)
            # A first kill may come late, one that follows finds less to do.
            hit.append(_killed(stage, verb, moments))
            number += 1
        if "destroy" in verbs or not stage.keeps_data:
            stage.put_nothing()
            if rounds % 4 == 0:
                stage.run("all").ok()
                stage.nothing_left()
        rounds += 1
        up(stage)
    stage.run("all").ok()
    stage.nothing_left()
    kept = "data of every killed `make down` was there after `make up`; " if stage.keeps_data else ""
    return f"{_seconds(hit)}; {kept}nothing left by DATA=1"


def interrupted(stage: Stage, times: int) -> str:
    """Ctrl-C as a terminal sends it, to all of the command's group; every other time it is pressed twice."""
    up(stage)
    moments, ends = Moments(SEED, replaced(stage)), list[float]()
    for number in rounds(stage, times):
        with stage.start("up") as running:
            time.sleep(moments.next() * 0.8)
            began = time.monotonic()
            os.killpg(running.pid, signal.SIGINT)
            if number % 2 == 0:
                time.sleep(1)
                if running.poll() is None:
                    os.killpg(running.pid, signal.SIGINT)
            done = ended(running)
        ends.append(time.monotonic() - began)
        plain(done)
    return f"ended within {_range(ends)} of Ctrl-C, without a traceback; every next `make up` converged"


def two_at_once(stage: Stage, times: int) -> str:
    """At least one comes through; the other does too, or names who holds the lock."""
    up(stage)
    moments, both = Moments(SEED, 4), 0
    for number in rounds(stage, times):
        with stage.start("up") as one:
            time.sleep(moments.next() if number > 1 else 0)
            with stage.start("up") as other:
                outcomes = [ended(one), ended(other)]
        for done in outcomes:
            plain(done)
            if done.code != 0 and not UPDATED.search(done.text):
                raise Wrong(f"one of two failed for another reason than the other:\n{done.text[-3000:]}")
        good = sum(done.code == 0 for done in outcomes)
        if good == 0:
            raise Wrong("neither of two came through:\n" + "\n---\n".join(done.text[-1500:] for done in outcomes))
        both += good == 2
    return f"one came through each time, both {both} times; the other named the process that holds the lock"


def _range(seconds: list[float]) -> str:
    return f"{min(seconds):.1f} to {max(seconds):.1f} s"


def _seconds(hit: list[float]) -> str:
    return f"{len(hit)} kills, {_range(hit)} after the start"
