"""A stack goes back to a release and leaves it again; nothing is built meanwhile."""

from __future__ import annotations

from pathlib import Path

import docker
import pytest

from tests.integration.behaviour import describe, inside
from tests.integration.conftest import MakeStack
from tests.integration.harness import BIN, Outcome, Stack
from tests.integration.watch import Watch

pytestmark = pytest.mark.docker

DOCKERFILE = "FROM postgres:15-alpine\nCOPY answer /answer\n"
SHOP = """
code = Build("{context}")
migrate = Task("migrate", image=code, command="cat /answer")
api = Service("api", image=code, command="tail -f /dev/null", stop_seconds=0, after=[completed(migrate)])
system = System("scratch", app=[migrate, api])
"""


def answer(stack: Stack) -> str:
    return inside(stack.containers()["api"], "cat", "/answer").ok().text


def rollback(stack: Stack, *words: str) -> Outcome:
    """What `make rollback` runs."""
    return stack.run(BIN / "strata", "rollback", "--system", f"{stack.folder}/", "--stack", stack.name, *words)


def tags(folder: Path) -> set[str]:
    """The images that were ever built of a folder."""
    found = docker.from_env().images.list(f"scratch/{folder.name}")
    return {tag.rpartition(":")[2] for image in found for tag in image.tags}


def test_a_release_comes_back_without_a_build_and_is_left_again(
    make_stack: MakeStack, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("released")
    (folder / "Dockerfile").write_text(DOCKERFILE)
    stack = make_stack(description="")
    describe(stack, SHOP.format(context=folder))
    try:
        with Watch(stack.owner) as watch:
            _life(stack, folder, watch)
    finally:
        for tag in tags(folder):
            docker.from_env().images.remove(f"scratch/{folder.name}:{tag}", force=True)


def _life(stack: Stack, folder: Path, watch: Watch) -> None:
    def release(text: str) -> Outcome:
        (folder / "answer").write_text(text)
        return stack.make_up().ok()

    release("one")
    first = stack.outputs()
    stack.make_up().ok()
    assert stack.outputs() == first and stack.changes() == {}, "an update without a change is no release"
    assert [(one["number"], one["tasks"]) for one in first["releases"]] == [(1, ["migrate"])]
    release("two")
    second = stack.outputs()
    assert second["releases"][:1] == first["releases"] and second["release"] == 2
    assert set(second["releases"][1]["images"].values()) != set(first["releases"][0]["images"].values())
    built, ran = tags(folder), watch.seen().count(("migrate", "start"))
    assert (len(built), ran) == (2, 2)

    (folder / "answer").write_text("three")
    back = rollback(stack).ok().text
    assert "Going back to release 1 of " in back and "not undone: migrate (in 2)" in back
    assert answer(stack) == "one"
    assert tags(folder) == built, "nothing was built, though the source is another one"
    assert watch.seen().count(("migrate", "start")) == ran, "an old migration must not meet newer data"
    pinned = stack.outputs()
    assert (pinned["release"], pinned["releases"]) == (1, second["releases"])
    assert stack.changes() == {}

    again = stack.make_up().ok().text
    assert "pinned to release 1 (strata:release): nothing is built" in again
    assert f"To leave it: make rollback SYSTEM={stack.folder}/ STACK={stack.name} RELEASE=latest" in again
    assert answer(stack) == "one" and tags(folder) == built

    docker.from_env().images.remove(f"scratch/{folder.name}:{second['releases'][1]['images']['api']}", force=True)
    lives = stack.lives()
    gone = rollback(stack, "--release", "2")
    assert gone.code != 0 and "release 2 ran scratch/" in gone.text and "not on this machine any more" in gone.text
    assert "Traceback" not in gone.text and stack.lives() == lives

    rollback(stack, "--release", "latest").ok()
    assert answer(stack) == "three"
    assert [one["number"] for one in stack.outputs()["releases"]] == [1, 2, 3]
    stack.make_down().ok()
    release("three")
    assert [one["number"] for one in stack.outputs()["releases"]] == [1, 2, 3], "down keeps the list"
