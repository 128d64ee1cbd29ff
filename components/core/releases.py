"""A stack's releases: what they are, how their list goes on, and what going back to one means. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypedDict

from components.core.naming import Names

RESOURCE = "releases"
"""The name of the resource that keeps them in the stack's state."""
MOST = 10
"""Releases that a stack remembers."""
LATEST = "latest"
"""What leaves a release: the stack follows its description again."""


class Release(TypedDict):
    """An update that reached its end with other images than the one before.

    `number` counts from 1 and is never used again; `time` is UTC, ISO 8601; `images` is what each workload ran (a
    build's content tag, or the reference of an image in a registry); `tasks` are the Tasks that ran in it.
    """

    number: int
    time: str
    images: dict[str, str]
    tasks: list[str]


def rollback_command(release: int | str, names: Names | None) -> str:
    """The command that takes a stack to a release, or to LATEST; for the default stack where nobody said which."""
    stack = f" SYSTEM={names.project} STACK={names.stack}" if names else ""
    return f"make rollback{stack} RELEASE={release}"


def recorded(
    before: Sequence[Release], images: Mapping[str, str], ran: Iterable[str], time: str, pinned: int | None
) -> list[Release]:
    """The releases, oldest first, after an update with these images in which these Tasks `ran`.

    The same images make no new release, and neither does a stack that is `pinned` to one of them; what ran then belongs
    to the newest. A pinned stack that knows none (it was made anew) begins with the number that it is pinned to.
    """
    newest = before[-1] if before else None
    if newest is not None and (pinned is not None or newest["images"] == dict(images)):
        tasks = sorted({*newest["tasks"], *ran})
        return [*before[:-1], {**newest, "tasks": tasks}]
    number = newest["number"] + 1 if newest is not None else pinned or 1
    made: Release = {"number": number, "time": time, "images": dict(images), "tasks": sorted(ran)}
    return [*before, made][-MOST:]


def pins(releases: Sequence[Release], number: int, tasks: Iterable[str]) -> dict[str, str]:
    """The images of a stack that goes back to a release.

    Tasks keep the newest release's: their old versions ran already, and would meet data that later ones have changed.
    What was added since is in no older release and keeps the newest's too.
    """
    chosen = next(one for one in releases if one["number"] == number)
    newest, kept = releases[-1]["images"], {*tasks}
    images = {name: image for name, image in chosen["images"].items() if name in newest and name not in kept}
    return {**newest, **images}


def ran_since(releases: Sequence[Release], number: int) -> list[str]:
    """The Tasks that ran in later releases than one, each with their numbers, as a person reads it."""
    found: dict[str, list[int]] = {}
    for one in releases:
        if one["number"] > number:
            for task in one["tasks"]:
                found.setdefault(task, []).append(one["number"])
    return [f"{task} (in {', '.join(map(str, numbers))})" for task, numbers in sorted(found.items())]


def gone(number: int, image: str, users: Sequence[str], where: str, names: Names) -> str:
    """What is said of a release's image that is not there any more."""
    other, leave = rollback_command("n", names), rollback_command(LATEST, names)
    return (
        f"release {number} ran {image} ({', '.join(users)}), which is not {where} any more; go back to another "
        f"({other}), or leave it ({leave}), check out the source of that time and run make up"
    )
