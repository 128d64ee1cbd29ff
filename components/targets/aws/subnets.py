"""Which part of a network's addresses each subnet gets. Pure.

Every zone has a public subnet (load balancers, NAT), a private one (services) and an isolated one (data, no route out).
A zone's subnets do not depend on how many zones there are, so that a third can be added while two are in use.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Reach = Literal["public", "private", "isolated"]
MOST_ZONES = 4
"""Zones that the addresses are divided for."""
WIDEST, NARROWEST = 16, 22
"""Prefix lengths of a network: AWS's widest is /16; of a /22 an isolated subnet has 64 addresses, 5 of them AWS's."""
PRIVATE = tuple(ipaddress.IPv4Network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
"""RFC 1918: others that Python calls private (loopback, documentation, reserved) are no network for hosts."""


@dataclass(frozen=True)
class Subnet:
    """One subnet: `zone` counts from 0."""

    reach: Reach
    zone: int
    cidr: str


def wrong_cidr(cidr: str) -> str | None:
    """What is wrong with a network's addresses; None when nothing is."""
    allowed = f"allowed is a private network from /{WIDEST} to /{NARROWEST} such as '10.0.0.0/16'"
    try:
        network = ipaddress.ip_network(cidr)
    except ValueError as wrong:
        return f"given {cidr!r}; {allowed} ({wrong})"
    private = isinstance(network, ipaddress.IPv4Network) and any(network.subnet_of(block) for block in PRIVATE)
    if not private or not WIDEST <= network.prefixlen <= NARROWEST:
        return f"given {cidr!r}; {allowed}"
    return None


def plan(cidr: str, zones: int) -> tuple[Subnet, ...]:
    """The subnets of a network: half of it private, a quarter public, a quarter isolated, each in equal parts.

    Raises ValueError for addresses that `wrong_cidr` objects to and for a number of zones outside 1 to MOST_ZONES.
    """
    wrong = wrong_cidr(cidr)
    if wrong or not 1 <= zones <= MOST_ZONES:
        raise ValueError(wrong or f"given {zones} zones; allowed are 1 to {MOST_ZONES}")
    return tuple(_planned(ipaddress.IPv4Network(cidr), zones))


def _planned(network: ipaddress.IPv4Network, zones: int) -> Iterator[Subnet]:
    private, rest = network.subnets(1)
    public, isolated = rest.subnets(1)
    parts: tuple[tuple[Reach, ipaddress.IPv4Network], ...] = (
        ("public", public), ("private", private), ("isolated", isolated),
    )  # fmt: skip
    for reach, part in parts:
        for zone, block in enumerate(part.subnets(2)):
            if zone < zones:
                yield Subnet(reach, zone, str(block))
