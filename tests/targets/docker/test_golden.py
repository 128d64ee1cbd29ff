"""The resources of the starter and of Polar, as a list that a person reads when it changes."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import pytest

from components.core.load import load_system
from tests import goldens
from tests.goldens import Golden, listed
from tests.ran import Ran
from tests.targets.docker.stage import deploy

STACKS: dict[str, tuple[str, dict[str, Any]]] = {
    "starter-dev": ("starter", {}),
    "polar-dev": ("polar", {"reload": True}),
    "polar-dev-monitoring": ("polar", {"reload": True, "monitoring": True}),
}


@functools.cache
def ran(name: str, preview: bool = False) -> Ran:
    system, settings = STACKS[name]
    return deploy(load_system(f"systems.{system}.system"), project=system, preview=preview, **settings)


@pytest.mark.parametrize("name", STACKS)
def test_the_resources_of_a_stack(name: str, golden: Golden) -> None:
    golden(f"docker-{name}", listed(ran(name)))


@pytest.mark.parametrize("name", STACKS)
def test_a_preview_of_a_new_stack_registers_the_same(name: str) -> None:
    """While nothing is known yet, no resource may be missing, and no program may fail on an unknown value."""
    assert sorted(ran(name, preview=True).names()) == sorted(ran(name).names())


def test_a_change_is_shown_as_a_person_reads_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(goldens, "FOLDER", tmp_path / "golden")
    goldens.compare("list", "a\nb\nc\n", update=True)
    goldens.compare("list", "a\nb\nc\n", update=False)
    with pytest.raises(pytest.fail.Exception) as wrong:
        goldens.compare("list", "a\nB\nc\n", update=False)
    assert str(wrong.value).splitlines()[-6:] == [
        " a",
        "-b",
        "+B",
        " c",
        "",
        "if this is meant: pytest --update-golden",
    ]
    with pytest.raises(pytest.fail.Exception, match=r"\+a"):
        goldens.compare("new", "a\n", update=False)
