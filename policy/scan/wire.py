"""Values as Pulumi sends them to its engine: secrets and references are wrapped in marked objects."""

from __future__ import annotations

from typing import Any

from google.protobuf import struct_pb2
from pulumi.runtime import rpc

MARK: str = rpc._special_sig_key  # pyright: ignore[reportPrivateUsage]
SECRET: str = rpc._special_secret_sig  # pyright: ignore[reportPrivateUsage]
REFERENCE: str = rpc._special_resource_sig  # pyright: ignore[reportPrivateUsage]


def plain(value: struct_pb2.Value, path: str, secrets: list[tuple[str, Any]]) -> Any:
    """A value, unwrapped; a reference is its URN. What is marked as secret in it is put into `secrets` as well, with
    its path (`uploads.0.content`), which begins with `path`."""
    match value.WhichOneof("kind"):
        case "struct_value":
            fields = value.struct_value.fields
            mark = fields[MARK].string_value if MARK in fields else ""
            if mark == SECRET:
                inside = plain(fields["value"], path, secrets)
                secrets.append((path, inside))
                return inside
            if mark == REFERENCE:
                return fields["urn"].string_value
            return {key: plain(item, f"{path}.{key}", secrets) for key, item in fields.items()}
        case "list_value":
            items = value.list_value.values
            return [plain(item, f"{path}.{number}", secrets) for number, item in enumerate(items)]
        case "number_value":
            return int(value.number_value) if value.number_value.is_integer() else value.number_value
        case "bool_value":
            return value.bool_value
        case "string_value":
            return value.string_value
        case _:
            return None
