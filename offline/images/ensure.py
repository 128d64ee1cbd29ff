"""Makes image references present: there already, pulled, or built."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from offline.images import recipes, substitutions
from offline.images.docker import BUILT, ORIGIN, Docker, Image
from offline.images.recipes import NoRecipe, Plan, Recipe
from offline.images.references import Reference, parse
from offline.steps import cache_folder, step


class Builds(Protocol):
    """Builds a plan; ends in SystemExit if that fails."""

    def build(self, plan: Plan) -> None: ...


class Reaches(Protocol):
    """Knows whether a registry answers."""

    def reachable(self, registry: str) -> bool: ...


@dataclass
class Outcome:
    """What became of the references asked for; both lists hold them as they were written."""

    unavailable: dict[str, str] = field(default_factory=dict[str, str])
    failed: list[str] = field(default_factory=list[str])

    @property
    def code(self) -> int:
        """Exit code: 1 a build failed, 3 something can be had nowhere, else 0."""
        return 1 if self.failed else 3 if self.unavailable else 0


@contextmanager
def only_one() -> Generator[None, None, None]:
    """Let two runs at once make the images one after the other."""
    with (cache_folder() / "images.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def missing(texts: Sequence[str], docker: Docker) -> dict[str, Reference]:
    """The references that are not present, as written -> parsed."""
    wanted = {text: parse(text) for text in dict.fromkeys(texts)}
    present = {name for image in docker.inspect([str(one) for one in wanted.values()]) for name in image.names}
    return {text: one for text, one in wanted.items() if str(one) not in present}


def ensure(
    texts: Sequence[str],
    docker: Docker,
    probe: Reaches,
    builder: Builds,
    catalogue: Mapping[str, Recipe],
    lock: Callable[[], AbstractContextManager[None]] = only_one,
    rebuild: bool = False,
) -> Outcome:
    """Make every reference present that can be had; the others are in the outcome. `rebuild` pulls nothing."""
    outcome = Outcome()
    if not rebuild and not missing(texts, docker):
        return outcome
    with lock():
        todo = {text: parse(text) for text in dict.fromkeys(texts)} if rebuild else missing(texts, docker)
        around = not rebuild and docker.has_way_around()
        for text, reference in todo.items():
            if not rebuild and (around or probe.reachable(reference.registry)) and _pulled(docker, reference):
                continue
            try:
                builder.build(recipes.plan(reference, catalogue))
            except NoRecipe as reason:
                outcome.unavailable[text] = str(reason)
            except SystemExit as failure:
                if isinstance(failure.code, str):
                    print(failure.code, flush=True)
                outcome.failed.append(text)
    return outcome


def _pulled(docker: Docker, reference: Reference) -> bool:
    try:
        with step(f"pull {reference}") as running:
            docker.pull(running, str(reference))
    except SystemExit:
        return False
    return True


def substituted(texts: Sequence[str], docker: Docker, catalogue: Mapping[str, Recipe]) -> list[str]:
    """A line for each of the images that is present and stands in for another version."""
    wanted = {str(parse(text)): parse(text) for text in texts}
    images = {name: image for image in docker.inspect(list(wanted)) for name in image.names}
    return [line for name, one in wanted.items() if name in images and (line := _line(one, images[name], catalogue))]


def _line(reference: Reference, image: Image, catalogue: Mapping[str, Recipe]) -> str:
    recipe, version = catalogue.get(reference.name), image.labels.get("strata.version", "")
    if recipe is None or image.labels.get(ORIGIN) != BUILT or not version:
        return ""
    try:
        entry = recipes.substitution(reference, recipe, version)
    except ValueError:
        # Built by an older state of the table: still worth saying.
        return substitutions.line(str(reference), recipe.product, version, "built by an earlier recipe")
    return substitutions.line(str(reference), recipe.product, version, entry.reason) if entry else ""
