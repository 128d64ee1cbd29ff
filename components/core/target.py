"""The Target protocol: the one place that the core loop asks how a kind becomes resources."""

from __future__ import annotations

import importlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pulumi

from components.core import catalog
from components.core.bound import Bound
from components.core.settings import StackSettings
from components.model.described import Described, label
from components.model.problems import DescriptionError, Problem
from components.model.secret import Secret
from components.model.system import System

F = TypeVar("F", bound=Callable[..., Bound])
Handler = Callable[[Any, "Needs", pulumi.ResourceOptions], Bound]
_HANDLERS: dict[tuple[str, str, str | None], Handler] = {}


def realizes(kind: type[Described], variant: str | None = None) -> Callable[[F], F]:
    """Register a function `handler(service, needs, opts) -> Bound` as how its folder's target realizes a kind."""

    def register(handler: F) -> F:
        _HANDLERS[handler.__module__, kind.__name__, variant] = handler
        return handler

    return register


@dataclass(frozen=True)
class Needs:
    """What a handler is given beside the service itself.

    `environment` holds the plain keys that bindings and the description write, `secrets` those whose values are secret
    (Outputs). `bound` is everything realized so far by name. `node` is the component that all children belong to.
    `awaited` says whether another service may have to wait until this one is healthy.
    """

    target: Target
    node: pulumi.Resource
    bound: Mapping[str, Bound]
    environment: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, pulumi.Input[str]])
    secrets: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, pulumi.Input[str]])
    awaited: bool = True

    def child(self, **options: Any) -> pulumi.ResourceOptions:
        """Options of a child that waits for nothing: volumes and images need not wait for other services."""
        return pulumi.ResourceOptions(parent=self.node, **options)


class Target(ABC):
    """Where a system runs. A target's folder has one module per kind and a subclass of this in `target.py`."""

    name: str

    @classmethod
    @abstractmethod
    def create(cls, system: System, settings: StackSettings) -> Target:
        """The target as a stack's settings want it."""

    @abstractmethod
    def found(self, opts: pulumi.ResourceOptions | None = None) -> pulumi.Resource:
        """The Foundation (network, provider, keys), made once and by whoever asks first."""

    @abstractmethod
    def providers(self) -> Mapping[str, pulumi.ProviderResource]:
        """The providers that every component of this target passes to its children."""

    def node_options(self, service: Described) -> pulumi.ResourceOptions:
        """What the node of a service gets beside its parent; its children inherit transformations and providers."""
        return pulumi.ResourceOptions()

    def objections(self, system: System) -> Iterable[Problem]:
        """What stands against an update and only the target can see, before any resource changes: data of this stack
        that the description does not claim any more, and images of a release that are gone."""
        return ()

    def unreachable(self) -> str | None:
        """Why nothing could be made now (no credentials, no answer) and what to do; None when all is well. A program
        asks before it begins."""
        return None

    def finish(self, system: System, bound: Mapping[str, Bound]) -> Sequence[pulumi.Resource]:
        """Make what concerns the whole system, once everything else is made: what watches and protects it.

        Returns what an update has to wait for beside the services' own gates.
        """
        return ()

    @abstractmethod
    def secret(self, secret: Secret) -> pulumi.Output[str]:
        """A secret's value, as a secret Output; the same for everyone who asks."""

    def handler(self, service: Described) -> Handler:
        """The handler for a service's kind and variant. Raises DescriptionError when there is none."""
        entry = catalog.find(self.name, service)
        if entry is None:
            raise DescriptionError(catalog.missing(self.name, [service]))
        importlib.import_module(entry.module)
        handler = _HANDLERS.get((entry.module, entry.kind, entry.variant))
        if handler is None:
            raise DescriptionError([Problem(label(service), "", f"{entry.module} registers no handler for it")])
        return handler


def load_target(name: str) -> type[Target]:
    """The Target class of a folder of components/targets. Raises DescriptionError for an unknown one."""
    catalog.known_target(name)
    return importlib.import_module(f"components.targets.{name}.target").TARGET
