"""The labels of what a stack owns on Docker, and the daemon that holds it."""

from __future__ import annotations

from typing import Any

from components.core.advice import Refused
from components.core.operations import Impossible
from components.targets.local_daemon import client as client
from components.targets.local_daemon import host as host
from components.targets.local_daemon import is_local as is_local

STACK_LABEL = "strata.stack"
SERVICE_LABEL = "strata.service"
BACKUP_LABEL = "strata.backup"
BORN_LABEL = "strata.born"
"""On a data volume: a value that no other volume has, not even the next one of its name."""
FILES_LABEL = "strata.files"
"""On a container whose files are in a volume: their version."""


def silent() -> Refused:
    """That the daemon does not answer, at which address, and what to do."""
    place = host() or "its usual socket"
    return Refused(
        f"the Docker daemon does not answer at {place}", "start it, then run the same command again: make setup"
    )


def answering() -> Any:
    """Its client. Raises Impossible when it does not answer."""
    from docker.errors import DockerException

    try:
        return client()
    except DockerException:
        raise Impossible(str(silent())) from None


def of_stack(owner: str) -> dict[str, str]:
    """The filter that finds what a stack owns."""
    return {"label": f"{STACK_LABEL}={owner}"}
