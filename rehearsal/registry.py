"""A registry of our own on loopback, for images that an emulated ECR would not keep."""

from __future__ import annotations

import subprocess
import time
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager

IMAGE = "registry:2"
LABEL = "strata.rehearsal"


@contextmanager
def registry(name: str) -> Generator[str]:
    """A new and empty registry's `host:port` until the block ends. Raises RuntimeError when it does not answer."""
    run = [
        "docker",
        "run",
        "--detach",
        "--rm",
        "--name",
        name,
        "--label",
        f"{LABEL}={name}",
        "--publish",
        "127.0.0.1::5000",
    ]
    done = subprocess.run([*run, IMAGE], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"the registry does not start: {done.stderr.strip()}")
    try:
        published = subprocess.run(["docker", "port", name, "5000"], capture_output=True, text=True, check=True)
        place = published.stdout.splitlines()[0].strip()
        _answers(place)
        yield place
    finally:
        subprocess.run(["docker", "rm", "--force", "--volumes", name], capture_output=True, check=False)


def _answers(place: str) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            with urllib.request.urlopen(f"http://{place}/v2/", timeout=5):
                return
        except OSError as wrong:
            if time.monotonic() > until:
                raise RuntimeError(f"the registry at {place} does not answer: {wrong}") from None
            time.sleep(0.2)
