"""`strata:extends`: a stack that is another one but for a short list of overrides, as the rehearsal of prod is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from components.core import catalog
from components.core.settings_files import ENCRYPTED, NAMESPACE, merged, read_stack, stacks_of
from components.model.problems import DescriptionError, Problem, listed, nearest

ALLOWED = ("protection", "release", "secrets", "transforms")
"""Settings of every target that a stack may have of its own: what makes a rehearsal possible and changes no service,
and the release that it has gone back to."""
ALLOWED_OF_SERVICES = ("variant",)
"""Likewise of each service."""


def extended(folder: Path, own: Mapping[str, Any]) -> dict[str, Any]:
    """A stack's values with those of the stack that it extends underneath; without `extends` they are as they were.

    Encrypted values stay behind: only the other stack's passphrase opens them. Raises DescriptionError.
    """
    if "extends" not in own:
        return dict(own)
    name = str(own["extends"])
    if name not in stacks_of(folder):
        text = f"given {name!r}; there is no Pulumi.{name}.yaml{nearest(name, stacks_of(folder))}"
        raise DescriptionError([Problem("settings", f"{NAMESPACE}:extends", text)])
    base = cast(dict[str, Any], _without_encrypted(read_stack(folder, name)))
    if "extends" in base:
        text = f"given {name!r}, which extends {base['extends']!r} itself; extend that one"
        raise DescriptionError([Problem("settings", f"{NAMESPACE}:extends", text)])
    problems = [*_forbidden(own, str(base.get("target")), name)]
    if problems:
        raise DescriptionError(problems)
    return merged(base, own)


def overrides(own: Mapping[str, Any]) -> list[str]:
    """What a stack says otherwise than the one that it extends, one `field=value` each; [] for one that extends none.

    Secrets are named without their values.
    """
    if "extends" not in own:
        return []
    return [
        field if field.startswith("secrets.") else f"{field}={_plain(value)}"
        for field, value in _leaves(own) if field != "extends"
    ]  # fmt: skip


def allowed(target: str) -> list[str]:
    """The fields that a stack on a target may override, as they are written."""
    settings, options = catalog.settings_class(target), catalog.option_classes(target)
    of_kinds = sorted({name for kind in options for name in _overridable(kind)})
    return [
        *ALLOWED, *(f"{target}.{name}" for name in _overridable(settings)),
        *(f"services.NAME.{name}" for name in (*ALLOWED_OF_SERVICES, *of_kinds)),
    ]  # fmt: skip


def _overridable(model: Any) -> tuple[str, ...]:
    return getattr(model, "OVERRIDABLE", ())


def _forbidden(own: Mapping[str, Any], target: str, base: str) -> Iterator[Problem]:
    known = allowed(target)
    for field, value in _leaves(own):
        shape = (
            "services.NAME." + field.split(".", 2)[2]
            if field.startswith("services.") and field.count(".") > 1
            else field
        )
        if field == "extends" or any(shape == one or shape.startswith(f"{one}.") for one in known):
            continue
        text = (
            f"given {_plain(value)}; this stack extends {base!r}, and may override only {listed(known)}; set it in "
            f"Pulumi.{base}.yaml"
        )
        yield Problem("settings", f"{NAMESPACE}:{field}", text)


def _leaves(values: Mapping[str, Any], before: str = "") -> Iterable[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from _leaves(cast(Mapping[str, Any], value), f"{before}{key}.")
        else:
            yield f"{before}{key}", value


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return ", ".join(map(str, cast(list[Any], value))) if isinstance(value, list) else str(value)


def _without_encrypted(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    known = cast(dict[str, Any], value)
    return {key: _without_encrypted(one) for key, one in known.items() if one != ENCRYPTED}
