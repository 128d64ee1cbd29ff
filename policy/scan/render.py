"""A stack as Terraform's JSON: each type and field under the provider's name, references kept, texts escaped. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from policy.scan import ScanError
from policy.scan.kinds import Block, Field, Json, Kind, camel, plural, short_token
from policy.scan.stack import Resource, Stack, without_defaults

NEWER: Mapping[str, str] = {"region": "every resource has the region of the provider's block"}
"""Fields that only a newer provider has, and why leaving them out changes nothing."""
SHORTEST_REFERENCE = 3
"""Characters; a shorter text that equals another resource's does so by chance."""


@dataclass(frozen=True)
class Rendered:
    """`document` is main.tf.json without the provider; `addresses` are its resources (`aws_vpc.vpc-network`)."""

    document: Json
    addresses: tuple[str, ...]

    def given(self) -> Iterator[str]:
        """The fields that have a value (`aws_vpc.net.cidr_block`)."""
        resources: dict[str, dict[str, Json]] = self.document.get("resource") or {}
        for kind, named in resources.items():
            for name, fields in named.items():
                yield from (f"{kind}.{name}.{field}" for field in fields)


class _Renderer:
    def __init__(self, stack: Stack, kinds: Mapping[str, Kind]) -> None:
        self.kinds: dict[str, Kind] = {}
        self.by_urn = {one.urn: one for one in stack.on_aws()}
        self.addresses: dict[str, str] = {}
        for one in self.by_urn.values():
            found = kinds.get(short_token(one.type))
            if found is None:
                raise ScanError(
                    f"{stack.name}: {one.name}: the type {one.type} has no Terraform name; add it to "
                    "offline/engine/providers/aws.json"
                )
            self.kinds[one.urn] = found
            self.addresses[one.urn] = f"{found.terraform}.{label(one.name)}"
        if len(set(self.addresses.values())) < len(self.addresses):
            twice = sorted(one for one in set(self.addresses.values()) if [*self.addresses.values()].count(one) > 1)
            raise ScanError(f"{stack.name}: two resources would be named {twice[0]}")

    def document(self) -> Json:
        made: dict[str, Json] = {}
        for urn, one in self.by_urn.items():
            kind = self.kinds[urn]
            made.setdefault(kind.terraform, {})[label(one.name)] = self._resource(one, kind.block)
        return {"resource": made} if made else {}

    def _resource(self, one: Resource, block: Block) -> Json:
        self.here, self.label = one, f"{one.name} ({one.type})"
        made: Json = {}
        for key, value in cast(Json, without_defaults(one.inputs)).items():
            known = block.find(key)
            if value is None or (key in NEWER and not (known and known.settable)):
                continue
            field = known or self._find(block, key, key)
            self.property = key
            made[field.terraform] = self._field(field, value, key)
        for field in block.fields:
            if field.required and (field.auto_name or field.terraform == "name") and field.terraform not in made:
                made[field.terraform] = escaped(str(one.outputs.get(field.names[0]) or f"{one.name}-0123456"))
        return made

    def _find(self, block: Block, key: str, path: str) -> Field:
        field = block.find(key)
        if field is None:
            raise ScanError(
                f"{self.label}: the field {path} has no Terraform name; known here are "
                f"{', '.join(sorted(one.names[0] for one in block.fields))}. If its name follows no rule, add it to "
                "offline/engine/providers/aws.json"
            )
        return field

    def _field(self, field: Field, value: Any, path: str) -> Any:
        if field.block is None:
            return self._typed(field.type, value, path)
        if not field.many:
            return self._block(field.block, value, path)
        return [self._block(field.block, item, path) for item in _listed(value)]

    def _block(self, block: Block, value: Any, path: str) -> Any:
        if not isinstance(value, Mapping):
            raise ScanError(f"{self.label}: {path} holds {type(value).__name__}; the provider wants a block there")
        made: Json = {}
        for key, item in cast(Mapping[str, Any], value).items():
            if item is not None:
                field = self._find(block, key, f"{path}.{key}")
                made[field.terraform] = self._field(field, item, f"{path}.{key}")
        return made

    def _typed(self, shape: Any, value: Any, path: str) -> Any:
        if value is None:
            return None
        if not isinstance(shape, list):
            return self._leaf(value)
        head, inner = cast(list[Any], shape)
        if head in ("list", "set"):
            return [self._typed(inner, item, path) for item in _listed(value)]
        if not isinstance(value, Mapping):
            raise ScanError(f"{self.label}: {path} holds {type(value).__name__}; the provider wants a {head} there")
        given = cast(Mapping[str, Any], value)
        if head == "map":
            return {escaped(key): self._typed(inner, item, f"{path}.{key}") for key, item in given.items()}
        return self._object(cast(Mapping[str, Any], inner), given, path)

    def _object(self, shapes: Mapping[str, Any], given: Mapping[str, Any], path: str) -> Json:
        """An object's fields are all given, since Terraform's JSON lets none of them out; none is null."""
        names = {key: name for name in shapes for key in (plural(camel(name)), camel(name))}
        unknown = sorted(key for key, item in given.items() if key not in names and item is not None)
        if unknown:
            raise ScanError(
                f"{self.label}: the field {path}.{unknown[0]} has no Terraform name; known: {sorted(shapes)}"
            )
        found = {names[key]: (key, item) for key, item in given.items() if key in names}
        return {
            name: self._typed(shape, found[name][1], f"{path}.{found[name][0]}") if name in found else None
            for name, shape in shapes.items()
        }

    def _leaf(self, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return self._reference(value) or escaped(value)

    def _reference(self, value: str) -> str | None:
        """The reference to a field of a resource that this value was made of, if it is exactly that."""
        if len(value) < SHORTEST_REFERENCE:
            return None
        wanted = "arn" if self.property.lower().endswith("arn") else "id"
        found: list[tuple[bool, bool, str]] = []
        for urn in self.here.needs.get(self.property, ()):
            other = self.by_urn.get(urn)
            if other is None or urn == self.here.urn:
                continue
            for key, output in other.outputs.items():
                name = "id" if key == "id" else self._terraform_name(urn, key)
                if output == value and name:
                    found.append((name != wanted, key in other.inputs, f"{self.addresses[urn]}.{name}"))
        return "${" + min(found)[2] + "}" if found else None

    def _terraform_name(self, urn: str, key: str) -> str | None:
        field = self.kinds[urn].block.find(key)
        return field.terraform if field and not field.many and field.block is None else None


def _listed(value: Any) -> list[Any]:
    """Where the provider has a list, Pulumi may have a single value."""
    return cast(list[Any], value) if isinstance(value, list) else [value]


def label(name: str) -> str:
    """A resource's name as Terraform allows it."""
    made = re.sub(r"[^A-Za-z0-9_-]", "_", name)
    return made if re.match(r"[A-Za-z_]", made) else f"_{made}"


def escaped(text: str) -> str:
    """A literal text: what would begin an expression or a directive in Terraform does not."""
    return text.replace("${", "$${").replace("%{", "%%{")


def render(stack: Stack, kinds: Mapping[str, Kind]) -> Rendered:
    """Raises ScanError for a type or a field that has no Terraform name."""
    renderer = _Renderer(stack, kinds)
    return Rendered(renderer.document(), tuple(renderer.addresses.values()))
