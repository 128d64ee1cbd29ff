"""What Docker's errors mean to a person, and what to do about each."""

from __future__ import annotations

from components.targets.docker import daemon

FULL = ("no space left on device",)
SILENT = (
    "cannot connect to the docker daemon",
    "error while fetching server api version",
    "error pinging docker server",
)


def explain(said: str) -> str | None:
    """The cause of an update's errors and the command that mends it; None when it is not one of these."""
    lower = said.lower()
    if any(words in lower for words in FULL):
        return (
            "the Docker daemon's disk is full; nothing is lost. Make room: docker system prune (removes only what no "
            "container uses; `docker system df` shows what takes the space), then `make up` goes on from here"
        )
    if any(words in lower for words in SILENT):
        return silent()
    return None


def silent() -> str:
    """That the daemon does not answer, at which address, and what to do."""
    place = daemon.host() or "its usual socket"
    return f"the Docker daemon does not answer at {place}; start it, then run the same command again: make setup"
