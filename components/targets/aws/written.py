"""Files of a container on ECS, which has no uploads: its shell writes each from an environment key. Pure.

A task definition has at most 64 KB (docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html).
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import PurePosixPath

MOST = 48 * 1024
"""Bytes that the files of one container may have; the rest of a task definition is for everything else in it."""


def environment(files: Mapping[str, str]) -> dict[str, str]:
    """The contents, by the environment keys that `script` reads."""
    return {f"FILE_{number}": content for number, content in enumerate(files.values(), start=1)}


def script(files: Mapping[str, str]) -> str:
    """Shell lines that write the files to their paths."""
    folders = sorted({str(PurePosixPath(path).parent) for path in files})
    lines = [f"mkdir -p {shlex.join(folders)}"] if folders else []
    lines += [f"printf '%s' \"$FILE_{number}\" > {shlex.quote(path)}" for number, path in enumerate(files, start=1)]
    return "".join(f"{line}\n" for line in lines)
