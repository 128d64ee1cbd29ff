"""The parts of `make test` that run side by side: none outlives the run, and none's output is lost."""

from __future__ import annotations

import shlex
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.integration.harness import ROOT
from tests.waiting import eventually

HEAD = f"""set -euo pipefail
say() {{ printf '[test] %s\\n' "$1"; }}
. {ROOT}/tests/beside.sh
"""
WORKING = """import pathlib, sys, time
place = pathlib.Path(sys.argv[1])
place.touch()
print("begun", flush=True)
try:
    time.sleep(60)
finally:
    print("taken down", flush=True)
    time.sleep(float(sys.argv[2]))
    place.with_suffix(".ended").touch()
"""
"""Like pytest: Ctrl-C lets it take down what it has made, which takes a while."""


def working(place: Path, seconds: float = 0.3) -> str:
    return shlex.join([sys.executable, "-c", WORKING, str(place), str(seconds)])


def started(place: Path, script: str, ignored: Sequence[signal.Signals] = ()) -> subprocess.Popen[str]:
    """Run a script; `ignored` are signals that are ignored where it is started."""
    file = place / "run"
    file.write_text(HEAD + script)
    before = [(one, signal.signal(one, signal.SIG_IGN)) for one in ignored]
    try:
        return subprocess.Popen(
            ["bash", file], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL
        )
    finally:
        for one, handler in before:
            signal.signal(one, handler)


def two(place: Path, seconds: float = 0.3, ignored: Sequence[signal.Signals] = ()) -> subprocess.Popen[str]:
    """Two parts at work, one with a log."""
    running = started(
        place,
        f"aws() {{ {working(place / 'one', seconds)}; say 'not reached'; }}\n"
        f"begin AWS {place}/log aws\nbegin tests '' {working(place / 'two', seconds)}\n"
        "finish $begun || true\necho 'not reached'",
        ignored,
    )
    eventually(lambda: (place / "one").exists() and (place / "two").exists(), "both have begun")
    return running


@pytest.mark.parametrize("ignored", [(), (signal.SIGINT,)], ids=["", "in the background"])
@pytest.mark.parametrize(("sign", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129)])
def test_a_run_that_is_ended_takes_its_parts_down_and_shows_their_output(
    tmp_path: Path, sign: signal.Signals, code: int, ignored: Sequence[signal.Signals]
) -> None:
    running = two(tmp_path, ignored=ignored)
    running.send_signal(sign)
    assert running.wait(20) == code
    assert (tmp_path / "one.ended").exists() and (tmp_path / "two.ended").exists(), "it ends after its parts"
    said, _ = running.communicate()
    assert said.count("begun") == 2 and said.count("taken down") == 2 and "not reached" not in said, said


def test_a_second_signal_does_not_wait(tmp_path: Path) -> None:
    running = two(tmp_path, seconds=60)
    running.send_signal(signal.SIGTERM)
    eventually(lambda: "taken down" in (tmp_path / "log").read_text(), "the first signal has come")
    running.send_signal(signal.SIGTERM)
    running.communicate(timeout=20)
    assert running.returncode == 143


def test_an_error_of_the_run_itself_ends_a_part(tmp_path: Path) -> None:
    wait = f"until [ -e {tmp_path}/one ]; do sleep 0.05; done"
    running = started(
        tmp_path, f"begin AWS {tmp_path}/log {working(tmp_path / 'one')}\n{wait}\nfalse\necho 'not reached'"
    )
    said, _ = running.communicate(timeout=20)
    assert running.returncode == 1
    assert "taken down" in said and "not reached" not in said


def test_a_part_that_fails_is_told_at_once_and_its_log_is_shown_at_the_end(tmp_path: Path) -> None:
    running = started(
        tmp_path,
        f"aws() {{ echo why; (exit 3); echo 'not reached'; }}\nbegin AWS {tmp_path}/log aws; beside=$begun\n"
        "begin tests '' sh -c 'sleep 1; echo all good'\nfinish $begun && echo good\nfinish $beside || echo failed $?",
    )
    said, _ = running.communicate(timeout=20)
    assert said.splitlines() == ["[test] AWS: ended with code 3", "all good", "good", "why", "failed 3"]
    assert running.returncode == 0
