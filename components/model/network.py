"""The network that a system's services find each other on."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import KW_ONLY
from typing import ClassVar

from components.model.described import Described, description


@description
class Network(Described):
    """The system's own network; service names resolve on it. `subnet` in CIDR form, by default chosen by the target.

    `physical_name` sets its name on the target instead of `<project>_<stack>_<name>`.
    """

    name: str = "network"
    _: KW_ONLY
    subnet: str | None = None
    physical_name: str | None = None

    TIER: ClassVar[str] = "foundation"

    def contradictions(self) -> Iterable[tuple[str, str]]:
        if self.subnet is None:
            return
        try:
            network = ipaddress.ip_network(self.subnet)
        except ValueError as wrong:
            yield "subnet", f"given {self.subnet!r}; allowed is a network such as '172.20.0.0/16' ({wrong})"
            return
        if not network.is_private or network.prefixlen > 28:
            yield "subnet", f"given {self.subnet!r}; allowed is a private network with at least 16 addresses"
