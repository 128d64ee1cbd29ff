"""A stack as the scan sees it, whether it was recorded or exported: resources with inputs and outputs, all known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from policy.scan import ScanError
from policy.scan.kinds import Json

LEFT_OUT: Mapping[str, str] = {
    "pulumi:pulumi:Stack": "the stack itself",
    "pulumi:index:Stash": "a value that only Pulumi's state keeps",
    "pulumi:providers:aws": "the provider, which the plan has one of its own of",
    "pulumi:providers:pulumi": "Pulumi's own provider, for values that the state keeps",
    "pulumi:providers:pulumi-python": "the provider of dynamic resources",
    "pulumi-python:dynamic:Resource": "a gate of ours: it waits or pushes, and makes nothing on AWS that lasts",
    "pulumi-python:dynamic/*": "a gate of ours, by a type name of its own",
    "strata:*": "a component, which only groups others",
}
"""Types that are no resources on AWS, and what they are."""


@dataclass(frozen=True)
class Resource:
    """A resource; `outputs` hold its `id` too, `needs` the URNs that each input's value was made of."""

    type: str
    name: str
    urn: str
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    needs: Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Stack:
    """`secrets` are the secret values of the stack's resources, which must appear nowhere in plain text."""

    name: str
    region: str
    resources: tuple[Resource, ...]
    secrets: frozenset[str] = frozenset()

    def on_aws(self) -> tuple[Resource, ...]:
        """The resources of the AWS provider. Raises ScanError for a type that is neither that nor left out."""
        return tuple(one for one in self.resources if not is_left_out(one))


def is_left_out(resource: Resource) -> bool:
    if resource.type.startswith("aws:"):
        return False
    for known in LEFT_OUT:
        if resource.type == known or (known.endswith("*") and resource.type.startswith(known[:-1])):
            return True
    raise ScanError(
        f"{resource.name}: the type {resource.type} is no type of AWS's provider; if it makes nothing on AWS, "
        "add it to LEFT_OUT in policy/scan/stack.py with what it is"
    )


def strings(value: Any) -> Iterator[str]:
    """Every text in a value, at any depth."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in cast(Mapping[Any, Any], value).values():
            yield from strings(item)
    elif isinstance(value, list):
        for item in cast(list[Any], value):
            yield from strings(item)


def without_defaults(value: Any) -> Any:
    """A value without the marks that Pulumi's engine puts beside inputs (`__defaults`)."""
    if isinstance(value, Mapping):
        items = cast(Mapping[str, Any], value).items()
        made: Json = {key: without_defaults(item) for key, item in items if not key.startswith("__")}
        return made
    if isinstance(value, list):
        return [without_defaults(item) for item in cast(list[Any], value)]
    return value
