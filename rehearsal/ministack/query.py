"""AWS's query protocol: parameters as a structure, and a structure as the XML of an answer. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast
from xml.sax.saxutils import escape


def structure(params: Mapping[str, Any]) -> Any:
    """`A.member.1.B` and the like as dictionaries and lists; values may come in lists of one."""
    found: dict[str, Any] = {}
    for key, value in params.items():
        place = found
        *path, last = key.split(".")
        for part in path:
            place = place.setdefault(part, {})
        place[last] = value[0] if isinstance(value, list) else value
    return _lists(found)


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    found = cast(dict[str, Any], value)
    if found.keys() == {"member"}:
        members: dict[str, Any] = found["member"]
        return [_lists(members[number]) for number in sorted(members, key=int)]
    return {key: _lists(one) for key, one in found.items()}


def xml(value: Any) -> str:
    """A structure as elements; nothing for what is None."""
    if isinstance(value, dict):
        found = cast(dict[str, Any], value)
        return "".join(f"<{key}>{xml(one)}</{key}>" for key, one in found.items() if one is not None)
    if isinstance(value, list):
        return "".join(f"<member>{xml(one)}</member>" for one in cast(list[Any], value))
    return escape(str(value).lower() if isinstance(value, bool) else str(value))
