"""A registry of our own on loopback, for images that an emulated ECR would not keep."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

IMAGE = "registry:2"
LABEL = "strata.rehearsal"


@contextmanager
def registry(name: str) -> Generator[str]:
    """A new and empty registry's `host:port` until the block ends. Raises RuntimeError when it does
    not start, TimeoutError when it does not answer."""
    run = ["docker", "run", "--detach", "--rm", "--name", name, "--label", f"{LABEL}={name}"]
    done = subprocess.run([*run, "--publish", "127.0.0.1::5000", IMAGE], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"the registry does not start: {done.stderr.strip()}")
    try:
        published = subprocess.run(["docker", "port", name, "5000"], capture_output=True, text=True, check=True)
        place = published.stdout.splitlines()[0].strip()
        answers(f"http://{place}/v2/", 30)
        yield place
    finally:
        subprocess.run(["docker", "rm", "--force", "--volumes", name], capture_output=True, check=False)


def answers(url: str, seconds: float) -> None:
    """Wait until a URL is answered well. Raises TimeoutError."""
    until = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError as wrong:
            if time.monotonic() > until:
                raise TimeoutError(f"{url} does not answer within {seconds:g} s: {wrong}") from None
            time.sleep(0.2)


def tags(place: str) -> set[str]:
    """Every image that a registry holds, `repository:tag`. Raises OSError when it does not answer."""

    def asked(path: str) -> Any:
        with urllib.request.urlopen(f"http://{place}/v2/{path}", timeout=5) as answer:
            return json.load(answer)

    names: list[str] = asked("_catalog?n=1000")["repositories"]
    return {f"{name}:{tag}" for name in names for tag in asked(f"{name}/tags/list")["tags"] or ()}
