"""rollback: run a stack with the images of one of its releases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, cast

import typer

from components.core.naming import Names
from components.core.releases import LATEST, Release, pins, ran_since, rollback_command
from strata.cli import backend
from strata.cli.lifecycle import StackName, SystemName, names_of, up
from strata.cli.project import PlainError, Project, project_folder
from strata.cli.stack import pinned_in, write_release


def rollback(
    system: SystemName = "starter",
    stack: StackName = "dev",
    release: Annotated[str | None, typer.Option(help="its number (default: the one before), or latest")] = None,
) -> None:
    """Go back to a release: its images as they are, nothing built. `--release latest` leaves it again."""
    project = Project(project_folder(system), stack)
    if release == LATEST:
        leave(project)
    else:
        backend.prepare(project)
        outputs = backend.outputs_of(project)
        releases = numbered(outputs.get("releases") or [])
        number = choose(project, releases, int(outputs.get("release") or 0), release)
        for line in said(releases, number, names_of(project)):
            print(line)
        tasks = [name for name, one in outputs["services"].items() if one["kind"] == "Task"]
        images = pins(releases, number, tasks)
        write_release(project, {"number": number, "images": images})
    up(system, stack)


def numbered(releases: Sequence[dict[str, Any]]) -> list[Release]:
    """The stack's releases as its state has them, where numbers may be floats."""
    return [cast(Release, {**one, "number": int(one["number"])}) for one in releases]


def choose(project: Project, releases: Sequence[Release], current: int, asked: str | None) -> int:
    """The number of the release that was asked for, by default of the one before that which runs.

    Raises PlainError when there is none.
    """
    known = [one["number"] for one in releases]
    older = [number for number in known if number < current]
    listed = ", ".join(f"{one['number']} ({one['time']})" for one in releases) or "none yet"
    if asked is None and not older:
        raise PlainError(f"{project.owner} has no release before the one that runs; its releases: {listed}")
    if asked is not None and asked not in {str(number) for number in known}:
        allowed = f"allowed is one of its last releases, {listed}, or {LATEST}"
        raise PlainError(f"{project.owner} has no release {asked!r}; {allowed}")
    return older[-1] if asked is None else int(asked)


def said(releases: Sequence[Release], number: int, names: Names) -> list[str]:
    """What a person has to know before a stack goes back to a release."""
    chosen, newest = next(one for one in releases if one["number"] == number), releases[-1]
    lines = [f"Going back to release {number} of {chosen['time']}, with the description and the settings as they are."]
    ran = ran_since(releases, number)
    if ran:
        lines.append(
            f"Tasks have run since that are not undone: {', '.join(ran)}. What they changed in the data must be "
            f"compatible with release {number}; Tasks do not run again for this."
        )
    removed = sorted(chosen["images"].keys() - newest["images"].keys())
    if removed:
        lines.append(f"Not in the description any more, so they do not come back: {', '.join(removed)}.")
    added = sorted(newest["images"].keys() - chosen["images"].keys())
    if added:
        lines.append(f"Added since, so they stay as release {newest['number']} had them: {', '.join(added)}.")
    leave = rollback_command(LATEST, names)
    return [*lines, f"Pinned for this clone until {leave}; put strata:release into the stack's file to pin it for all."]


def leave(project: Project) -> None:
    """Take the setting away. Raises PlainError when there is none, or it is in the stack's own file."""
    where = pinned_in(project)
    if where is None:
        raise PlainError(f"{project.owner} is pinned to no release; `make up` brings it up as described")
    if where.name == f"Pulumi.{project.stack}.yaml":
        raise PlainError(f"{project.owner} is pinned for all by {where}; remove strata:release there, then run make up")
    write_release(project, None)
    print("Left the release: the stack follows its description again.")
