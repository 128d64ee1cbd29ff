"""Which kinds a target realizes, read from its source without importing it.

Importing a target's handlers imports a provider's SDK (seconds for a cloud's), which `strata check` must not pay for,
and a program should only pay for the kinds that it uses.
"""

from __future__ import annotations

import ast
import functools
import importlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from components.core.advice import Advisor
from components.model.described import Described, label
from components.model.problems import DescriptionError, Problem, listed, nearest
from components.model.system import System

TARGETS = Path(__file__).parent.parent / "targets"
DECORATOR = "realizes"


@dataclass(frozen=True)
class Entry:
    """A handler: the kind's name, its variant (None is the usual way) and the module that holds it."""

    kind: str
    variant: str | None
    module: str


def targets() -> list[str]:
    """The names of all targets: the folders of components/targets."""
    return sorted(folder.name for folder in TARGETS.iterdir() if (folder / "__init__.py").is_file())


def known_target(name: str) -> None:
    """Raise DescriptionError when there is no such target."""
    if name not in targets():
        text = f"given {name!r}; there is no such target{nearest(name, targets())}"
        raise DescriptionError([Problem("settings", "strata:target", text)])


@functools.cache
def entries(target: str) -> Mapping[tuple[str, str | None], Entry]:
    """Every handler of a target, those of the target that it extends included."""
    package = importlib.import_module(f"components.targets.{target}")
    found: dict[tuple[str, str | None], Entry] = {}
    extended: str | None = getattr(package, "EXTENDS", None)
    if extended:
        found.update(entries(extended))
    for path in sorted((TARGETS / target).glob("*.py")):
        text = path.read_text()
        if f"@{DECORATOR}(" not in text:
            continue
        for entry in _in_module(ast.parse(text), f"components.targets.{target}.{path.stem}"):
            found[entry.kind, entry.variant] = entry
    return found


def _in_module(tree: ast.Module, module: str) -> Iterable[Entry]:
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef):
            continue
        for decorator in node.decorator_list:
            if isinstance(decorator, ast.Call) and getattr(decorator.func, "id", None) == DECORATOR:
                kind = decorator.args[0]
                variants = [ast.literal_eval(word.value) for word in decorator.keywords if word.arg == "variant"]
                if isinstance(kind, ast.Name):
                    yield Entry(kind.id, variants[0] if variants else None, module)


def find(target: str, service: Described) -> Entry | None:
    """The handler for a service's kind and variant; None when the target has none."""
    return entries(target).get((type(service).__name__, getattr(service, "variant", None)))


def settings_class(target: str) -> type[BaseModel] | None:
    """The class of a target's own settings, `strata:<target>`; None for a target that has none.

    It is `SETTINGS` of the folder's settings.py, which imports no pulumi.
    """
    found = _own(target, "settings")
    return found.SETTINGS if found else None


def option_class(target: str, kind: str) -> type[BaseModel] | None:
    """What only this target knows of a kind (an instance class): the fields that `strata:services` may hold too.

    It is in `OPTIONS` of the folder's options.py, which imports no pulumi, by the kind's name.
    """
    found = _own(target, "options")
    return found.OPTIONS.get(kind) if found else None


def default_variant(target: str, profile: str, kind: str) -> str | None:
    """The variant that a kind has in a profile of a target where nothing else is said: `variants` of settings.py."""
    found = getattr(_own(target, "settings"), "variants", None)
    return found(profile).get(kind) if found else None


def option_classes(target: str) -> list[type[BaseModel]]:
    """The classes of all kinds that a target knows something more of."""
    found = _own(target, "options")
    return [*found.OPTIONS.values()] if found else []


def _own(target: str, module: str) -> Any:
    """A module of a target's folder, or of the one that it extends; None where neither has it."""
    name = f"components.targets.{target}"
    if (TARGETS / target / f"{module}.py").is_file():
        return importlib.import_module(f"{name}.{module}")
    extended: str | None = getattr(importlib.import_module(name), "EXTENDS", None)
    return _own(extended, module) if extended else None


def advisor(target: str) -> Advisor | None:
    """What explains a provider's errors: `explain` of the folder's advice.py, which imports no pulumi. None for a
    target without one."""
    found = _own(target, "advice")
    return found.explain if found else None


def images(target: str, system: System) -> list[str]:
    """The images that must be at hand before a system starts on a target; none for a target without image_names."""
    found = _own(target, "image_names")
    return [*found.images(system)] if found else []


def notes(target: str, system: System, settings: Any) -> list[str]:
    """What the target says of how a resolved system runs there; nothing for a target without notes."""
    found = _own(target, "notes")
    return [*found.notes(system, settings)] if found else []


def missing(target: str, services: Iterable[Described]) -> Iterable[Problem]:
    """Every service whose kind or variant the target cannot realize."""
    for service in services:
        if find(target, service):
            continue
        kind, variant = type(service).__name__, getattr(service, "variant", None)
        variants = sorted(v for k, v in entries(target) if k == kind and v)
        if variant and (kind, None) in entries(target):
            allowed = f"it has {listed(variants)}" if variants else "it has only the usual way; leave variant out"
            yield Problem(
                label(service), "variant", f"given {variant!r}; target {target!r} has no such variant, {allowed}"
            )
        else:
            kinds = sorted({k for k, v in entries(target) if v is None})
            text = f"target {target!r} cannot realize a {kind}; it realizes {listed(kinds)}"
            yield Problem(label(service), "", text)
