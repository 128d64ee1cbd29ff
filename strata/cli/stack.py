"""A stack's settings from its files, without an engine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from components.core.settings_files import (
    DEFAULT_TARGET,
    NAMESPACE,
    local_file,
    merged,
    read_local,
    read_stack,
    stack_settings,
)
from strata.cli.project import Project

if TYPE_CHECKING:
    from components.core.settings import StackSettings


def target_of(project: Project) -> str:
    """The target that a stack's files name. Whether it is one, and everything else in them, the program that pulumi
    runs looks at: reading the settings twice would make every `up` wait for the whole model to load."""
    given = stack_settings(project.folder, project.stack)
    if "extends" in given:
        given = read_stack(project.folder, str(given["extends"]))
    return str(given.get("target", DEFAULT_TARGET))


def settings_of(project: Project) -> StackSettings:
    """The settings of a stack from its files. Raises DescriptionError."""
    # Here and not above: `up` has no use for the model.
    from components.core.extends import extended
    from components.core.naming import Names
    from components.core.settings import parse_settings

    values = extended(project.folder, stack_settings(project.folder, project.stack))
    return parse_settings(values, Names(project.name, project.stack))


def pinned_in(project: Project) -> Path | None:
    """The file that says `strata:release`; None where the stack is pinned to none."""
    if "release" in read_local(project.folder, project.stack):
        return local_file(project.folder, project.stack)
    shared = project.folder / f"Pulumi.{project.stack}.yaml"
    return shared if "release" in read_stack(project.folder, project.stack) else None


def write_release(project: Project, release: dict[str, Any] | None) -> None:
    """Pin this clone to a release in place of any other; None takes the setting away."""
    _write(project, "release", release)


def write_local(project: Project, key: str, value: Any) -> None:
    """Set one `strata:` key in the clone's own, git-ignored settings; a mapping is merged into what is there."""
    before = read_local(project.folder, project.stack).get(key)
    after = merged(before, value) if isinstance(before, dict) and isinstance(value, dict) else value  # pyright: ignore[reportUnknownArgumentType]
    if before == after:
        return
    path = _write(project, key, after)
    print(f"Set {NAMESPACE}:{key} to {after} for this clone, in {path.name} (git-ignored).")


def _write(project: Project, key: str, value: Any) -> Path:
    """Set one `strata:` key of the clone's own settings; None takes it away."""
    path = local_file(project.folder, project.stack)
    content: dict[str, Any] = (yaml.safe_load(path.read_text()) if path.is_file() else None) or {}
    config: dict[str, Any] = content.setdefault("config", {})
    config.pop(f"{NAMESPACE}:{key}", None)
    if value is not None:
        config[f"{NAMESPACE}:{key}"] = value
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    return path
