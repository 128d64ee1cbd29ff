"""The JSON schema of a system's stack files, made of the same types that validate them."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Iterable, Mapping
from typing import Any, cast, get_type_hints

from pydantic import BaseModel, TypeAdapter

from components.core import catalog
from components.core.resolve import adjustable, overridable
from components.core.settings import NAMESPACE, StackSettings
from components.model.described import Described, label
from components.model.graph import reachable
from components.model.secret import Secret
from components.model.system import System

CLAUSE = re.compile(r"; (?![^(]*\))")
"""What parts the clauses of a sentence: a semicolon outside parentheses."""
DIALECT = "https://json-schema.org/draft/2020-12/schema"
REFERENCE = "#/$defs/{model}"
ENCRYPTED: Mapping[str, Any] = {
    "type": "object",
    "properties": {"secure": {"type": "string"}},
    "required": ["secure"],
    "additionalProperties": False,
    "description": "an encrypted value, as `pulumi config set --secret` writes it",
}


def stack_schema(system: System) -> dict[str, Any]:
    """The schema of `Pulumi.<stack>.yaml` for a system; keys outside `strata:` belong to others and are not judged."""
    settings = StackSettings.model_json_schema(ref_template=REFERENCE)
    kinds = {type(service).__name__: type(service) for service in adjustable(system)}
    defs: dict[str, Any] = {"Encrypted": ENCRYPTED, **settings.pop("$defs", {})}
    for kind in kinds.values():
        defs |= kind_schema(kind)
    properties: dict[str, Any] = settings["properties"]
    properties["target"] |= {"enum": catalog.targets()}
    properties["services"] |= {
        "properties": {one.name: _settings_of(one) for one in adjustable(system)}, "additionalProperties": False,
    }  # fmt: skip
    properties["secrets"] = _secrets(system, str(properties["secrets"]["description"]))
    required: dict[str, Any] = {}
    for target in catalog.targets():
        own = catalog.settings_class(target)
        if own is not None:
            properties[target] = _model_schema(own, defs)
            required[f"{NAMESPACE}:{target}"] = {"required": properties[target].pop("required", [])}
    for found in properties.values():
        found.pop("title", None)
    known = "|".join(properties)
    config = {
        "type": "object",
        "properties": {f"{NAMESPACE}:{name}": found for name, found in properties.items()},
        "patternProperties": {f"^{NAMESPACE}:(?!({known})$)": False},
        # A stack that extends another has the rest from there.
        "anyOf": [
            {"required": [f"{NAMESPACE}:{name}" for name in settings["required"]], "properties": required},
            {"required": [f"{NAMESPACE}:extends"]},
        ],
    }
    return {
        "$schema": DIALECT,
        "title": f"Stack of {system.name}",
        "type": "object",
        "properties": {"config": config},
        "required": ["config"],
        "$defs": dict(sorted(defs.items())),
    }


def _model_schema(model: type[BaseModel], defs: dict[str, Any]) -> dict[str, Any]:
    """The schema of one pydantic model, what it refers to put into `defs`."""
    schema = model.model_json_schema(ref_template=REFERENCE)
    defs |= schema.pop("$defs", {})
    for found in (*schema["properties"].values(), schema):
        found.pop("title", None)
    return schema


def _settings_of(service: Described) -> dict[str, Any]:
    return {"$ref": REFERENCE.format(model=f"{type(service).__name__}Settings"), "description": label(service)}


def _secrets(system: System, text: str) -> dict[str, Any]:
    encrypted = {"$ref": REFERENCE.format(model="Encrypted")}
    value = {"anyOf": [{"type": "string"}, encrypted]}
    names = sorted({found.name for found in reachable(system) if isinstance(found, Secret)})
    given = {"type": "object", "properties": dict.fromkeys(names, value), "additionalProperties": False}
    return {"anyOf": [given, encrypted], "description": text}


def kind_schema(kind: type[Described]) -> dict[str, Any]:
    """Definitions for what settings may say about a service of a kind: `<Kind>Settings` and what that refers to."""
    hints = get_type_hints(kind, include_extras=True)
    fields = {field.name: field for field in dataclasses.fields(cast(Any, kind))}
    adapters = [(name, "validation", TypeAdapter(hints[name])) for name in overridable(kind)]
    found, shared = TypeAdapter.json_schemas(cast(Any, adapters), ref_template=REFERENCE)
    properties: dict[str, Any] = {}
    for (name, _), schema in cast(Mapping[tuple[Any, str], dict[str, Any]], found).items():
        text = field_text(kind, str(name))
        properties[str(name)] = {**schema, **({"description": text} if text else {}), **_default(fields[str(name)])}
    defs: dict[str, Any] = dict(shared.get("$defs", {}))
    for target in catalog.targets():
        options = catalog.option_class(target, kind.__name__)
        if options is not None:
            properties |= _model_schema(options, defs)["properties"]
    own = {
        "type": "object",
        "description": first_sentence(kind),
        "properties": properties,
        "additionalProperties": False,
    }
    return {**defs, f"{kind.__name__}Settings": own}


def _default(field: dataclasses.Field[Any]) -> dict[str, Any]:
    """A default worth showing: a plain value."""
    plain = isinstance(field.default, str | int | float) and not isinstance(field.default, dataclasses.Field)
    return {"default": field.default} if plain else {}


def first_sentence(kind: type) -> str:
    """What a kind is, in one sentence of its documentation."""
    return next(iter(_sentences(kind)), kind.__name__)


def field_text(kind: type, name: str) -> str:
    """What the documentation of a kind, or of one that it is made of, says about a field; "" for nothing."""
    for documented in kind.__mro__:
        parts = [part for sentence in _sentences(documented) for part in re.split(CLAUSE, sentence.rstrip("."))]
        about = [part for part in parts if re.search(rf"`{name}[`=]", part)]
        if about:
            return "; ".join(about)
    return ""


def _sentences(kind: type) -> Iterable[str]:
    text = inspect.cleandoc(kind.__doc__ or "")
    for paragraph in text.split("\n\n"):
        yield from re.split(r"(?<=\.)\s+(?=[A-Z`])", " ".join(paragraph.split()))
