"""Finds and links the `pulumi` command; one that somebody else installed is never touched."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from offline.engine.recipe import MARKER


def is_ours(path: Path) -> bool:
    return (path.resolve().parent / MARKER).exists()


def foreign_pulumi(home: Path, path: str | None = None) -> Path | None:
    """A `pulumi` on PATH, or where Pulumi's installer puts it, that was not made here."""
    searched = os.environ.get("PATH", "") if path is None else path
    for folder in [*searched.split(os.pathsep), str(home / "bin")]:
        found = shutil.which("pulumi", path=folder) if folder else None
        if found and not is_ours(Path(found)):
            return Path(found)
    return None


def link(to: Path, target: Path) -> None:
    """Point a link at our command, unless something that is not ours has its place."""
    if to.is_symlink():
        if to.readlink() == target:
            return
        if to.exists() and not is_ours(to):
            return
    elif to.exists():
        return
    to.parent.mkdir(parents=True, exist_ok=True)
    unfinished = to.with_name(f".{to.name}.{os.getpid()}")
    unfinished.unlink(missing_ok=True)
    unfinished.symlink_to(target)
    unfinished.replace(to)
