"""Loading a description back from the plain data that core/describe.py makes of it."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from typing import Any, cast, get_args, get_origin, get_type_hints

import components.model
from components.model.described import Described, Part
from components.model.problems import DescriptionError, Problem, nearest
from components.model.system import System

TOP = ("data", "app", "gateway", "monitoring", "tools", "network")


def load(data: Mapping[str, Any]) -> System:
    """The system that `describe` made the data of: each named object once, references pointing at it.

    Raises DescriptionError for an unknown kind or field, a reference to nothing or in a circle, and for whatever is
    wrong with the description itself.
    """
    loading = _Loading(data.get("objects", {}))
    hints = _hints(System)
    given = {name: loading.value(hints[name], data[name]) for name in TOP if data.get(name) is not None}
    return System(data.get("system", ""), **given)


class _Loading:
    """The objects of one description, made when they are first referred to."""

    def __init__(self, objects: Mapping[str, Any]) -> None:
        self.objects = objects
        self.made: dict[str, Described] = {}
        self.waiting: list[str] = []

    def value(self, hint: Any, plain: Any) -> Any:
        """A field's value; the field's type says whether a mapping is just a mapping."""
        if isinstance(plain, list):
            return tuple(self.value(Any, item) for item in cast(list[Any], plain))
        if not isinstance(plain, Mapping):
            return plain
        found = cast(Mapping[str, Any], plain)
        if _is_mapping(hint):
            return {key: self.value(Any, item) for key, item in found.items()}
        if "ref" in found:
            return self.refer(str(found["ref"]))
        return self.make(str(found.get("part")), {key: value for key, value in found.items() if key != "part"})

    def refer(self, key: str) -> Described:
        if key in self.made:
            return self.made[key]
        if key in self.waiting:
            text = f"it refers to itself: {' -> '.join([*self.waiting, key])}"
            raise DescriptionError([Problem(key, "", text)])
        if key not in self.objects:
            text = f"the description has no such object{nearest(key, self.objects)}"
            raise DescriptionError([Problem(key, "", text)])
        self.waiting.append(key)
        plain = {name: value for name, value in self.objects[key].items() if name != "kind"}
        made = self.make(str(self.objects[key].get("kind")), plain)
        self.waiting.pop()
        self.made[key] = cast(Described, made)
        return self.made[key]

    def make(self, name: str, plain: Mapping[str, Any]) -> Part:
        known = kinds()
        if name not in known:
            raise DescriptionError([Problem(name, "", f"there is no such kind{nearest(name, known)}")])
        hints = _hints(known[name])
        return known[name](**{field: self.value(hints.get(field, Any), value) for field, value in plain.items()})


@functools.cache
def kinds() -> Mapping[str, type[Part]]:
    """Every kind and part of components/model by its name."""
    for module in pkgutil.iter_modules(components.model.__path__):
        importlib.import_module(f"components.model.{module.name}")
    return {kind.__name__: kind for kind in _below(Part)}


def _below(kind: type[Part]) -> Iterator[type[Part]]:
    for derived in kind.__subclasses__():
        yield derived
        yield from _below(derived)


@functools.cache
def _hints(kind: type[Part]) -> Mapping[str, Any]:
    return get_type_hints(kind, include_extras=True)


def _is_mapping(hint: Any) -> bool:
    origin = get_origin(hint)
    return origin is Mapping or (hasattr(hint, "__metadata__") and _is_mapping(get_args(hint)[0]))
