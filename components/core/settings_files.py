"""A project's files: which stacks it has, and their settings as the files say, read without an engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

from components.model.problems import DescriptionError, Problem

NAMESPACE = "strata"
DEFAULT_TARGET = "docker"

ENCRYPTED = "(encrypted)"
"""Stands for a value that only the engine can decrypt."""

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class ProjectFiles:
    """The folder with a Pulumi.yaml, the project's name in it, and the stacks that have a file beside it."""

    folder: Path
    name: str
    stacks: tuple[str, ...]


def find_project(start: Path) -> ProjectFiles:
    """The project of a folder or of the nearest one above it. Raises DescriptionError when there is none."""
    for folder in (start.resolve(), *start.resolve().parents):
        path = folder / "Pulumi.yaml"
        if path.is_file():
            name = read_yaml(path).get("name")
            if not isinstance(name, str):
                raise DescriptionError([Problem(path.name, "name", "nothing was given; it is required")])
            return ProjectFiles(folder, name, stacks_of(folder))
    text = f"there is none in {str(start)!r} or above it; say where the project is: --project DIR"
    raise DescriptionError([Problem("Pulumi.yaml", "", text)])


def stacks_of(folder: Path) -> tuple[str, ...]:
    """The stacks that have a file in a project's folder, in the alphabet's order."""
    names = sorted(path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in folder.glob("Pulumi.*.yaml"))
    return tuple(name for name in names if not name.endswith(".local"))


def read_yaml(path: Path) -> dict[str, Any]:
    """A YAML file's mapping. Raises DescriptionError with the line when it cannot be read as one."""
    try:
        loaded: Any = yaml.load(path.read_text(), LOADER)
    except yaml.YAMLError as wrong:
        mark = getattr(wrong, "problem_mark", None)
        line = f"line {mark.line + 1}" if mark is not None else ""
        raise DescriptionError([Problem(path.name, line, str(getattr(wrong, "problem", wrong)))]) from None
    if loaded is None:
        return {}
    if not isinstance(loaded, dict):
        raise DescriptionError([Problem(path.name, "", "allowed is a mapping, `key: value` on each line")])
    return cast(dict[str, Any], loaded)


def local_file(folder: Path, stack: str) -> Path:
    """The git-ignored settings of this clone: `Pulumi.<stack>.local.yaml` beside the stack's own file."""
    return folder / f"Pulumi.{stack}.local.yaml"


def strata_keys(config: Mapping[str, Any]) -> dict[str, Any]:
    """The values under `strata:` of a `config` mapping, without the namespace."""
    prefix = f"{NAMESPACE}:"
    return {key.removeprefix(prefix): value for key, value in config.items() if key.startswith(prefix)}


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Two settings, the second over the first; mappings are merged key by key."""
    result = dict(base)
    for key, value in over.items():
        before = result.get(key)
        if isinstance(before, Mapping) and isinstance(value, Mapping):
            result[key] = merged(cast(Mapping[str, Any], before), cast(Mapping[str, Any], value))
        else:
            result[key] = value
    return result


def read_local(folder: Path, stack: str) -> dict[str, Any]:
    """The `strata:` keys of the clone's own settings file; none where there is no such file."""
    path = local_file(folder, stack)
    return strata_keys(_config(path)) if path.is_file() else {}


def read_stack(folder: Path, stack: str) -> dict[str, Any]:
    """The `strata:` keys of a stack's own file over those that Pulumi.yaml gives every stack.

    An encrypted value becomes the placeholder ENCRYPTED; one that hides the whole of `strata:secrets` gives no names,
    so it is left out.
    """
    shared = {key: _declared(value) for key, value in strata_keys(_config(folder / "Pulumi.yaml")).items()}
    path = folder / f"Pulumi.{stack}.yaml"
    own = strata_keys(_config(path)) if path.is_file() else {}
    if _is_encrypted(own.get("secrets")):
        del own["secrets"]
    return {key: _placeholders(value) for key, value in {**shared, **own}.items()}


def stack_settings(folder: Path, stack: str) -> dict[str, Any]:
    """A stack's own file, and over that the clone's own; what it extends is not in it."""
    return merged(read_stack(folder, stack), read_local(folder, stack))


def _config(path: Path) -> dict[str, Any]:
    found: Any = read_yaml(path).get("config") or {}
    if not isinstance(found, dict):
        raise DescriptionError([Problem(path.name, "config", "allowed is a mapping of `strata:<setting>` to values")])
    return cast(dict[str, Any], found)


def _declared(value: Any) -> Any:
    """Pulumi.yaml may give a value as it is, or as `{value: ...}`."""
    return cast(dict[str, Any], value)["value"] if _only_key(value) == "value" else value


def _is_encrypted(value: Any) -> bool:
    return _only_key(value) == "secure"


def _only_key(value: Any) -> str | None:
    keys = [*cast(dict[str, Any], value)] if isinstance(value, dict) else []
    return keys[0] if len(keys) == 1 else None


def _placeholders(value: Any) -> Any:
    if _is_encrypted(value):
        return ENCRYPTED
    if isinstance(value, dict):
        return {str(key): _placeholders(item) for key, item in cast(dict[Any, Any], value).items()}
    if isinstance(value, list):
        return [_placeholders(item) for item in cast(list[Any], value)]
    return value
