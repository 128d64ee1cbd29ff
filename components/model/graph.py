"""Walking a description: every object in it, and what refers to what."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from components.model.described import Described, Part


def children(value: Any) -> Iterator[Any]:
    """The values directly inside a value: a description's fields, a sequence's items, a mapping's values."""
    if isinstance(value, Part):
        for field in dataclasses.fields(value):
            yield getattr(value, field.name)
    elif isinstance(value, Mapping):
        yield from value.values()  # pyright: ignore[reportUnknownVariableType]
    elif isinstance(value, tuple | list):
        yield from value  # pyright: ignore[reportUnknownVariableType]


def referred(value: Any) -> Iterator[Described]:
    """The named objects that a value refers to directly, those inside its own parts included."""
    for child in children(value):
        if isinstance(child, Described):
            yield child
        else:
            yield from referred(child)


def reachable(value: Any) -> list[Described]:
    """Every named object that can be reached from a value, itself included, each once, dependencies first."""
    found: dict[int, Described] = {}
    waiting: set[int] = set()

    def visit(described: Described) -> None:
        if id(described) in found or id(described) in waiting:
            return
        waiting.add(id(described))
        for other in referred(described):
            visit(other)
        found[id(described)] = described

    if isinstance(value, Described):
        visit(value)
    else:
        for described in referred(value):
            visit(described)
    return list(found.values())
