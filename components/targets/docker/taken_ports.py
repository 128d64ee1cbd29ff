"""Host ports that somebody else has: the daemon names neither the service nor what to do, so this does."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from typing import Any

from components.targets.docker import daemon


def bound(port: int, address: str = "127.0.0.1") -> bool:
    """Whether something on this machine listens there."""
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return True
    return False


def refuse_taken(inputs: Mapping[str, Any]) -> None:
    """Raise when a port that a container is to publish is taken; `inputs` are those of its resource."""
    if not daemon.is_local():
        return
    labels: list[dict[str, str]] = inputs.get("labels") or []
    ports: list[dict[str, Any]] = inputs.get("ports") or []
    service = next((one["value"] for one in labels if one["label"] == daemon.SERVICE_LABEL), "a container")
    for one in ports:
        port, address = int(one["external"]), str(one.get("ip") or "0.0.0.0")
        if bound(port, address):
            raise RuntimeError(
                f"{service}: host port {port} on {address} is taken by {_holder(port)}; stop "
                "that, publish another port, or set strata:ports free (free ports are chosen anew by `make up`)"
            )


def _holder(port: int) -> str:
    found: list[Any] = daemon.client().containers.list(filters={"publish": port})
    return f"the container {found[0].name}" if found else "another program"
