"""One progress line per set-up step; everything a step prints goes to a log file of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

TAIL_LINES = 15


def cache_folder() -> Path:
    """The user's cache folder for Strata: $STRATA_CACHE, else $XDG_CACHE_HOME/strata, else ~/.cache/strata."""
    chosen = os.environ.get("STRATA_CACHE")
    base = Path(chosen) if chosen else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "strata"
    base.mkdir(parents=True, exist_ok=True)
    return base


class StepFailed(Exception):
    """A set-up step failed; the message names the step, the log file and its last lines."""


class Step:
    """A running step: `run` executes a command with its output in the step's log."""

    def __init__(self, name: str, log: Path, stream: IO[str]) -> None:
        self.name = name
        self.log = log
        self._stream = stream

    def run(
        self,
        command: Sequence[str | Path],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        stdin: IO[bytes] | int = subprocess.DEVNULL,
    ) -> None:
        """Run a command; raises StepFailed when it exits non-zero. `env` is added to this process's environment."""
        words = [str(word) for word in command]
        self._stream.write(f"$ {' '.join(words)}\n")
        self._stream.flush()
        try:
            done = subprocess.run(
                words, cwd=cwd, env={**os.environ, **(env or {})}, stdin=stdin,
                stdout=self._stream, stderr=subprocess.STDOUT, check=False,
            )  # fmt: skip
        except FileNotFoundError as missing:
            raise StepFailed(f"{self.name}: the program {words[0]!r} is not installed") from missing
        if done.returncode != 0:
            raise StepFailed(f"{self.name}: `{' '.join(words[:4])} …` ended with exit code {done.returncode}")


@contextmanager
def step(name: str, about: str = "") -> Generator[Step]:
    """Announce a step, time it, and turn its failure into one plain error.

    `about` is what a person may expect ("about 4 min"), printed beside the name.
    """
    logs = cache_folder() / "logs"
    logs.mkdir(exist_ok=True)
    log = logs / (re.sub(r"[^a-z0-9.]+", "-", name.lower()).strip("-") + ".log")
    print(f"[set-up] {name}{f' ({about})' if about else ''} ...", flush=True)
    began = time.monotonic()
    with log.open("w") as stream:
        try:
            yield Step(name, log, stream)
        except StepFailed as failed:
            stream.flush()
            tail = "\n".join("    " + line for line in log.read_text(errors="replace").splitlines()[-TAIL_LINES:])
            print(f"[set-up] FAILED {failed}\n{tail}\n[set-up] the whole log: {log}", file=sys.stderr, flush=True)
            raise SystemExit(1) from None
    print(f"[set-up] {name}: done in {time.monotonic() - began:.0f} s", flush=True)
