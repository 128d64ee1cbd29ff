"""What Terraform's provider calls the resources and fields of a Pulumi program, and what each field is. Pure.

The token map names types and the few fields whose names follow no rule; the provider's schema says what is a block, a
list, or computed. A field's Pulumi name is its own in camelCase, in the plural where it is a list of more than one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

Json = dict[str, Any]


@dataclass(frozen=True)
class Field:
    """A field of a block: `names` are what Pulumi calls it, the usual one first; `many` when it is a list or a set.

    `block` is the block inside; without one `type` is Terraform's type expression. Nobody but the provider gives a
    value to one that is not `settable`.
    """

    terraform: str
    names: tuple[str, ...]
    required: bool
    computed: bool
    many: bool
    block: Block | None
    type: Any
    auto_name: bool = False
    settable: bool = True


@dataclass(frozen=True)
class Block:
    """The fields of a resource, or of a part of one."""

    fields: tuple[Field, ...]

    def find(self, name: str) -> Field | None:
        """The field that Pulumi calls `name`; the usual name of one comes before the second choice of another."""
        for place in (0, 1):
            for field in self.fields:
                if len(field.names) > place and field.names[place] == name:
                    return field
        return None


@dataclass(frozen=True)
class Kind:
    """A resource type: its Terraform name, such as `aws_vpc`."""

    terraform: str
    block: Block


def short_token(kind: str) -> str:
    """A Pulumi type as the token map writes it: `aws:ec2/vpc:Vpc` is `ec2/Vpc`."""
    _, module, name = kind.split(":")
    return f"{module.partition('/')[0]}/{name}"


def camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word[:1].upper() + word[1:] for word in rest)


def plural(name: str) -> str:
    if re.search(r"[^aeiou]y$", name):
        return f"{name[:-1]}ies"
    if re.search(r"(ss|us|x|ch|sh)$", name):
        return f"{name}es"
    return name if name.endswith("s") else f"{name}s"


def kinds_of(mapped: Mapping[str, Mapping[str, Any]], schemas: Mapping[str, Mapping[str, Any]]) -> dict[str, Kind]:
    """Every mapped type that the provider has, by the token map's token."""
    return {
        str(one["token"]): Kind(name, _block(schemas[name]["block"], one.get("fields") or {}, ""))
        for name, one in mapped.items()
        if name in schemas
    }


def _block(schema: Mapping[str, Any], overrides: Mapping[str, Json], path: str) -> Block:
    return Block(tuple(_fields(schema, overrides, path)))


def _fields(schema: Mapping[str, Any], overrides: Mapping[str, Json], path: str) -> Iterator[Field]:
    attributes: dict[str, Json] = schema.get("attributes") or {}
    for name, one in attributes.items():
        place, own = f"{path}{name}", overrides.get(f"{path}{name}", {})
        nested: Json | None = one.get("nested_type")
        kind: Any = None if nested else one["type"]
        inside = _block(nested, overrides, f"{place}.") if nested else None
        shape: Any = nested["nesting_mode"] if nested else kind
        many = (cast(list[Any], shape)[0] if isinstance(shape, list) else shape) in ("list", "set")
        required, computed = bool(one.get("required")), bool(one.get("computed"))
        settable = required or not computed or bool(one.get("optional"))
        yield Field(name, _names(name, own, many), required, computed, many, inside, kind, "autoName" in own, settable)
    blocks: dict[str, Json] = schema.get("block_types") or {}
    for name, one in blocks.items():
        place, own = f"{path}{name}", overrides.get(f"{path}{name}", {})
        many = one["nesting_mode"] in ("list", "set")
        several = many and one.get("max_items") != 1
        yield Field(
            name, _names(name, own, several), False, False, many, _block(one["block"], overrides, f"{place}."), None
        )


def _names(name: str, own: Mapping[str, Any], many: bool) -> tuple[str, ...]:
    if "name" in own:
        return (str(own["name"]),)
    if many and not own.get("maxItemsOne"):
        # An attribute's schema does not say that it holds at most one, which Pulumi then calls by the singular.
        return tuple(dict.fromkeys((plural(camel(name)), camel(name))))
    return (camel(name),)
