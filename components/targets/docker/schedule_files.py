"""What a schedule's container runs: its scheduler, its crontab and its job, put into a volume of its own.

The container is made of the job's own image, so its entry point becomes part of the job; only the daemon knows it.
"""

from __future__ import annotations

import contextlib
import io
import shlex
import tarfile
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from docker.errors import ImageNotFound, NotFound
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult

from components.targets.docker import daemon
from components.targets.failure import Failure

FOLDER = "/opt/strata/schedule"
"""Where the volume is mounted."""
PROGRAM = "/supercronic"
"""Where the scheduler is in its image."""
PINNED = ("volume", "image", "scheduler", "crontab", "command", "replace_seconds")
"""Inputs whose change writes the files again."""
RUNNING = "/tmp/.strata-schedule"
"""Where a run that may be replaced says which process it is."""

REPLACE = """#!/bin/sh
# Ends the run before, all of its processes, then begins. A number alone may be another process's by now, or be from
# before a restart: when a process began tells it from any other.
began() {{ {{ read -r line < "/proc/$1/stat"; }} 2>/dev/null && set -- ${{line##*) }} && echo "${{20}}"; }}
if {{ read -r group since < {running}; }} 2>/dev/null && [ "$(began "$group")" = "$since" ]; then
    echo "the run before has not ended: it is replaced by this one" >&2
    kill -TERM "-$group"
    left={seconds}
    while [ "$left" -gt 0 ] && [ "$(began "$group")" = "$since" ]; do sleep 1; left=$((left - 1)); done
    kill -KILL "-$group" 2>/dev/null
fi
echo "$$ $(began "$$")" > {running}
exec {job}
"""


def crontab(when: str, timezone: str) -> str:
    """The scheduler's configuration: one job, the leader of its process group."""
    return f"CRON_TZ={timezone}\n{when} exec {FOLDER}/job\n"


def job(command: Sequence[str], replace_seconds: int | None) -> str:
    """The script of one run; with `replace_seconds` it first ends the one before, which has so long for that."""
    words = shlex.join(command)
    if replace_seconds is None:
        return f"#!/bin/sh\nexec {words}\n"
    return REPLACE.format(running=RUNNING, seconds=replace_seconds, job=words)


class ScheduleProvider(ResourceProvider):
    """Its class path is kept in states: it must not move."""

    def create(self, props: dict[str, Any]) -> CreateResult:
        write(props)
        return CreateResult(str(props["volume"]), props)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        write(_news)
        return UpdateResult(_news)

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        return DiffResult(changes=any(_olds.get(key) != _news.get(key) for key in PINNED))


def write(props: Mapping[str, Any]) -> None:
    """Fill the volume, through a container of the scheduler's image that never starts. Raises Failure when the image
    says nothing about what to run."""
    command = _command(props)
    seconds = props.get("replace_seconds")
    files = {"crontab": str(props["crontab"]), "job": job(command, None if seconds is None else int(seconds))}
    client = daemon.client()
    helper: Any = client.containers.create(
        props["scheduler"],
        name=f"{props['volume']}_writer",
        command=["true"],
        labels={daemon.STACK_LABEL: props["owner"]},
        volumes={props["volume"]: {"bind": "/files", "mode": "rw"}},
    )
    try:
        program, _ = helper.get_archive(PROGRAM)
        helper.put_archive("/files", b"".join(program))
        helper.put_archive("/files", _packed(files))
    finally:
        with contextlib.suppress(NotFound):
            helper.remove(force=True, v=True)


def _command(props: Mapping[str, Any]) -> list[str]:
    """The whole command of a run, as the daemon itself would put it together."""
    try:
        found: dict[str, Any] = daemon.client().images.get(str(props["image"])).attrs.get("Config") or {}
    except ImageNotFound:
        raise Failure(f"{props['schedule']}: its image {props['image']} is not on this machine") from None
    entrypoint: list[str] = found.get("Entrypoint") or []
    command: list[str] = props.get("command") or found.get("Cmd") or []
    words = [*entrypoint, *command]
    if not words:
        raise Failure(f"{props['schedule']}: its image says nothing about what to run; give it a command")
    return words


def _packed(files: Mapping[str, str]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, content in files.items():
            data = content.encode()
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), 0o555
            archive.addfile(entry, io.BytesIO(data))
    return stream.getvalue()


class ScheduleFiles(Resource):
    """The files of a schedule in their volume, as a resource."""

    def __init__(self, name: str, props: Mapping[str, Any], opts: pulumi.ResourceOptions) -> None:
        super().__init__(ScheduleProvider(), name, dict(props), opts)
