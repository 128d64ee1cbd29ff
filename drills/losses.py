"""Parts that are gone, a passphrase that is wrong, a state that is cut short, and what a kill leaves."""

from __future__ import annotations

import re
import shutil

from drills.stage import Moments, Stage, Wrong, killed, refused, rounds, up

SEED = 6
LOST = r"its status is '\w+'"
REPAIR = r"strata repair --system \S+ --stack \S+"


def gone(stage: Stage, times: int) -> str:
    """What the stage can lose, in turn: made again, data as it was, or made anew and empty; what no update can bring
    back is told with the command that does."""
    up(stage)
    taken, told = list[str](), list[str]()
    for number in range(times):
        stage.put()
        part = stage.losable[number % len(stage.losable)]
        lost = stage.lose(part)
        if part in stage.beyond:
            command = stage.obey(refused(stage, f"{lost} was gone", LOST))
            told.append(f"{lost} (`{command}`)")
        else:
            taken.append(lost)
        if part in stage.emptied:
            stage.put_nothing()
        up(stage)
    named = f"; named with the command that lets `make up` make it again: {', '.join(told)}" if told else ""
    return f"made again by `make up`: {', '.join(taken)}{named}"


def wrong_passphrase(stage: Stage, times: int) -> str:
    """Told by name with what to do; nothing changes, not even after a kill that left operations pending."""
    up(stage)
    moments = Moments(SEED, 6)
    for number in rounds(stage, times):
        if number % 2 == 0:
            killed(stage, "up", moments.next())
        stage.passphrase("not the right one")
        refused(stage, "a wrong passphrase", "is not the passphrase that", "export PULUMI_CONFIG_PASSPHRASE_FILE=")
        stage.passphrase(None)
    return "named with the command that gives the right one; the next `make up` converged"


def state_cut(stage: Stage, times: int) -> str:
    """Cut at a random length; the message names a command, and that command and `make up` are enough."""
    up(stage)
    moments = Moments(SEED, 1)
    for number in rounds(stage, times):
        if number % 2 == 0:
            up(stage)
        whole = stage.state_file.read_bytes()
        stage.state_file.write_bytes(whole[: int(len(whole) * moments.next()) if number > 1 else 0])
        named = re.findall(REPAIR, refused(stage, "a state that is cut short", REPAIR))[0]
        mended = stage.said(f"{named} --yes")
        if mended.code != 0:
            raise Wrong(f"{named} failed:\n{mended.text[-3000:]}")
    return "named; `strata repair` put the last copy back, and the next `make up` converged"


def state_lost(stage: Stage, times: int) -> str:
    """The state and all copies of it: nothing is made twice, what is there is taken into a new one with its data."""
    up(stage)
    for _ in rounds(stage, times):
        for kind in ("stacks", "backups", "history"):
            shutil.rmtree(stage.state_file.parents[2] / kind, ignore_errors=True)
        refused(stage, "a state that is lost", "the state of .* is empty", "make repair SYSTEM=")
        stage.run("repair").ok()
    return "refused and named; `make repair` took all of it into a new state, and the next `make up` converged"


def repaired(stage: Stage, times: int) -> str:
    """After a kill `strata repair` leaves no lock, nothing pending and no orphan, and has nothing to do twice."""
    up(stage)
    moments, mended = Moments(SEED, 9), 0
    for _ in rounds(stage, times):
        killed(stage, "up", moments.next())
        done = stage.run("repair").ok()
        mended += "nothing to repair" not in done.text
        again = stage.run("repair").ok()
        if "nothing to repair" not in again.text:
            raise Wrong(f"a second repair found more:\n{again.text}")
    return f"{mended} of {times} kills left something, and `strata repair` all of it mended; `make up` converged"
