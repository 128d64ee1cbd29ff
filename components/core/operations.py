"""What a target can do beside Pulumi: stop, start and find what is gone. Without such a module a target does none."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, cast

from components.core.naming import Names

if TYPE_CHECKING:
    # Commands that change nothing need not load the model.
    from components.core.settings import StackSettings

Resources = Sequence[Mapping[str, Any]]


class Impossible(Exception):
    """What was asked cannot be done; the message says why, and what to do."""


@dataclass(frozen=True)
class Orphan:
    """Something under a stack's label that its state does not know. `data`: it may hold data that is nowhere else;
    `resource`: as a state would hold it, where pulumi is to remove it and not the target; `described`: how the URNs of
    resources end that a description would have it as."""

    kind: str
    name: str
    id: str
    data: bool = False
    resource: Mapping[str, Any] | None = field(default=None, compare=False)
    described: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True)
class Made:
    """What a creation made that was not finished: its URN, and the id by which the provider imports it."""

    urn: str
    id: str


class Operations(Protocol):
    """The functions of `components/targets/<target>/operations.py`; `owner` is `<project>/<stack>`.

    Each raises Impossible when the target does not answer.
    """

    def environment(self) -> Mapping[str, str]:
        """Environment variables that suit pulumi and its providers to this target; a user's own come before them."""
        ...

    def revive(self, owner: str, resources: Resources) -> list[str]:
        """Start what is stopped; the names of what the state holds and the target does not.

        What cannot be started (another program has its port) is removed, so that the update makes it again.
        """
        ...

    def stop(self, owner: str) -> list[str]:
        """Stop everything that runs; its names."""
        ...

    def start(self, owner: str) -> list[str]:
        """Start everything that is stopped; its names. Raises Impossible when something cannot be started."""
        ...

    def kept(self, resources: Resources) -> list[str]:
        """The URNs that a `down` keeps: data volumes, generated secrets and the list of releases."""
        ...

    def sweep(self, owner: str, *, data: bool) -> list[str]:
        """Remove what is left under the stack's label, with `data` the volumes too; its names."""
        ...

    def made(self, owner: str, resources: Resources, pending: Resources) -> list[Made]:
        """What creations that were not finished (`pending`, as the state has them) may have made, for the state to take
        up; nothing where the next creation adopts it."""
        ...

    def ours(self, owner: str, resource: Mapping[str, Any]) -> bool:
        """Whether a resource that was taken up is this stack's, now that its outputs are known."""
        ...

    def orphans(self, owner: str, resources: Resources) -> list[Orphan]:
        """What carries the stack's label and is not in the state: containers first, then networks, then volumes."""
        ...

    def lost(self, owner: str, settings: Callable[[], StackSettings]) -> list[str]:
        """What carries the label of a stack whose state is empty, where an update would make all of it once more;
        nothing where an update from nothing finds it. `settings` reads those of the stack, which takes a while."""
        ...

    def unnoted(self, owner: str, resources: Resources) -> list[Orphan]:
        """The orphans that an update may leave although it succeeded, since an answer was lost and asked for again."""
        ...

    def remove(self, orphans: Sequence[Orphan]) -> None:
        """Remove orphans that have no `resource`; one that is gone already is no error."""
        ...

    def ports_taken(self, owner: str, resources: Resources) -> bool:
        """Whether a chosen free port is used by somebody else now."""
        ...

    def port_choices(self, resources: Resources) -> list[str]:
        """The URNs that keep the choice of free ports."""
        ...


def repair_command(names: Names) -> str:
    """The command that shows and mends what interrupted operations left of a stack."""
    return f"make repair SYSTEM={names.project} STACK={names.stack}"


def of(target: str) -> Operations | None:
    """The operations of a target; None when it has none, or when there is no such target."""
    name = f"components.targets.{target}.operations"
    try:
        found = importlib.util.find_spec(name)
    except (ModuleNotFoundError, ValueError):
        return None
    return cast(Operations, importlib.import_module(name)) if found else None
