"""What a program that was run without an engine asked the engine for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.wire import Tree


class Silent(AssertionError):
    """A run that would have let a test pass without proving anything."""


@dataclass(frozen=True)
class Made:
    """A resource as the program registered it; `outputs` is what a component registered, None when it did not."""

    type: str
    name: str
    urn: str
    custom: bool
    inputs: Tree
    parent: str
    depends_on: frozenset[str]
    provider: str
    providers: Mapping[str, str]
    hooks: Mapping[str, tuple[str, ...]]
    aliases: tuple[str, ...]
    ignore_changes: tuple[str, ...]
    delete_before_replace: bool
    protect: bool
    outputs: Tree | None = None

    def __getitem__(self, key: str) -> Any:
        """An input, secrets unwrapped; KeyError when the program gave none."""
        return self.inputs.value[key]

    def get(self, key: str) -> Any:
        """An input, or None."""
        return self.inputs.value.get(key)


@dataclass(frozen=True)
class Ran:
    """What a program did: its resources in order, its exports, what it returned, and its hooks' functions by name."""

    made: tuple[Made, ...]
    exports: Tree
    value: Any
    hooks: Mapping[str, Callable[..., Any]]

    def __getitem__(self, name: str) -> Made:
        """The one resource of a name."""
        found = [one for one in self.made if one.name == name]
        assert len(found) == 1, f"{len(found)} resources are named {name!r}; there are {sorted(self.names())}"
        return found[0]

    def __contains__(self, name: str) -> bool:
        return name in self.names()

    def names(self) -> list[str]:
        return [one.name for one in self.made]

    def of(self, kind: str) -> list[Made]:
        """Every resource whose type ends with `kind`; none is a failure, or a loop over it would prove nothing."""
        found = [one for one in self.made if one.type.endswith(kind)]
        if not found:
            raise Silent(f"no resource is a {kind}; there are {sorted({one.type for one in self.made})}")
        return found

    def below(self, top: str) -> list[Made]:
        """The resources under a component, at any depth."""
        parents = {one.urn: one.parent for one in self.made}
        urns = {one.urn: one for one in self.made}
        root = self[top].urn

        def under(urn: str) -> bool:
            return urn == root or (urn in parents and under(parents[urn]))

        return [one for urn, one in urns.items() if urn != root and under(urn)]

    def name_of(self, urn: str) -> str:
        """The name of a URN's resource; "" is the stack."""
        return next((one.name for one in self.made if one.urn == urn), "")

    def awaited(self, name: str) -> set[str]:
        """The names of all that a resource depends on."""
        return {self.name_of(urn) for urn in self[name].depends_on}
