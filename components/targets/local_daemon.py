"""The Docker daemon that the user's own `docker` command talks to."""

from __future__ import annotations

import functools
import json
import os
from pathlib import Path
from typing import Any


def host() -> str | None:
    """The daemon's address when it is not the default socket: $DOCKER_HOST, or that of the current Docker context."""
    if os.environ.get("DOCKER_HOST"):
        return os.environ["DOCKER_HOST"]
    if not _context_chosen():
        return None
    from docker.context import ContextAPI

    context: Any = ContextAPI.get_current_context()
    address = str(context.Host) if context is not None and context.Host else ""
    return address if address and not address.endswith("/var/run/docker.sock") else None


def _context_chosen() -> bool:
    """Whether the user's configuration names a Docker context: only then the docker package is worth its loading."""
    folder = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")
    try:
        return bool(json.loads((folder / "config.json").read_text()).get("currentContext"))
    except (OSError, ValueError, AttributeError):
        return False


def is_local() -> bool:
    """Whether the daemon publishes ports on this machine."""
    address = host()
    return address is None or address.startswith("unix:")


@functools.cache
def client() -> Any:
    """A docker.DockerClient for that daemon; waits at most 60 s for an answer. Any, because its stubs are partial."""
    import docker

    address = host()
    return docker.DockerClient(base_url=address, timeout=60) if address else docker.from_env(timeout=60)
