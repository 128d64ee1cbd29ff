"""strata repair on states that are kept in files: what it finds, and that it removes nothing without a word."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from components.core import operations
from components.core.operations import Orphan
from strata.cli import app, backend, lost, repair
from strata.cli.project import Project

STATE = json.dumps({"version": 3, "checkpoint": {"stack": "dev", "latest": {"resources": []}}})


class Target:
    """A target with orphans."""

    def __init__(self, *there: Orphan) -> None:
        self.there = list(there)
        self.unknown = list[str]()

    def orphans(self, owner: str, resources: Sequence[Any]) -> list[Orphan]:
        assert owner == "shop/dev" and resources == []
        return [*self.there]

    def lost(self, owner: str, settings: Any) -> list[str]:
        return self.unknown

    def remove(self, orphans: Sequence[Orphan]) -> None:
        self.there = [one for one in self.there if one not in orphans]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project with a whole state of its own, and nothing to repair."""
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: shop\n")
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{tmp_path}")
    found = Project(folder, "dev")
    place = backend.state_file(found)
    assert place is not None
    place.parent.mkdir(parents=True)
    place.write_text(STATE)
    return found


@pytest.fixture
def target(monkeypatch: pytest.MonkeyPatch) -> Target:
    made = Target()
    monkeypatch.setattr(operations, "of", lambda _: made)
    return made


def run(project: Project, *words: str, say: str = "") -> Result:
    return CliRunner().invoke(app, ["repair", "--system", f"{project.folder}/", *words], input=say)


def state(project: Project) -> Path:
    place = backend.state_file(project)
    assert place is not None
    return place


def lock(project: Project, process: int) -> Path:
    folder = state(project).parents[2] / "locks/organization/shop/dev"
    folder.mkdir(parents=True)
    path = folder / "one.json"
    path.write_text(json.dumps({"pid": process, "username": "me", "hostname": socket.gethostname()}))
    return path


def dead() -> int:
    ended = subprocess.Popen(["true"])
    ended.wait()
    return ended.pid


def test_where_nothing_is_left_it_says_so_and_asks_nothing(project: Project, target: Target) -> None:
    done = run(project)
    assert (done.exit_code, done.output) == (0, "shop/dev: nothing to repair.\n")


@pytest.mark.parametrize("answer", ["y", "n"])
def test_it_asks_once_for_files_and_once_for_orphans(project: Project, target: Target, answer: str) -> None:
    half = state(project).with_name("dev.json.attrs")
    half.write_text("")
    held = lock(project, dead())
    target.there = [Orphan("container", "shop_dev_api", "1"), Orphan("network", "shop_dev_network", "2")]
    done = run(project, say=f"{answer}\n{answer}\n")
    for words in ("lock of process", "dev.json.attrs", "container shop_dev_api", "network shop_dev_network"):
        assert words in done.output
    assert done.output.count("Mend these 2?") == 2
    kept = [half.exists(), held.exists(), bool(target.there)]
    assert kept == [answer == "n"] * 3


def test_yes_does_not_speak_for_data(project: Project, target: Target) -> None:
    """A volume is shown and stays; without --yes it is asked for by its name, each on its own."""
    first, second = (Orphan("volume", f"shop_dev_{name}", name, data=True) for name in ("db-data", "files-data"))
    target.there = [first, Orphan("container", "shop_dev_api", "1"), second]
    done = run(project, "--yes")
    assert target.there == [first, second]
    assert "volume shop_dev_db-data" in done.output and "left alone" in done.output
    done = run(project, say="n\ny\n")
    assert target.there == [first]
    assert "Remove volume shop_dev_files-data and all its data?" in done.output


def test_a_lock_that_somebody_holds_ends_it(project: Project, target: Target) -> None:
    held = lock(project, os.getpid())
    target.there = [Orphan("container", "shop_dev_api", "1")]
    done = run(project, "--yes")
    assert done.exit_code == 1 and held.exists() and len(target.there) == 1
    assert f"is being updated by process {os.getpid()}" in done.output


@pytest.mark.parametrize("length", [0, 1, len(STATE) // 2, len(STATE) - 1])
def test_a_state_that_is_cut_is_put_back_from_its_copy(project: Project, target: Target, length: int) -> None:
    place = state(project)
    place.with_name("dev.json.bak").write_text(STATE)
    place.write_text(STATE[:length])
    with pytest.raises(backend.PlainError, match=f"strata repair --system {project.folder}/ --stack dev"):
        backend.deployment_of(project)
    done = run(project, "--yes")
    assert done.exit_code == 0 and "put back from" in done.output
    assert place.read_text() == STATE
    assert place.with_name("dev.json.damaged").read_text() == STATE[:length]


def test_refused_nothing_of_a_cut_state_changes(project: Project, target: Target) -> None:
    """Nor is anything called an orphan: without the state nobody knows."""
    place = state(project)
    place.with_name("dev.json.bak").write_text(STATE)
    place.write_text("{")
    target.there = [Orphan("container", "shop_dev_api", "1")]
    done = run(project, say="n\n")
    assert done.exit_code == 0 and place.read_text() == "{" and "shop_dev_api" not in done.output


def test_the_newest_good_copy_is_taken(project: Project, target: Target) -> None:
    """The one beside the state, else that of the newest update that is whole."""
    place = state(project)
    history = place.parents[2] / "history/shop/dev"
    history.mkdir(parents=True)
    for number in (1, 2, 3):
        (history / f"dev-{number}.checkpoint.json").write_text(STATE if number < 3 else "{")
    assert [path.name for path in repair.copies(project, place) if repair.readable(path)] == [
        "dev-2.checkpoint.json", "dev-1.checkpoint.json",
    ]  # fmt: skip
    place.write_text("")
    assert "dev-2.checkpoint.json" in run(project, "--yes").output
    assert place.read_text() == STATE


def test_without_any_good_copy_it_says_what_there_is(project: Project, target: Target) -> None:
    state(project).write_text("")
    done = run(project, "--yes")
    assert done.exit_code == 1 and "there is no good copy of it" in done.output


@pytest.mark.parametrize("answer", ["y", "n"])
def test_an_empty_state_is_begun_anew_when_that_is_wanted(
    project: Project, target: Target, answer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = list[Project]()
    target.unknown = ["Vpc vpc"]
    monkeypatch.setattr(lost, "take_back", lambda project, _: began.append(project))
    done = run(project, say=f"{answer}\n")
    assert "the state is empty, and there is 1 resource (Vpc vpc) with its label" in done.output
    assert len(began) == (answer == "y") and "nothing to repair" not in done.output
