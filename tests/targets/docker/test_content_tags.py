"""The tag of a built image: another one exactly when a build would give another image."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from components.targets.docker.images import content_tag, slug
from strata import Build

BUILD = Build("app")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in {"Dockerfile": "FROM a", "main.py": "1", "sub/deep/x.txt": "x", "sub/keep.log": "k"}.items():
        path = tmp_path / "app" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_it_is_twelve_digits_and_the_same_again(root: Path) -> None:
    tag = content_tag(root, BUILD)
    assert len(tag) == 12 and int(tag, 16) >= 0 and content_tag(root, Build("app")) == tag


CHANGES = {
    "content": lambda app: (app / "main.py").write_text("2"),
    "the Dockerfile": lambda app: (app / "Dockerfile").write_text("FROM b"),
    "a deep file": lambda app: (app / "sub/deep/x.txt").write_text("y"),
    "a name": lambda app: (app / "main.py").rename(app / "other.py"),
    "a folder's name": lambda app: (app / "sub/deep").rename(app / "sub/low"),
    "a new file": lambda app: (app / "new").write_text(""),
    "a missing file": lambda app: (app / "main.py").unlink(),
    "the mode": lambda app: (app / "main.py").chmod(0o755),
    "a link": lambda app: (app / "link").symlink_to("main.py"),
    "swapped contents": lambda app: ((app / "main.py").write_text("x"), (app / "sub/deep/x.txt").write_text("1")),
}
SAME = {
    "the time": lambda app: os.utime(app / "main.py", (1, 1)),
    "rights of others": lambda app: (app / "main.py").chmod(0o600),
    "the same text again": lambda app: (app / "main.py").write_text("1"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_it_changes_with(change: str, root: Path) -> None:
    before = content_tag(root, BUILD)
    CHANGES[change](root / "app")
    assert content_tag(root, BUILD) != before


@pytest.mark.parametrize("change", SAME)
def test_it_does_not_change_with(change: str, root: Path) -> None:
    before = content_tag(root, BUILD)
    SAME[change](root / "app")
    assert content_tag(root, BUILD) == before


def test_a_link_counts_by_where_it_leads(root: Path) -> None:
    link = root / "app" / "link"
    link.symlink_to("main.py")
    before = content_tag(root, BUILD)
    link.unlink()
    link.symlink_to("Dockerfile")
    assert content_tag(root, BUILD) != before


def test_it_changes_with_arguments_stage_and_dockerfile(root: Path) -> None:
    (root / "app" / "Other").write_text("FROM a")
    builds = [
        BUILD, Build("app", args={"A": "1"}), Build("app", args={"A": "2"}), Build("app", args={"B": "1"}),
        Build("app", target="x"), Build("app", dockerfile="Other"),
    ]  # fmt: skip
    assert len({content_tag(root, build) for build in builds}) == len(builds)
    swapped = [Build("app", args={"A": "1", "B": "2"}), Build("app", args={"B": "2", "A": "1"})]
    assert len({content_tag(root, build) for build in swapped}) == 1


IGNORE = """# comment
*.log
!sub/keep.log
sub/deep

**/*.tmp
"""


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("trace.log", False), ("sub/keep.log", True), ("sub/deep/x.txt", False), ("sub/deep/new/y", False),
        ("a.tmp", False), ("sub/b.tmp", False), ("sub/deeper", True), (".dockerignore", True), ("main.py", True),
        ("Dockerfile", True), ("# comment", True),
    ],
)  # fmt: skip
def test_ignored_files_do_not_count(root: Path, name: str, counts: bool) -> None:
    (root / "app" / ".dockerignore").write_text(IGNORE)
    before = content_tag(root, BUILD)
    path = root / "app" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text((path.read_text() if path.exists() else "") + "# changed\n")
    assert (content_tag(root, BUILD) != before) == counts


def test_a_dockerfile_counts_though_it_is_ignored(root: Path) -> None:
    (root / "app" / ".dockerignore").write_text("*\n!main.py\n")
    before = content_tag(root, BUILD)
    (root / "app" / "sub/keep.log").write_text("ignored")
    assert content_tag(root, BUILD) == before
    (root / "app" / "Dockerfile").write_text("FROM other")
    assert content_tag(root, BUILD) != before


@pytest.mark.parametrize(("reference", "name"), [("ghost/web:1.2", "ghost-web-1.2"), ("./apps/x/", ".-apps-x")])
def test_slugs(reference: str, name: str) -> None:
    assert slug(reference) == name
