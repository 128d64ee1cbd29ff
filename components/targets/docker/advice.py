"""What Docker's errors mean for a person, and what to do about each."""

from __future__ import annotations

from components.core.advice import Refused
from components.targets.docker import daemon

FULL = "no space left on device"
SILENT = (
    "cannot connect to the docker daemon",
    "error while fetching server api version",
    "error pinging docker server",
)
ATTACHED = ("has active endpoints", "state to become 'removed' (last state: 'pending'")
"""The daemon's words of a network that it will not remove, and the provider's, which asks for it for half a minute."""


def explain(message: str) -> Refused | None:
    """An error of the provider's in short; None for one that says itself what to do."""
    lower = message.lower()
    if FULL in lower:
        return Refused(
            "the Docker daemon's disk is full; nothing is lost",
            "make room: docker system prune (removes only what no container uses; `docker system df` shows what takes "
            "the space), then `make up` goes on from here",
        )
    if any(words in lower for words in ATTACHED):
        return Refused(
            "the daemon will not remove the network, since something is attached to it",
            "`docker network inspect` shows what: take it off (docker network disconnect --force NETWORK CONTAINER); "
            "where it shows nothing, the daemon has not let go of a container that is gone: restart Docker; then the "
            "same command goes on from here",
        )
    return daemon.silent() if any(words in lower for words in SILENT) else None
