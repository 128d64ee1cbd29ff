"""strata rollback, as far as it needs no engine: which release, what is said, and where it is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from components.core.naming import Names
from components.core.releases import Release
from strata.cli import lifecycle
from strata.cli import rollback as module
from strata.cli.project import PlainError, Project
from strata.cli.rollback import choose, leave, numbered, said
from strata.cli.stack import pinned_in, write_release

NAMES = Names("shop", "prod")
RELEASES: list[Release] = [
    {"number": 3, "time": "t3", "images": {"api": "a3", "migrate": "m3", "old": "o3"}, "tasks": []},
    {"number": 4, "time": "t4", "images": {"api": "a4", "migrate": "m4"}, "tasks": ["migrate"]},
    {"number": 5, "time": "t5", "images": {"api": "a5", "migrate": "m5", "new": "n5"}, "tasks": ["migrate"]},
]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config:\n  strata:system: s\n")
    return Project(tmp_path, "dev")


@pytest.mark.parametrize(("current", "asked", "found"), [(5, None, 4), (4, None, 3), (5, "3", 3), (3, "5", 5)])
def test_which_release(project: Project, current: int, asked: str | None, found: int) -> None:
    assert choose(project, RELEASES, current, asked) == found


@pytest.mark.parametrize(
    ("releases", "asked", "text"),
    [
        (RELEASES, None, "shop/dev has no release before the one that runs; its releases: 3 (t3), 4 (t4), 5 (t5)"),
        ([], None, "shop/dev has no release before the one that runs; its releases: none yet"),
        (RELEASES, "9",
            "shop/dev has no release '9'; allowed is one of its last releases, 3 (t3), 4 (t4), 5 (t5), or latest"),
        (RELEASES, "x", "shop/dev has no release 'x'; allowed is one of its last releases, 3 (t3), 4 (t4), 5 (t5), or"),
    ],
)  # fmt: skip
def test_no_such_release(project: Project, releases: list[Release], asked: str | None, text: str) -> None:
    with pytest.raises(PlainError) as wrong:
        choose(project, releases, 3, asked)
    assert str(wrong.value).startswith(text)


def test_what_is_said() -> None:
    lines = said(RELEASES, 3, NAMES)
    assert lines[0] == "Going back to release 3 of t3, with the description and the settings as they are."
    assert lines[1] == (
        "Tasks have run since that are not undone: migrate (in 4, 5). What they changed in the data must be compatible "
        "with release 3; Tasks do not run again for this."
    )
    assert lines[2] == "Not in the description any more, so they do not come back: old."
    assert lines[3] == "Added since, so they stay as release 5 had them: new."
    assert len(said(RELEASES, 5, NAMES)) == 2, "nothing ran since the newest, nothing came or went"


def test_numbers_of_the_state_are_whole() -> None:
    assert numbered([{**RELEASES[0], "number": 3.0}]) == RELEASES[:1]
    assert isinstance(numbered([{**RELEASES[0], "number": 3.0}])[0]["number"], int)


def test_the_command_pins_and_runs_an_update(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = {"api": "Service", "migrate": "Task", "new": "Service"}
    outputs: dict[str, Any] = {"release": 5.0, "releases": RELEASES, "services": {
        name: {"kind": kind} for name, kind in kinds.items()
    }}  # fmt: skip
    ran: list[str] = []
    monkeypatch.setattr(module, "project_folder", lambda _name: project.folder)
    monkeypatch.setattr(module.backend, "prepare", lambda _project: None)
    monkeypatch.setattr(module.backend, "outputs_of", lambda _project: outputs)
    monkeypatch.setattr(module, "up", lambda system, stack: ran.append(f"{system}/{stack}"))
    module.rollback("shop", "dev")
    assert written(project) == {"number": 4, "images": {"api": "a4", "migrate": "m5", "new": "n5"}}
    module.rollback("shop", "dev", "3")
    assert written(project) == {"number": 3, "images": {"api": "a3", "migrate": "m5", "new": "n5"}}
    module.rollback("shop", "dev", "latest")
    assert written(project) is None and ran == ["shop/dev"] * 3


def written(project: Project) -> dict[str, Any] | None:
    return yaml.safe_load((project.folder / "Pulumi.dev.local.yaml").read_text())["config"].get("strata:release")


def test_other_settings_of_the_clone_stay(project: Project) -> None:
    path = project.folder / "Pulumi.dev.local.yaml"
    path.write_text("config:\n  strata:ports: free\n")
    write_release(project, {"number": 3, "images": {"api": "a"}})
    write_release(project, {"number": 4, "images": {"web": "b"}})
    assert written(project) == {"number": 4, "images": {"web": "b"}}, "a release is replaced whole"
    assert pinned_in(project) == path
    leave(project)
    assert yaml.safe_load(path.read_text()) == {"config": {"strata:ports": "free"}} and pinned_in(project) is None


def test_leaving_what_is_not_pinned_or_pinned_for_all(project: Project) -> None:
    with pytest.raises(PlainError, match="is pinned to no release; `make up`"):
        leave(project)
    path = project.folder / "Pulumi.dev.yaml"
    path.write_text("config:\n  strata:release: {number: 3, images: {}}\n")
    assert pinned_in(project) == path
    with pytest.raises(PlainError, match=r"pinned for all by .*Pulumi\.dev\.yaml; remove strata:release there"):
        leave(project)


def test_after_a_failed_update_the_last_complete_release_is_named(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(lifecycle.backend, "outputs_of", lambda _project: {"releases": RELEASES})
    lifecycle.advise(project)
    command = f"make rollback SYSTEM={project.folder}/ STACK=dev RELEASE=5"
    assert capsys.readouterr().out == f"The last complete release is 5; to go back to it: {command}\n"
    write_release(project, {"number": 3, "images": {}})
    lifecycle.advise(project)
    assert capsys.readouterr().out == "", "a pinned stack has gone back already"
