"""Values as Pulumi sends them to its engine, with the places where something is secret."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from google.protobuf import struct_pb2
from pulumi.runtime import rpc

from policy.scan.wire import plain

UNKNOWN = rpc.UNKNOWN


@dataclass(frozen=True)
class Tree:
    """Plain values, and the paths below which everything is secret."""

    value: Any
    secrets: frozenset[str]

    def is_secret(self, path: str) -> bool:
        """Whether the value at a path (`uploads.0.content`) is secret, itself or inside something that is."""
        return any(path == secret or path.startswith(f"{secret}.") for secret in self.secrets)

    def leaves(self) -> Iterator[tuple[str, Any, bool]]:
        """Every scalar and every key of a mapping: its path, the value, and whether it is secret."""
        for path, value in _leaves("", self.value):
            yield path, value, self.is_secret(path)


def _leaves(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            inner = f"{path}.{key}" if path else str(key)
            if isinstance(key, str):
                yield inner, key
            yield from _leaves(inner, item)
    else:
        yield path, value


def read(given: struct_pb2.Struct, leave_out: str = "") -> Tree:
    """What a request holds, unwrapped; `leave_out` names a key that is of no interest."""
    secrets: list[tuple[str, Any]] = []
    found = {key: plain(value, key, secrets) for key, value in given.fields.items() if key != leave_out}
    return Tree(found, frozenset(path for path, _ in secrets))


def wire(value: Any) -> struct_pb2.Value:
    """A plain value in the wire's form."""
    made = struct_pb2.Value()
    if isinstance(value, dict):
        made.struct_value.update(value)
    elif isinstance(value, list):
        made.list_value.extend(value)
    elif isinstance(value, int | float):
        made.number_value = value
    else:
        made.string_value = str(value)
    return made
