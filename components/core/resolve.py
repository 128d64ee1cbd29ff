"""Applying a stack's settings to a description.

An override replaces an object, so everything that refers to it has to be rebuilt too: after `resolve` every reference
points at the resolved object. Tiers and handlers see nothing else.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar, cast, get_type_hints

from pydantic import BaseModel, ValidationError

from components.core import catalog, pinning
from components.core.settings import StackSettings
from components.model.binding import Binding, Condition
from components.model.container import Contained
from components.model.described import Described, Part, changed, explain, label
from components.model.graph import reachable
from components.model.monitoring import Monitoring
from components.model.problems import DescriptionError, Problem, listed, nearest
from components.model.service import Service
from components.model.system import System

P = TypeVar("P", bound=Part)

FIXED = frozenset({"name", "formerly"})
"""Fields that settings cannot override: they say which object it is."""


def resolve(system: System, settings: StackSettings) -> System:
    """The system as a stack has it. Raises DescriptionError with every problem, before any resource exists."""
    catalog.known_target(settings.target)
    problems: list[Problem] = [*_unknown(system, settings), *pinning.problems(system, settings)]
    watched = _monitored(system, settings)
    chosen = {id(service) for service in adjustable(watched)}
    rebuilt = rebuild(watched, lambda one: _override(one, settings) if id(one) in chosen else {}, problems)
    if not problems:
        problems += check_on_target(rebuilt, settings)
    if problems:
        raise DescriptionError(problems)
    return rebuilt


def check_on_target(system: System, settings: StackSettings) -> Iterable[Problem]:
    """Problems between a resolved system, its settings and its target."""
    yield from catalog.missing(settings.target, system.services())
    declared = {secret.name: secret for secret in system.secrets()}
    for name in settings.secrets:
        if name not in declared:
            text = f"the system has no such secret{nearest(name, declared)}"
            yield Problem("settings", f"strata:secrets.{name}", text)
    checks = importlib.import_module(f"components.targets.{settings.target}.checks")
    yield from checks.problems(system, settings)


@functools.cache
def overridable(kind: type) -> tuple[str, ...]:
    """The fields of a kind that settings may override: all but its name and its references to other services."""
    hints = get_type_hints(kind, include_extras=True)
    names = [field.name for field in dataclasses.fields(kind) if field.init and field.name not in FIXED]
    return tuple(name for name in names if not _refers(hints[name]))


def _refers(hint: Any) -> bool:
    """Whether a type holds a named object, alone or inside a sequence, mapping or part."""
    if isinstance(hint, type):
        if issubclass(hint, Described | Binding | Condition):
            return True
        if issubclass(hint, Part) and dataclasses.is_dataclass(hint):
            return any(_refers(inner) for inner in get_type_hints(hint, include_extras=True).values())
        return False
    return any(_refers(inner) for inner in getattr(hint, "__args__", ()))


def _unknown(system: System, settings: StackSettings) -> Iterable[Problem]:
    names = {service.name: service for service in adjustable(system)}
    for name, overrides in settings.services.items():
        if name not in names:
            text = f"the system has no such service{nearest(name, names)}"
            yield Problem("settings", f"strata:services.{name}", text)
            continue
        kind = type(names[name])
        options = catalog.option_class(settings.target, kind.__name__)
        allowed = [*overridable(kind), *(options.model_fields if options else ())]
        if options is not None:
            yield from _wrong_options(name, options, overrides)
        for field in overrides:
            if field in allowed:
                continue
            where = f"strata:services.{name}.{field}"
            if field in {one.name for one in dataclasses.fields(cast(Any, names[name]))}:
                text = f"it belongs to the description, settings cannot change it; they can change {listed(allowed)}"
            else:
                text = f"{label(names[name])} has no such field{nearest(field, allowed)}"
            yield Problem("settings", where, text)


def _wrong_options(name: str, options: type[BaseModel], overrides: Mapping[str, Any]) -> Iterable[Problem]:
    """What is wrong with those of a service's settings that only the target knows."""
    try:
        options.model_validate({field: value for field, value in overrides.items() if field in options.model_fields})
    except ValidationError as wrong:
        for error in wrong.errors(include_url=False):
            for problem in explain("settings", options, error):
                yield Problem("settings", f"strata:services.{name}.{problem.field}", problem.text)


def adjustable(system: System) -> list[Described]:
    """What settings may override: the services that the system lists, and its monitoring even while that is off."""
    found = {id(service): service for service in system.services()}
    watching = reachable(system.monitoring) if system.monitoring else []
    found.update({id(part): part for part in watching if isinstance(part, Contained)})
    return list(found.values())


def _override(described: Described, settings: StackSettings) -> dict[str, Any]:
    overrides = settings.services.get(described.name, {})
    allowed = overridable(type(described))
    chosen = {field: value for field, value in overrides.items() if field in allowed}
    usual = catalog.default_variant(settings.target, settings.profile, type(described).__name__)
    if usual and "variant" not in chosen and getattr(described, "variant", None) is None:
        chosen["variant"] = usual
    return chosen | pinning.image(described, chosen, settings)


def _monitored(system: System, settings: StackSettings) -> System:
    if system.monitoring is None:
        if settings.monitoring:
            text = "the system describes no monitoring; give it monitoring=Monitoring(...)"
            raise DescriptionError([Problem("settings", "strata:monitoring", text)])
        return system
    chosen = settings.monitors(system.monitoring.enabled)
    scraped = tuple(service for service in system.app if isinstance(service, Service) and service.metrics)
    before = system.monitoring.prometheus
    prometheus = before if before.scrapes else changed(before, scrapes=scraped)
    grafana = system.monitoring.grafana if chosen.grafana else None
    grafana = changed(grafana, prometheus=prometheus) if grafana else None
    return changed(system, monitoring=Monitoring(enabled=chosen.enabled, prometheus=prometheus, grafana=grafana))


Change = Callable[[Described], dict[str, Any]]


def rebuild(root: P, change: Change, problems: list[Problem]) -> P:
    """A copy of a description in which `change` was applied to every named object and every reference follows.

    Objects that nothing changes in stay the same objects. Problems of changed objects are added to `problems`; such an
    object stays as it was, so that all problems are found in one go.
    """
    memo: dict[int, Any] = {}

    def again(value: Any) -> Any:
        if isinstance(value, Part):
            if id(value) not in memo:
                memo[id(value)] = remade(value)
            return memo[id(value)]
        if isinstance(value, Mapping):
            mapping = cast(Mapping[str, Any], value)
            new = {key: again(item) for key, item in mapping.items()}
            return new if any(new[key] is not mapping[key] for key in new) else mapping
        if isinstance(value, tuple):
            items = cast(tuple[Any, ...], value)
            made = tuple(again(item) for item in items)
            return made if any(a is not b for a, b in zip(made, items, strict=True)) else items
        return value

    def remade(part: Part) -> Part:
        changes: dict[str, Any] = {}
        for field in dataclasses.fields(cast(Any, part)):
            old = getattr(part, field.name)
            new = again(old)
            if new is not old:
                changes[field.name] = new
        if isinstance(part, Described):
            changes |= change(part)
        if not changes:
            return part
        try:
            return changed(part, **changes)
        except DescriptionError as wrong:
            problems.extend(problem for problem in wrong.problems if problem not in problems)
            return part

    return again(root)
