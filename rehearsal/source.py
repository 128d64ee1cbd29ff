"""The source that a rehearsal runs: a copy of the checkout, in which new versions are made by changing files."""

from __future__ import annotations

import shutil
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from components.model.image import Build
from rehearsal.registry import LABEL
from strata.cli.project import ROOT, Project

LEFT_OUT = (
    ".git", ".venv", ".strata", "node_modules", "__pycache__", "*.egg-info", ".pytest_cache", ".ruff_cache",
    ".hypothesis",
)  # fmt: skip
"""What belongs to a clone, and is no source."""


@dataclass(frozen=True)
class Source:
    """A copy of the checkout in `root`, and the project in it whose stack is rehearsed."""

    root: Path
    project: Project

    @classmethod
    def of(cls, project: Project, root: Path) -> Source:
        """Copy what a project runs from, the checkout; a project that lies elsewhere becomes a system of it."""
        shutil.rmtree(root, ignore_errors=True)
        ignore = shutil.ignore_patterns(*LEFT_OUT)
        shutil.copytree(ROOT, root, ignore=ignore)
        (root / ".venv").symlink_to(ROOT / ".venv")
        inside = project.folder.is_relative_to(ROOT)
        folder = root / (project.folder.relative_to(ROOT) if inside else Path("systems") / project.folder.name)
        if not inside:
            shutil.copytree(project.folder, folder, ignore=ignore)
        copied = Project(folder, project.stack)
        _unsalted(copied.folder / f"Pulumi.{project.stack}.yaml")
        return cls(root, copied)

    def version(self, build: Build, name: str) -> None:
        """Make a new version of an image's source: its Dockerfile with a label more."""
        file = self.dockerfile(build)
        file.write_text(file.read_text() + self._label(name))

    @contextmanager
    def broken(self, build: Build, name: str, *lines: str) -> Generator[None]:
        """A version with `lines` more in its Dockerfile, taken back when the block ends."""
        with self.added(self.dockerfile(build), self._label(name) + "".join(f"{line}\n" for line in lines)):
            yield

    @contextmanager
    def added(self, file: Path, more: str) -> Generator[None]:
        """A file of the copy with more at its end, taken back when the block ends."""
        text = file.read_text()
        file.write_text(text + more)
        try:
            yield
        finally:
            file.write_text(text)

    def _label(self, name: str) -> str:
        return f'LABEL {LABEL}="{self.project.owner}" strata.rehearsal.version="{name}"\n'

    def dockerfile(self, build: Build) -> Path:
        return self.root / build.context / build.dockerfile


def _unsalted(file: Path) -> None:
    """A stack's file without the salt of another state."""
    text = file.read_text()
    file.write_text("".join(line for line in text.splitlines(True) if not line.startswith("encryptionsalt:")))
