"""Files given to a container: configuration and secrets, never from a path of the host.

A writable container gets them uploaded. The daemon refuses uploads into a read-only one, so there they are written
into a small volume mounted at their folder, by a container of the same image that never starts.
"""

from __future__ import annotations

import contextlib
import io
import secrets
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import pulumi
import pulumi_docker as docker
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult

from components.targets.docker import daemon


@dataclass(frozen=True)
class File:
    """A file in a container; `content` may be a secret Output. `mode` is octal, readable by every user by default."""

    path: str
    content: pulumi.Input[str]
    mode: str = "0444"


def uploads(files: Sequence[File]) -> list[docker.ContainerUploadArgs]:
    """The files as uploads of a container resource."""
    return [docker.ContainerUploadArgs(file=file.path, content=file.content, permissions=file.mode) for file in files]


def folders(files: Sequence[File]) -> dict[str, list[File]]:
    """The files by their folder."""
    found: dict[str, list[File]] = {}
    for file in files:
        found.setdefault(str(PurePosixPath(file.path).parent), []).append(file)
    return found


class FilesProvider(ResourceProvider):
    """Writes files into a volume. Its class path is kept in states: it must not move."""

    def create(self, props: dict[str, Any]) -> CreateResult:
        write(props)
        return CreateResult(f"{props['volume']}", {**props, "version": secrets.token_hex(4)})

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        write(_news)
        return UpdateResult({**_news, "version": secrets.token_hex(4)})

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        differs = any(_olds.get(key) != _news.get(key) for key in ("volume", "image", "contents", "names", "modes"))
        return DiffResult(changes=differs)


def write(props: dict[str, Any]) -> None:
    """Write `contents` as `names` with `modes` into `volume`, through a container of `image` that never starts."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, content, mode in zip(props["names"], props["contents"], props["modes"], strict=True):
            data = str(content).encode()
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), int(mode, 8)
            archive.addfile(entry, io.BytesIO(data))
    client = daemon.client()
    helper = client.containers.create(
        props["image"],
        name=f"{props['volume']}_writer",
        command=["true"],
        labels={daemon.STACK_LABEL: props["owner"]},
        volumes={props["volume"]: {"bind": "/files", "mode": "rw"}},
    )
    try:
        helper.put_archive("/files", stream.getvalue())
    finally:
        from docker.errors import NotFound

        with contextlib.suppress(NotFound):
            helper.remove(force=True, v=True)


class Files(Resource):
    """Files in a volume, as a resource: `version` changes with their content, so that their reader is replaced. It is
    random, since a digest would tell whether a guess at a secret in them is right."""

    version: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        files: Sequence[File],
        volume: pulumi.Input[str],
        image: pulumi.Input[str],
        owner: str,
        opts: pulumi.ResourceOptions,
    ) -> None:
        props = {
            "volume": volume,
            "image": image,
            "owner": owner,
            "names": [PurePosixPath(file.path).name for file in files],
            "contents": pulumi.Output.secret([file.content for file in files]),
            "modes": [file.mode for file in files],
            "version": None,
        }
        super().__init__(FilesProvider(), name, props, opts)
