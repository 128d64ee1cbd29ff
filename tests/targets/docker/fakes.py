"""A Docker daemon in memory, with just the calls that the Docker target makes."""

from __future__ import annotations

import io
import tarfile
from dataclasses import dataclass, field
from typing import Any

from docker.errors import APIError, ImageNotFound, NotFound


@dataclass(eq=False)
class FakeContainer:
    """A container. `codes` are the exit codes of its next runs; `said` is what it logs."""

    name: str
    labels: dict[str, str] = field(default_factory=dict[str, str])
    status: str = "created"
    created: str = "2026-01-01T00:00:00Z"
    ports: dict[str, list[dict[str, str]] | None] = field(default_factory=dict[str, Any])
    said: bytes = b""
    code: int | None = 0
    options: dict[str, Any] = field(default_factory=dict[str, Any])
    done: list[str] = field(default_factory=list[str])
    files: dict[str, tuple[str, int]] = field(default_factory=dict[str, tuple[str, int]])
    owner: FakeContainers | None = None

    @property
    def id(self) -> str:
        return f"id of {self.name}"

    @property
    def attrs(self) -> dict[str, Any]:
        state = {"Status": self.status, "ExitCode": self.code}
        return {"Created": self.created, "State": state, "NetworkSettings": {"Ports": self.ports}}

    def start(self) -> None:
        self.done.append("start")
        self.status = "running" if self.code is None else "exited"

    def unpause(self) -> None:
        self.done.append("unpause")
        self.status = "running"

    def stop(self, timeout: int) -> None:
        self.done.append("stop")
        self.status = "exited"

    def reload(self) -> None:
        pass

    def logs(self, tail: int) -> bytes:
        return b"\n".join(self.said.splitlines()[-tail:])

    def get_archive(self, path: str) -> tuple[list[bytes], dict[str, Any]]:
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w") as archive:
            entry = tarfile.TarInfo(path.rpartition("/")[2])
            entry.mode = 0o755
            archive.addfile(entry, io.BytesIO())
        data = stream.getvalue()
        return [data[:100], data[100:]], {}

    def put_archive(self, folder: str, data: bytes) -> None:
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            for entry in archive:
                content = archive.extractfile(entry)
                assert content is not None
                self.files[f"{folder.rstrip('/')}/{entry.name}"] = (content.read().decode(), entry.mode)

    def remove(self, force: bool = False, v: bool = False) -> None:
        self.done.append("remove with volumes" if v else "remove")
        if self.owner is not None:
            self.owner.there.remove(self)


def _has(labels: dict[str, str], wanted: str) -> bool:
    key, _, value = wanted.partition("=")
    return labels.get(key) == value


@dataclass
class FakeContainers:
    there: list[FakeContainer] = field(default_factory=list[FakeContainer])
    made: list[FakeContainer] = field(default_factory=list[FakeContainer])
    next: dict[str, Any] = field(default_factory=dict[str, Any])

    def add(self, name: str, **values: Any) -> FakeContainer:
        container = FakeContainer(name, owner=self, **values)
        self.there.append(container)
        return container

    def get(self, name: str) -> FakeContainer:
        for container in self.there:
            if name in {container.name, container.id}:
                return container
        raise NotFound(name)

    def list(self, *, filters: dict[str, Any], all: bool = False, ignore_removed: bool = False) -> list[FakeContainer]:
        if "publish" in filters:
            ports = [one.ports for one in self.there]
            given = [{bound["HostPort"] for each in port.values() for bound in each or []} for port in ports]
            return [one for one, host in zip(self.there, given, strict=True) if str(filters["publish"]) in host]
        assert all and ignore_removed, "stopped containers count too, and one that is just being removed is no error"
        found = [one for one in self.there if _has(one.labels, filters["label"])]
        return [one for one in found if "status" not in filters or one.status == filters["status"]]

    def create(self, image: str, *, name: str, **options: Any) -> FakeContainer:
        if image == "missing":
            raise ImageNotFound("no such image")
        container = self.add(name, labels=options.get("labels") or {}, options={"image": image, **options}, **self.next)
        self.made.append(container)
        return container


@dataclass(eq=False)
class FakeThing:
    """A network or a volume."""

    name: str
    labels: dict[str, str] | None
    created: str = "2026-01-01T00:00:00Z"
    containers: list[str] = field(default_factory=list[str])
    forgotten: bool = False
    """An endpoint of no container is left, which only a restart of the daemon takes away."""
    owner: list[FakeThing] = field(default_factory=list[Any])

    @property
    def id(self) -> str:
        return f"id of {self.name}"

    @property
    def attrs(self) -> dict[str, Any]:
        return {"Labels": self.labels, "CreatedAt": self.created}

    def reload(self) -> None:
        pass

    def disconnect(self, container: str, force: bool) -> None:
        self.containers = [one for one in self.containers if one != container]

    def remove(self, force: bool = False) -> None:
        if self.containers or self.forgotten:
            raise APIError("409", explanation=f"error while removing network: {self.name} has active endpoints")
        self.owner.remove(self)


@dataclass
class FakeThings:
    there: list[FakeThing] = field(default_factory=list[FakeThing])

    def add(self, name: str, labels: dict[str, str] | None = None, **values: Any) -> FakeThing:
        made = FakeThing(name, labels, owner=self.there, **values)
        self.there.append(made)
        return made

    def get(self, name: str) -> FakeThing:
        for one in self.there:
            if name in {one.name, one.id}:
                return one
        raise NotFound(name)

    def list(self, names: list[str] | None = None, filters: dict[str, str] | None = None) -> list[FakeThing]:
        if names is not None:
            return [one for one in self.there if f"^{one.name}$" in names]
        assert filters is not None
        return [one for one in self.there if _has(one.labels or {}, filters["label"])]


@dataclass
class FakeImage:
    attrs: dict[str, Any]


@dataclass
class FakeImages:
    """The images by their ids or names: what each says about what it runs; `asked` are those looked for."""

    there: dict[str, dict[str, Any] | None] = field(default_factory=dict[str, Any])
    asked: list[str] = field(default_factory=list[str])

    def get(self, identity: str) -> FakeImage:
        self.asked.append(identity)
        if identity not in self.there:
            raise ImageNotFound(identity)
        return FakeImage({"Config": self.there[identity]})


class FakeApi:
    """The daemon's low-level calls. `states` are what inspecting a container says, one after the other; `well` are the
    ids of those that run and are healthy."""

    def __init__(self, there: FakeContainers) -> None:
        self._there = there
        self.states: list[dict[str, Any]] = []
        self.well: set[str] = set()
        self.commands: list[list[str]] = []
        self.output, self.code, self.said = b"", 0, b""

    def create_endpoint_config(self, aliases: list[str]) -> dict[str, Any]:
        return {"aliases": aliases}

    def containers(self, *, filters: dict[str, Any], all: bool = False) -> list[dict[str, Any]]:
        if filters == {"health": "healthy", "status": "running"}:
            return [{"Id": one} for one in self.well]
        assert all, "stopped containers count too"
        return [
            {"Id": one.name, "Names": [f"/{one.name}"], "State": one.status}
            for one in self._there.there
            if _has(one.labels, filters["label"])
        ]

    def inspect_container(self, identity: str) -> dict[str, Any]:
        if not self.states:
            raise NotFound(identity)
        return self.states.pop(0) if len(self.states) > 1 else self.states[0]

    def logs(self, identity: str, tail: int) -> bytes:
        return b"\n".join(self.said.splitlines()[-tail:])

    def exec_create(self, identity: str, command: list[str]) -> dict[str, str]:
        self.commands.append([identity, *command])
        return {"Id": "exec"}

    def exec_start(self, identity: str) -> bytes:
        return self.output

    def exec_inspect(self, identity: str) -> dict[str, int]:
        return {"ExitCode": self.code}


class FakeDaemon:
    """What `daemon.client()` gives."""

    def __init__(self) -> None:
        self.containers = FakeContainers()
        self.networks = FakeThings()
        self.volumes = FakeThings()
        self.images = FakeImages()
        self.api = FakeApi(self.containers)
