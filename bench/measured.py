"""Running a command with its time, its peak memory, and what it prints line by line."""

from __future__ import annotations

import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

SAMPLE = 0.25
"""Seconds between two looks at the memory."""


@dataclass(frozen=True)
class Measured:
    """`seconds` of wall time, `megabytes` at the peak: the resident memory of the command and all that it started;
    `computed` are seconds of a processor, which depend less on what else the machine does."""

    seconds: float
    megabytes: float
    computed: float


def run(
    command: list[str], folder: Path, environment: Mapping[str, str], listen: Callable[[str], None] | None = None
) -> Measured:
    """Run a command to its end; `listen` gets each line that it prints. One that fails ends the program."""
    began, before = time.monotonic(), _computed()
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    peak, done = [0.0], threading.Event()
    watcher = threading.Thread(target=_watch, args=(process.pid, peak, done), daemon=True)
    watcher.start()
    lines: list[str] = []
    assert process.stdout is not None
    for line in process.stdout:
        lines.append(line)
        if listen is not None:
            listen(line)
    code = process.wait()
    took = time.monotonic() - began
    done.set()
    watcher.join()
    if code != 0:
        sys.exit(f"{' '.join(command)} failed\n{''.join(lines)[-4000:]}")
    return Measured(took, peak[0], _computed() - before)


def _computed() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _watch(root: int, peak: list[float], done: threading.Event) -> None:
    while not done.wait(SAMPLE):
        listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,rss="], capture_output=True, text=True, check=False)
        rows = [tuple(int(word) for word in line.split()) for line in listed.stdout.splitlines()]
        peak[0] = max(peak[0], sum_of_tree(root, [(pid, parent, rss) for pid, parent, rss in rows]) / 1024)


def sum_of_tree(root: int, processes: Iterable[tuple[int, int, int]]) -> int:
    """The third number of a process and of all below it; rows are process, parent, number."""
    rows = list(processes)
    inside, before = {root}, 0
    while len(inside) != before:
        before = len(inside)
        inside |= {pid for pid, parent, _ in rows if parent in inside}
    return sum(number for pid, _, number in rows if pid in inside)
