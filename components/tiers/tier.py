"""The core loop: how every tier turns its services into resources, on every target."""

from __future__ import annotations

import graphlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import ClassVar

import pulumi

from components.core import catalog
from components.core.bound import Bound, render
from components.core.target import Needs, Target
from components.core.template import is_secret
from components.model.binding import Binding
from components.model.described import Described, label
from components.model.graph import reachable, referred
from components.model.problems import DescriptionError, Problem
from components.model.secret import Secret
from components.model.service import Workload
from components.model.system import check_keys
from components.model.volume import FileVolume


class Node(pulumi.ComponentResource):
    """One service of a tier; what it is made of are its children."""

    def __init__(self, tier: str, service: Described, target: Target, opts: pulumi.ResourceOptions) -> None:
        super().__init__(f"strata:{tier}:{type(service).__name__}", service.name, None, opts)
        self.service = service


class Tier(pulumi.ComponentResource):
    """A tier of a system. It also stands alone in anyone's program: `DataTier("data", services=[...], target=...)`.

    `bound` are earlier tiers whose services this one may need. Its own `bound` maps each service's name to its Bound.
    `awaited` names the services that others wait for, in this tier or a later one (default: any may be).
    Raises DescriptionError, before any resource exists, when the target cannot realize a service or one needs a service
    that is in none of these tiers.
    """

    TIER: ClassVar[str] = "app"

    def __init__(
        self,
        name: str,
        *,
        services: Sequence[Described],
        target: Target,
        bound: Sequence[Tier] = (),
        awaited: Collection[str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        earlier = {key: found for tier in bound for key, found in tier.all_bound.items()}
        problems = [*catalog.missing(target.name, services), *check_keys(services), *_unbound(services, earlier)]
        if problems:
            raise DescriptionError(problems)
        foundation = target.found(opts)
        options = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(providers=target.providers()))
        super().__init__(f"strata:tier:{self.TIER.title()}", name, None, options)
        self.all_bound: dict[str, Bound] = dict(earlier)
        self.bound: dict[str, Bound] = {}
        self._awaited = awaited
        for service in in_order(services):
            realized = self._realize(service, target, foundation)
            self.bound[service.name] = self.all_bound[service.name] = realized
        self.register_outputs({name: dict(one.endpoints) for name, one in self.bound.items()})

    def _realize(self, service: Described, target: Target, foundation: pulumi.Resource) -> Bound:
        options = pulumi.ResourceOptions(parent=self, aliases=[pulumi.Alias(name=old) for old in service.formerly])
        node = Node(self.TIER, service, target, pulumi.ResourceOptions.merge(target.node_options(service), options))
        environment, secrets = _environment(service, target, self.all_bound)
        awaited = self._awaited is None or service.name in self._awaited
        needs = Needs(target, node, self.all_bound, environment, secrets, awaited)
        opts = pulumi.ResourceOptions(parent=node, depends_on=[*_waits(service, self.all_bound)])
        realized = target.handler(service)(service, needs, opts)
        node.register_outputs({"endpoints": dict(realized.endpoints)})
        return realized


def _unbound(services: Sequence[Described], earlier: Mapping[str, Bound]) -> Iterable[Problem]:
    known = {*earlier, *(service.name for service in services)}
    for service in services:
        for other in dict.fromkeys(referred(service)):
            if other.name not in known and not isinstance(other, Secret | FileVolume):
                text = f"{label(other)} is in no tier; list it in services= or give its tier by bound="
                yield Problem(label(service), "needs", text)


def in_order(services: Iterable[Described]) -> list[Described]:
    """Services with those that they refer to first; otherwise in the order in which they were given."""
    chosen = list(services)
    position = {id(service): number for number, service in enumerate(chosen)}
    graph = {
        number: [position[id(other)] for other in reachable(service) if id(other) in position and other is not service]
        for number, service in enumerate(chosen)
    }
    return [chosen[number] for number in graphlib.TopologicalSorter(graph).static_order()]


def awaited(services: Iterable[Described]) -> frozenset[str]:
    """The names of the services that others need, route to or start after."""
    return frozenset(other.name for service in services for other in referred(service))


def _environment(
    service: Described, target: Target, bound: Mapping[str, Bound]
) -> tuple[dict[str, pulumi.Input[str]], dict[str, pulumi.Input[str]]]:
    plain: dict[str, pulumi.Input[str]] = {}
    secret: dict[str, pulumi.Input[str]] = {}
    if not isinstance(service, Workload):
        return plain, secret
    for need, keys in service.bindings():
        for key, template in bound[need.name].templates(keys).items():
            (secret if is_secret(template) else plain)[key] = render(template, bound[need.name])
    plain.update(service.environment)
    secret.update({key: target.secret(one) for key, one in service.secrets.items()})
    return plain, secret


def _waits(service: Described, bound: Mapping[str, Bound]) -> Iterable[pulumi.Resource]:
    if not isinstance(service, Workload):
        return
    explicit = {condition.service.name: condition.state for condition in service.after}
    for need in service.needs:
        name = (need.service if isinstance(need, Binding) else need).name
        if name not in explicit:
            yield from bound[name].ready()
    for name, state in explicit.items():
        yield from bound[name].when(state)
