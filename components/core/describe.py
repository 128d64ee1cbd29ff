"""A description as flat, plain data, in which references are names; core/undescribe.py loads it back."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from typing import Any, cast

from components.model.described import Described, Part, made_by_factory
from components.model.graph import reachable
from components.model.system import System


def describe(system: System) -> dict[str, Any]:
    """The system as plain data: every named object once, under `objects`, and references to it as `{"ref": name}`.

    Defaults are left out, so what is printed is what somebody wrote.
    """
    return {
        "system": system.name,
        "objects": {_key(one): {"kind": type(one).__name__, **_fields(one)} for one in reachable(system)},
        **{
            name: _plain(getattr(system, name)) for name in ("data", "app", "gateway", "monitoring", "tools", "network")
        },
    }


def version_of(system: System) -> str:
    """The description's version: 12 hex digits over everything in it."""
    return hashlib.sha256(json.dumps(describe(system), sort_keys=True).encode()).hexdigest()[:12]


def _key(described: Described) -> str:
    return f"{type(described).__name__}/{described.name}"


def _fields(part: Part) -> dict[str, Any]:
    return {
        field.name: _plain(getattr(part, field.name))
        for field in dataclasses.fields(cast(Any, part))
        if not _is_default(field, getattr(part, field.name))
    }


def _is_default(field: dataclasses.Field[Any], value: Any) -> bool:
    """Whether leaving a field out gives the same value again; one whose default depends on others is left out empty."""
    if made_by_factory(field):
        return value is None or (isinstance(value, Mapping) and not value)
    return field.default is not dataclasses.MISSING and _plain(value) == _plain(field.default)


def _plain(value: Any) -> Any:
    if isinstance(value, Described):
        return {"ref": _key(value)}
    if isinstance(value, Part):
        return {"part": type(value).__name__, **_fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in cast(Mapping[str, Any], value).items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in cast(list[Any], value)]
    return value
