"""Host ports: as described, or free ones that a stack keeps."""

from __future__ import annotations

import socket
from collections.abc import Mapping

import pulumi


def free_port(taken: set[int]) -> int:
    """A port that nothing listens on now and that is not in `taken`, which it is added to."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        if port not in taken:
            taken.add(port)
            return port


def kept_ports(
    name: str, wanted: list[int], taken: set[int], opts: pulumi.ResourceOptions
) -> dict[int, pulumi.Input[int]]:
    """A free host port for each wanted one, chosen at the first update and kept in the state from then on."""
    if not wanted:
        return {}
    chosen = {str(port): free_port(taken) for port in wanted}
    options = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(ignore_changes=["input"]))
    stash = pulumi.Stash(f"{name}-ports", input=chosen, opts=options)

    def port_for(port: int) -> pulumi.Output[int]:
        def pick(kept: Mapping[str, float]) -> int:
            return int(kept[str(port)]) if str(port) in kept else port

        return stash.output.apply(pick)

    return {port: port_for(port) for port in wanted}
