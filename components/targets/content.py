"""What goes into a build, as a tag: the same content has the same tag on every target."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from docker.utils.build import exclude_paths

from components.model.image import Build


def content_tag(root: Path, build: Build) -> str:
    """12 hex digits over everything that goes into a build: context (less .dockerignore), Dockerfile, args, target.

    Names and contents count, and whether a file is executable; times and owners do not.
    """
    context = root / build.context
    ignore = context / ".dockerignore"
    patterns = [line.strip() for line in ignore.read_text().splitlines()] if ignore.is_file() else []
    patterns = [line for line in patterns if line and not line.startswith("#")]
    digest = hashlib.sha256()
    digest.update(json.dumps([build.dockerfile, sorted(build.args.items()), build.target]).encode())
    for name in sorted(exclude_paths(str(context), patterns, dockerfile=build.dockerfile)):
        path = context / name
        digest.update(f"\0{name}\0".encode())
        if path.is_symlink():
            digest.update(f"link {path.readlink()}".encode())
        elif path.is_file():
            digest.update(b"x" if path.stat().st_mode & 0o100 else b"-")
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
