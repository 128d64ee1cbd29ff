"""Running a container once, to its end, as a Pulumi resource.

A docker Container resource ignores its exit code, so a Task is a dynamic resource of its own.
"""

from __future__ import annotations

import io
import tarfile
import time
from typing import Any

from docker.errors import ImageNotFound, NotFound
from docker.types import LogConfig, Mount

from components.targets.docker import daemon
from components.targets.failure import Failure
from components.targets.run_provider import RunProvider, digest_of

LOG_LINES = 20
PINNED = ("image", "command", "environment", "files", "mounts", "user", "read_only")
"""Inputs whose change runs a Task again."""


class TaskProvider(RunProvider):
    """Its class path is kept in states: it must not move."""

    IDENTITY = "name"

    def run(self, props: dict[str, Any]) -> None:
        run(props)

    def digest(self, props: dict[str, Any]) -> str:
        return digest(props)


def digest(props: dict[str, Any]) -> str:
    """What a run depends on: its container, and which volumes its data lies in
    (a new database migrates again)."""
    pinned = {key: props.get(key) for key in PINNED}
    data = {name: _identity(name) for name in sorted(props.get("data") or [])}
    return digest_of([pinned, data])


def _identity(volume: str) -> str:
    """What tells a volume from the one of its name before it."""
    try:
        found = daemon.client().volumes.get(volume).attrs
    except NotFound:
        return "none"
    labels: dict[str, str] = found.get("Labels") or {}
    return labels.get(daemon.BORN_LABEL) or str(found.get("CreatedAt"))


def run(props: dict[str, Any]) -> None:
    """Run the container; raise Failure with the last log lines, secret values masked, when it fails."""
    client = daemon.client()
    name, secrets = str(props["name"]), [str(value) for value in _list(props, "secret_values")]
    _remove_leftover(name, str(props["owner"]))
    try:
        container: Any = client.containers.create(
            props["image"],
            name=name,
            command=props.get("command") or None,
            environment=props.get("environment") or [],
            user=props.get("user") or None,
            read_only=bool(props.get("read_only")),
            tmpfs={"/tmp": "rw,nosuid,nodev"} if props.get("read_only") else None,
            network=props["network"],
            networking_config={props["network"]: client.api.create_endpoint_config(aliases=[props["task"]])},
            mounts=[Mount(**mount) for mount in _list(props, "mounts")],
            labels={daemon.STACK_LABEL: props["owner"], daemon.SERVICE_LABEL: props["task"]},
            log_config=LogConfig(type="json-file"),
            mem_limit=props.get("memory") or None,
        )
    except ImageNotFound:
        raise Failure(f"{props['task']}: its image {props['image']} is not on this machine") from None
    try:
        _put_files(container, props.get("files") or [])
        container.start()
        code = _wait(container, float(props["timeout"]))
        if code != 0:
            what = f"ended with exit code {code}" if code is not None else f"took longer than {props['timeout']:g} s"
            raise Failure(f"{props['task']}: the task {what}; {_tail(container, secrets)}")
    finally:
        container.remove(force=True, v=True)


def _list(props: dict[str, Any], key: str) -> list[Any]:
    return props.get(key) or []


def _remove_leftover(name: str, owner: str) -> None:
    try:
        found = daemon.client().containers.get(name)
    except NotFound:
        return
    if found.labels.get(daemon.STACK_LABEL) != owner:
        raise Failure(f"a container named {name!r} exists and is not this stack's; remove it: docker rm -f {name}")
    found.remove(force=True, v=True)


def _put_files(container: Any, files: list[dict[str, str]]) -> None:
    for file in files:
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w") as archive:
            data = file["content"].encode()
            entry = tarfile.TarInfo(file["path"].lstrip("/"))
            entry.size, entry.mode = len(data), int(file["mode"], 8)
            archive.addfile(entry, io.BytesIO(data))
        container.put_archive("/", stream.getvalue())


def _wait(container: Any, timeout: float) -> int | None:
    until = time.monotonic() + timeout
    while time.monotonic() < until:
        container.reload()
        state = container.attrs["State"]
        if state["Status"] in {"exited", "dead"}:
            return int(state["ExitCode"])
        time.sleep(0.1)
    return None


def _tail(container: Any, secrets: list[str]) -> str:
    text = container.logs(tail=LOG_LINES).decode(errors="replace").strip()
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "[secret]") if secret else text
    if not text:
        return "it logged nothing"
    return "its last log lines:\n" + "\n".join(f"  {line}" for line in text.splitlines())
