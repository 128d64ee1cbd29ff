"""The images that the integration tests name: one that the set-up does not bring is missed on a new machine only."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from components.core import catalog
from components.core.load import load_system
from offline.images.references import parse

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [
    *sorted((ROOT / "tests" / "integration").glob("*.py")),
    ROOT / "apps" / "lab.py",
    ROOT / "bench" / "systems.py",
]


def brought() -> set[str]:
    """What tests/run makes sure of: the images of both systems, and those of the list."""
    text = (ROOT / "tests" / "integration" / "images.txt").read_text()
    listed = {line for line in text.splitlines() if line and not line.startswith("#")}
    systems = [load_system(f"systems.{name}.system") for name in ("starter", "polar")]
    return listed | {image for system in systems for image in catalog.images("docker", system)}


def named(path: Path, repositories: set[str]) -> Iterator[str]:
    """The literals of a module that are an image: of one of these repositories, with a tag or with its owner."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            name, colon, _ = node.value.partition(":")
            if name in repositories and (colon or "/" in name) and " " not in node.value:
                yield node.value


def test_every_image_that_a_test_names_is_brought_by_the_set_up() -> None:
    there = brought()
    repositories = {image.rpartition(":")[0] for image in there}
    found = {image: path.name for path in SOURCES for image in named(path, repositories)}
    assert len(found) >= 5, "the literals are not seen any more"
    assert {image: path for image, path in found.items() if str(parse(image)) not in there} == {}
