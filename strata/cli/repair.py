"""repair: what interrupted operations left behind, shown, and removed after a question."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from components.core import operations
from components.core.operations import Operations, Orphan
from strata.cli import backend, lost, take_up
from strata.cli.lifecycle import StackName, SystemName
from strata.cli.project import PlainError, Project, project_folder
from strata.cli.stack import target_of


@dataclass(frozen=True)
class Leftover:
    """Something to mend: what it is, and what mends it."""

    what: str
    mend: Callable[[], object]


def repair(
    system: SystemName = "starter",
    stack: StackName = "dev",
    yes: Annotated[bool, typer.Option(help="do not ask; data volumes are left alone")] = False,
) -> None:
    """Show what interrupted operations left behind, and remove it after a question. A data volume has its own."""
    project = Project(project_folder(system), stack)
    # A state that cannot be read is mended first: only it tells what is known, and so what is an orphan.
    first = [*_files(project)]
    _agree(project, first, yes)
    place = backend.state_file(project)
    if place is not None and place.is_file() and not readable(place):
        return
    deployment = backend.deployment_of(project)
    target = operations.of(target_of(project))
    if target is not None and not deployment.get("resources"):
        anew = [*_lost(project, target)]
        _agree(project, anew, yes)
        first, deployment = [*first, *anew], backend.deployment_of(project)
    pending = [*_pending(project, target, deployment)]
    # What is pending is not orphaned yet: it is taken up first, and counts as known then.
    _agree(project, pending, yes)
    if take_up.unfinished(backend.deployment_of(project)):
        return
    orphans = target.orphans(project.owner, backend.deployment_of(project).get("resources") or []) if target else []
    described = take_up.expected(project, orphans)
    rest = [one for one in orphans if all(one is not each for each, _ in described)]
    later = [*_described(project, described), *_without_data(project, target, rest)]
    _agree(project, later, yes)
    volumes = [one for one in rest if one.data]
    for one in volumes:
        _ask_for_data(project, target, one, yes)
    if not (first or pending or later or volumes):
        print(f"{project.owner}: nothing to repair.")


def _agree(project: Project, found: list[Leftover], yes: bool) -> None:
    """Show what was found and mend it if that is wanted."""
    if not found:
        return
    print(f"{project.owner}:")
    for one in found:
        print(f"  {one.what}")
    if not yes and not typer.confirm(f"Mend {'this' if len(found) == 1 else f'these {len(found)}'}?"):
        return
    for mend in dict.fromkeys(one.mend for one in found):
        mend()
    print(f"Mended: {len(found)}.")


def _files(project: Project) -> Iterator[Leftover]:
    """Dead locks, half-written files, a state cut short. Raises PlainError for a lock that somebody holds."""
    for lock in backend.dead_locks(project):
        yield Leftover(f"lock of process {lock.pid} ({lock.user}), which is gone", lock.remove)
    for path in backend.half_written(project):
        yield Leftover(f"file that was written half: {path.name}", path.unlink)
    place = backend.state_file(project)
    if place is None or not place.is_file() or readable(place):
        return
    good = next((path for path in copies(project, place) if readable(path)), None)
    if good is None:
        raise PlainError(
            f"the state of {project.owner} cannot be read and there is no good copy of it: {place}\n"
            f"what runs keeps its label: move that file away, then `strata repair {project.options}` shows all of it"
        )
    yield Leftover(f"state that cannot be read: {place.name}; put back from {good}", lambda: put_back(place, good))


def copies(project: Project, place: Path) -> Iterator[Path]:
    """Pulumi's copies of a state, the newest first: the one from before its last step, and one for each update."""
    yield place.with_name(f"{place.name}.bak")
    for kind, ending in (("history", "checkpoint.json"), ("backups", "json")):
        folder = place.parents[2] / kind / project.name / project.stack
        yield from sorted(folder.glob(f"{project.stack}*.{ending}"), reverse=True)


def readable(path: Path) -> bool:
    """Whether a file holds a whole state."""
    try:
        return "latest" in json.loads(path.read_text())["checkpoint"]
    except (OSError, ValueError, KeyError, TypeError):
        return False


def put_back(place: Path, good: Path) -> None:
    """Put a copy in the place of a state; the damaged one is kept beside it."""
    place.replace(place.with_name(f"{place.name}.damaged"))
    # In one step, so that a second interruption leaves either.
    made = place.with_name(f"{place.name}.new")
    shutil.copyfile(good, made)
    made.replace(place)
    place.with_name(f"{place.name}.attrs").unlink(missing_ok=True)


def _pending(project: Project, target: Operations | None, deployment: dict[str, Any]) -> Iterator[Leftover]:
    names = backend.pending_in(deployment)
    if names:
        yield Leftover(
            f"operations that were not finished: {', '.join(names)}",
            lambda: take_up.take_up(project, target, deployment),
        )


def _lost(project: Project, target: Operations) -> Iterator[Leftover]:
    there = lost.found(project, target)
    if there:
        what = f"the state is empty, and {lost.told(there)} with its label: what is described is taken into a new state"
        yield Leftover(what, lambda: lost.take_back(project, target))


def _described(project: Project, found: list[tuple[Orphan, take_up.Resource]]) -> Iterator[Leftover]:
    def together() -> None:
        take_up.adopt(project, [resource for _, resource in found])

    for one, _ in found:
        yield Leftover(f"{one} is described and not in the state: it is taken into it", together)


def _without_data(project: Project, target: Operations | None, orphans: list[Orphan]) -> Iterator[Leftover]:
    found = [one for one in orphans if not one.data]

    def together() -> None:
        """At once, since one may need another: AWS is asked again meanwhile."""
        _remove(project, target, found)

    for one in found:
        yield Leftover(f"{one} is not in the state", together)


def _remove(project: Project, target: Operations | None, orphans: list[Orphan]) -> None:
    if target is not None:
        target.remove([one for one in orphans if one.resource is None])
    take_up.remove(project, orphans)


def _ask_for_data(project: Project, target: Operations | None, one: Orphan, yes: bool) -> None:
    """One volume, one question: `--yes` does not speak for data."""
    print(
        f"{project.owner}: {one} is not in the state; it may hold data. The next `make up` that describes it adopts it."
    )
    if yes:
        print(f"  left alone; `strata repair {project.options}` without --yes asks")
    elif target is not None and typer.confirm(f"Remove {one} and all its data? This cannot be undone"):
        _remove(project, target, [one])


__all__ = ["repair"]
