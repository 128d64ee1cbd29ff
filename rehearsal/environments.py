"""Python environments of their own for programs whose packages do not fit beside ours, in the user's cache folder."""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
from pathlib import Path


class CannotInstall(Exception):
    """An environment could not be made; the message names the lock and pip's last lines."""


def cache_folder() -> Path:
    """Strata's folder in the user's cache: $STRATA_CACHE, else $XDG_CACHE_HOME/strata, else ~/.cache/strata."""
    chosen = os.environ.get("STRATA_CACHE")
    if chosen:
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "strata"


def interpreter(name: str, lock: Path) -> Path:
    """The Python of an environment with exactly what a lock file lists, made where it is missing. Raises
    CannotInstall."""
    digest = hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()[:12]
    folder = cache_folder() / "environments" / f"{name}-{digest}"
    python, done = folder / "bin" / "python", folder / ".installed"
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Two test runs on one machine may want it at the same time.
    with (folder.parent / f"{name}.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if done.is_file():
            return python
        print(f"[set-up] {name}: its own Python environment (about 1 min) ...", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", lock]
        ran = subprocess.run(pip, capture_output=True, text=True, check=False)
        if ran.returncode != 0:
            raise CannotInstall(f"{name}: {lock.name} cannot be installed:\n{ran.stderr[-1500:]}")
        done.touch()
    return python
