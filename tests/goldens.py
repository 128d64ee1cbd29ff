"""Texts that a test compares with what is committed; `pytest --update-golden` writes them anew."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from pathlib import Path

import pytest

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


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Compares a text with the committed one of a name."""
    update = bool(request.config.getoption("--update-golden"))
    return lambda name, text: compare(name, text, update)
