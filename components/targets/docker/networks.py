"""Removing networks: of one that something is attached to the daemon says no more than that."""

from __future__ import annotations

from typing import Any

from docker.errors import APIError, NotFound

from components.core.operations import Impossible
from components.targets.docker.advice import explain


def remove(network: Any) -> None:
    """Remove a network. Raises Impossible with what to do when the daemon will not, NotFound when it is gone."""
    try:
        network.remove()
    except NotFound:
        raise
    except APIError as wrong:
        raise Impossible(f"{network.name}: {explain(str(wrong.explanation)) or wrong.explanation}") from None


def remove_with_attached(network: Any) -> None:
    """Remove a network with what is attached to it. Raises as `remove` does."""
    network.reload()
    for container in network.containers:
        network.disconnect(container, force=True)
    remove(network)
