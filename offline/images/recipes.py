"""Which release of which recipe makes an image reference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from offline.images import substitutions
from offline.images.references import Reference, agrees, starts_with

FOLDER = Path(__file__).parent / "recipes"
# Words of a tag that only say what upstream's image is made on.
_MADE_ON = frozenset({"alpine", "bookworm", "trixie", "bullseye", "forky", "slim"})


@dataclass(frozen=True)
class Release:
    """One version line that can be made: `version` is the prefix of the version inside."""

    version: str
    suite: str
    package: str
    arguments: Mapping[str, str] = field(default_factory=dict[str, str])
    names: frozenset[str] = frozenset()
    """Words of a tag without a version that choose this release (debian:bookworm)."""


@dataclass(frozen=True)
class Recipe:
    """How the images of one upstream repository are made."""

    repository: str
    product: str
    releases: tuple[Release, ...]
    """The first is made when the tag names no version."""
    version_command: str
    """A shell line that prints the true version inside the image."""
    significant: int = 2
    """Components of a version in front of its patch level."""
    flavours: frozenset[str] = _MADE_ON
    one_of: frozenset[str] = frozenset()
    """If given, the tag has to name one of these (python: only the slim images are made)."""
    variants: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    """Build arguments by word of the tag; those under "" hold where no other sets them."""
    modules: tuple[str, ...] = ()
    """Go programs that are put into the build context."""
    packages: Mapping[str, str] = field(default_factory=dict[str, str])
    """npm packages that are put into the build context: file name -> package, `{0}` being the release's version."""
    sources: Mapping[str, str] = field(default_factory=dict[str, str])
    """Go modules that are put into the build context as they are: folder -> module, at a version."""
    settings: tuple[str, ...] = ()
    """Files with the machine's settings of pip, npm or Go for the build context."""
    version_pattern: str = r"\d+(?:\.\d+)+"

    @property
    def folder(self) -> Path:
        return FOLDER / self.repository.rpartition("/")[2]


@dataclass(frozen=True)
class Plan:
    """What to build for a reference."""

    reference: Reference
    recipe: Recipe
    release: Release

    @property
    def arguments(self) -> dict[str, str]:
        """The build arguments, FLAVOUR (alpine or debian) among them."""
        words = self.reference.flavours
        chosen = dict(self.recipe.variants.get("", {}))
        for word, arguments in self.recipe.variants.items():
            if word in words:
                chosen.update(arguments)
        return {**chosen, **self.release.arguments, "FLAVOUR": "alpine" if "alpine" in words else "debian"}


class NoRecipe(Exception):
    """No recipe makes this reference; the message says why."""


def plan(reference: Reference, catalogue: Mapping[str, Recipe]) -> Plan:
    """Find recipe and release for a reference; raises NoRecipe."""
    recipe = catalogue.get(reference.name)
    if recipe is None:
        raise NoRecipe("there is no recipe for it")
    if reference.digest:
        raise NoRecipe("a digest can only be pulled")
    words = reference.flavours
    named = {name for release in recipe.releases for name in release.names}
    unknown = words - recipe.flavours - named
    if unknown:
        raise NoRecipe(f"the recipe makes no {'-'.join(sorted(unknown))} image")
    if recipe.one_of and not words & recipe.one_of:
        raise NoRecipe(f"the recipe makes only {' and '.join(sorted(recipe.one_of))} images")
    return Plan(reference, recipe, _release(reference, recipe))


def _release(reference: Reference, recipe: Recipe) -> Release:
    asked = reference.version
    if not asked:
        chosen = [release for release in recipe.releases if release.names & reference.flavours]
        return (chosen or list(recipe.releases))[0]
    # A tag may say less than a release (redis:7) or more (postgres:15.1).
    for release in recipe.releases:
        if starts_with(release.version, asked) or agrees(asked, release.version, recipe.significant):
            return release
        if starts_with(asked, release.version) and recipe.significant <= release.version.count(".") + 1:
            return release
    entry = substitutions.find(reference.name, asked)
    for release in recipe.releases:
        if entry and (starts_with(release.version, entry.given) or starts_with(entry.given, release.version)):
            return release
    raise NoRecipe(f"the recipe makes {', '.join(release.version for release in recipe.releases)}")


def substitution(reference: Reference, recipe: Recipe, version: str) -> substitutions.Substitution | None:
    """The table's entry if the true version differs by more than the patch level; raises ValueError if none fits."""
    if agrees(reference.version, version, recipe.significant):
        return None
    entry = substitutions.find(reference.name, reference.version)
    if entry is None or not starts_with(version, entry.given):
        raise ValueError(
            f"{reference} asks for {reference.version} and contains {recipe.product} {version},"
            " which the table of substitutions does not name"
        )
    return entry
