"""Texts that a test compares with what is committed; `pytest --update-golden` writes them anew."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.ran import Ran

FOLDER = Path(__file__).parent / "golden"
Golden = Callable[[str, str], None]


def compare(name: str, text: str, update: bool) -> None:
    """Fail with a readable difference unless `tests/golden/<name>.txt` holds the text; with `update` write it."""
    path = FOLDER / f"{name}.txt"
    if update:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return
    before = path.read_text().splitlines() if path.is_file() else []
    changes = list(
        difflib.unified_diff(before, text.splitlines(), f"tests/golden/{path.name}", "now", lineterm="", n=2)
    )
    if changes:
        pytest.fail("\n".join([*changes, "", "if this is meant: pytest --update-golden"]), pytrace=False)


def listed(ran: Ran) -> str:
    """One resource on a line, sorted: its type, its path in the tree, and below it what it waits for."""
    lines: list[str] = []
    names = {one.urn: one.name for one in ran.made}
    parents = {one.urn: one.parent for one in ran.made}

    def path(urn: str) -> str:
        return f"{path(parents[urn])}/{names[urn]}" if urn in names else ""

    for one in sorted(ran.made, key=lambda one: path(one.urn)):
        waits = sorted(names[urn] for urn in one.depends_on)
        lines += [f"{path(one.urn)}  {one.type}", *(f"    after {name}" for name in waits)]
    return "\n".join([*lines, ""])


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Compares a text with the committed one of a name."""
    update = bool(request.config.getoption("--update-golden"))
    return lambda name, text: compare(name, text, update)
