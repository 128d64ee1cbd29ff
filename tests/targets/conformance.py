"""What every kind owes on every target, and handlers that owe something: each target's tests judge by these."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pulumi

from components.core import catalog
from components.core.bound import Bound
from components.core.target import Needs, Target
from components.core.template import fields
from components.model.described import Described
from components.tiers.app import AppTier
from components.tiers.data import DataTier
from components.tiers.monitoring import MonitoringTier
from components.tiers.tier import Node, Tier
from strata import Grafana, Http, Prometheus, Redis, Service
from tests.ran import Ran

TIERS: dict[str, type[Tier]] = {"data": DataTier, "app": AppTier, "monitoring": MonitoringTier}
STAGES = ("tier", "before", "watching")
"""A kind's own tier, that of what it needs, and that of the Prometheus that a Grafana shows."""
KINDS = {
    "DevTool", "FileVolume", "Gateway", "Grafana", "ObjectStore", "Postgres", "Prometheus", "RabbitMQ", "Redis",
    "Schedule", "Service", "Task",
}  # fmt: skip
"""Everything that a system can list."""
other = Service("other", image="a:1", port=80, health=Http("/"), metrics="/metrics")
prometheus = Prometheus("metrics", scrapes=[other])


def entries(target: str) -> list[catalog.Entry]:
    """What a target realizes, in an order of its own."""
    return sorted(catalog.entries(target).values(), key=lambda one: (one.kind, one.variant or ""))


def realize(service: Described, target: Target) -> Bound:
    """Put a service into a tier of its own kind, after what it needs; what it hands over."""
    before: list[Tier] = [] if service.TIER == "data" else [AppTier("before", services=[other], target=target)]
    if isinstance(service, Grafana):
        before.append(MonitoringTier("watching", services=[service.prometheus], target=target, bound=before))
    return TIERS[service.TIER]("tier", services=[service], target=target, bound=before).bound[service.name]


def faults(ran: Ran, bound: Bound, service: Described, *, foundation: bool = False) -> Iterator[str]:
    """What a kind's handler owes and did not give; `foundation` says that it may be waited for by what is there."""
    used = {name for template in bound.templates(service.binding()).values() for name in fields(template)}
    for name in sorted(used - set(bound.facts)):
        yield f"its bindings use the fact {name!r}, which the handler does not supply"
    children, shared = ran.below(service.name), {one.name for one in ran.below("foundation")}
    if not (bound.started or bound.completed) and children:
        yield "nobody can wait for it: the handler returns neither started nor completed"
    mine = {one.name for one in children}
    for resource in (*bound.started, *bound.healthy, *bound.completed):
        if resource._name not in (mine | shared if foundation else mine):
            yield f"{resource._name} is not below its node"
    if ran[service.name].outputs is None:
        yield "its node registers no outputs"
    for one in children:
        if not one.name.startswith(f"{service.name}-"):
            yield f"{one.name} is not named {service.name}-<part>, so a rename would not reach it"
        if not one.custom and one.outputs is None:
            yield f"{one.name} registers no outputs"
    known = shared | mine | {one.name for tier in STAGES if tier in ran for one in ran.below(tier)}
    for one in ran.made:
        if one.name not in known | {"foundation", *STAGES}:
            yield f"{one.name} has no place in the tree"


def broken(name: str) -> Any:
    """A handler of a Redis that owes something."""

    def handler(service: Described, needs: Needs, opts: pulumi.ResourceOptions) -> Bound:
        parent = needs.target.found() if name == "parent" else needs.node
        part = Redis("other-part" if name == "name" else "it-part")
        child = Node("x", part, needs.target, pulumi.ResourceOptions(parent=parent))
        if name != "outputs":
            child.register_outputs({})
        facts = {"scheme": "redis", "host": "it", "port": "1"}
        if name == "fact":
            del facts["port"]
        return Bound(service, facts, () if name == "started" else (child,))

    return handler


BROKEN = {
    "fact": ["its bindings use the fact 'port', which the handler does not supply"],
    "started": ["nobody can wait for it: the handler returns neither started nor completed"],
    "parent": ["it-part is not below its node"],
    "name": ["other-part is not named it-<part>, so a rename would not reach it"],
    "outputs": ["it-part registers no outputs"],
    "": [],
}
"""What each of them owes."""
