"""Checking a stack without an engine: its files, its settings, its system, and both together."""

from __future__ import annotations

import linecache
import sys
import traceback
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from components.core import catalog
from components.core.extends import extended, overrides
from components.core.given import given
from components.core.load import load_system
from components.core.naming import Names
from components.core.resolve import resolve
from components.core.settings import StackSettings, parse_settings
from components.core.settings_files import find_project, stack_settings
from components.model.problems import DescriptionError, Problem
from components.model.secret import Secret
from components.model.system import System

OWN = tuple(str(Path(__file__).resolve().parents[2] / name) + "/" for name in ("components", "strata", "infra"))
"""Folders of this program's own code: a person's mistake is not on a line in there."""


@dataclass(frozen=True)
class Checked:
    """What a check of one stack found; `system` is the resolved one, None when there are problems.

    `sources` says where the value of each secret comes from, `notes` what else its settings mean that is no problem.
    `overrides` is what it has otherwise than the stack that it `extends`.
    """

    stack: str
    target: str | None = None
    system: System | None = None
    problems: tuple[Problem, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict[str, str])
    notes: tuple[str, ...] = ()
    extends: str | None = None
    overrides: tuple[str, ...] = ()


def check_stack(folder: Path, stack: str) -> Checked:
    """Check one stack of a project's folder. Never raises for what a person wrote."""
    target: str | None = None
    try:
        own = stack_settings(folder, stack)
        settings = parse_settings(extended(folder, own), Names(find_project(folder).name, stack))
        target = settings.target
        system = resolve(_load(settings.system), settings)
    except DescriptionError as wrong:
        return Checked(stack, target, problems=wrong.problems)
    sources, problems = _secrets(system, settings)
    notes = (*settings.notes(), *catalog.notes(settings.target, system, settings))
    return Checked(
        stack, target, None if problems else system, problems, sources, notes, settings.extends, tuple(overrides(own))
    )


def _load(module: str) -> System:
    """The module's system; whatever goes wrong in it becomes a problem with its line."""
    try:
        return load_system(module)
    except DescriptionError as wrong:
        place = _place(wrong)
        if place is None:
            raise
        raise DescriptionError([_at(place, problem) for problem in wrong.problems]) from None
    except Exception as wrong:
        place = _place(wrong)
        text = f"{type(wrong).__name__}: {_message(wrong)}"
        raise DescriptionError([_at(place, Problem(module, "", text))]) from None


def _message(wrong: Exception) -> str:
    return wrong.msg if isinstance(wrong, SyntaxError) else str(wrong)


def _place(wrong: BaseException) -> tuple[str, int] | None:
    """The file and line where a person's own code failed: the innermost frame outside this program and libraries."""
    if isinstance(wrong, SyntaxError) and wrong.filename and wrong.lineno:
        return wrong.filename, wrong.lineno
    libraries = (*OWN, sys.prefix, sys.base_prefix, "<")
    frames = [frame for frame in traceback.extract_tb(wrong.__traceback__) if not frame.filename.startswith(libraries)]
    return (frames[-1].filename, frames[-1].lineno or 1) if frames else None


def _at(place: tuple[str, int] | None, problem: Problem) -> Problem:
    if place is None:
        return problem
    path, line = place
    code = linecache.getline(path, line).strip()
    where = f"{_relative(path)}:{line}"
    return Problem(problem.where, problem.field, f"{problem.text}\n{where}: {code}" if code else problem.text)


def _relative(path: str) -> str:
    here = Path.cwd()
    return str(Path(path).relative_to(here)) if Path(path).is_relative_to(here) else path


def _secrets(system: System, settings: StackSettings) -> tuple[dict[str, str], tuple[Problem, ...]]:
    sources: dict[str, str] = {}
    problems: list[Problem] = []
    for secret in _by_name(system.secrets()):
        if secret.env is not None and secret.name not in settings.secrets:
            sources[secret.name] = f"{secret.env} in the environment or .env"
            continue
        config = {name: value.get_secret_value() for name, value in settings.secrets.items()}
        try:
            value = given(secret, config, {}, settings.defaults)
        except DescriptionError as wrong:
            problems += wrong.problems
            continue
        made = "generated" if value is None else "development default"
        sources[secret.name] = "settings" if secret.name in config else made
    return sources, tuple(problems)


def _by_name(secrets: Iterable[Secret]) -> list[Secret]:
    return sorted(secrets, key=lambda secret: secret.name)
