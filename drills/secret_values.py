"""Secret values searched for by value: the starter with a random value for every secret, dev defaults included."""

from __future__ import annotations

import io
import json
import secrets
import tarfile
import tempfile
import time
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from components.model.graph import reachable
from components.model.secret import Secret
from components.targets.local_daemon import client
from drills.report import Searched
from drills.search import Place, search
from drills.stage import Wrong
from strata.cli.project import ROOT
from systems.starter.system import system
from tests.integration.behaviour import inside
from tests.integration.harness import Stack

APPLICATIONS = ("migrate", "api", "worker")
"""They take secrets as environment, as the description says; then as files."""


class Planted:
    """Images with a canary as a layer more: they hold every layer of the ones that a stack runs."""

    def __init__(self, canary: str) -> None:
        self.canary, self.client, self.images = canary, client(), list[Any]()

    def layers(self, images: Iterable[str]) -> None:
        """Put it on these images."""
        for image in images:
            container = self.client.containers.create(image)
            try:
                container.put_archive("/", _archive("canary", self.canary.encode()))
                self.images.append(container.commit("strata-drill", f"canary-{secrets.token_hex(3)}"))
            finally:
                container.remove(force=True, v=True)

    def saved(self) -> Generator[bytes]:
        """All of them, every layer."""
        for image in self.images:
            yield from image.save()

    def remove(self) -> None:
        for image in self.images:
            self.client.images.remove(image.id, force=True)


class Starter:
    """The starter with values and a canary. The canary is the database's name, which is no secret and is everywhere; it
    is put by hand where a database's name is not."""

    def __init__(self, place: Path) -> None:
        self.values = {
            one.name: secrets.token_hex(16) for one in reachable(system.services()) if isinstance(one, Secret)
        }
        self.canary = f"canary{secrets.token_hex(8)}"
        settings = {"system": "systems.starter.system", "target": "docker", "ports": "free"}
        self.stack = Stack(ROOT, place / "state", settings, variables={"PULUMI_DEBUG_COMMANDS": "1"})
        self.client, self.planted = client(), Planted(self.canary)
        self.began = int(time.time())

    def configure(self, secrets_as: str) -> None:
        """Every secret's value in the stack's settings, and how applications take them."""
        services: dict[str, Any] = {name: {"secrets_as": secrets_as} for name in APPLICATIONS}
        self.stack.write({"services": {"db": {"database": self.canary}, **services}})
        for name, value in self.values.items():
            words = ("config", "set", "--secret", "--path", f"strata:secrets.{name}", value, "--stack", self.stack.name)
            self.stack.pulumi(*words).ok()

    def update(self) -> dict[str, bytes]:
        """What an update, its event log, a preview and the outputs say."""
        events = self.stack.state / "events.json"
        said = self.stack.up("--event-log", str(events), "--show-full-output").ok().text
        preview = self.stack.pulumi("preview", "--stack", self.stack.name, "--diff", "--show-sames").ok().text
        plan = self.stack.pulumi("preview", "--stack", self.stack.name, "--json", "--show-sames").ok().text
        found = {
            "output of the update": said.encode(), "its event log": events.read_bytes(), "preview": preview.encode(),
            "preview as JSON": plan.encode(), "outputs": json.dumps(self.stack.outputs()).encode(),
        }  # fmt: skip
        events.unlink()
        return found

    def inspected(self, names: Iterable[str]) -> bytes:
        """What `docker inspect` says of services' containers."""
        return json.dumps([one.attrs for name, one in self.stack.containers().items() if name in {*names}]).encode()

    def plant(self) -> None:
        """The canary into a container's log, Docker's events and an image of ours with a layer more."""
        database = self.stack.containers()["db"]
        # Postgres logs a statement that fails, whoever gave it.
        inside(database, "psql", "-U", "shop", "-d", self.canary, "-c", f"select {self.canary}")
        self.planted.layers(self._built())

    def _built(self) -> list[str]:
        names = {str(one.attrs["Config"]["Image"]) for one in self.stack.containers().values()}
        found = sorted(name for name in names if any(one.startswith("starter/") for one in self._tags(name)))
        if not found:
            raise Wrong(f"no image of {sorted(names)} was built here")
        return found

    def _tags(self, image: str) -> list[str]:
        return [str(tag) for tag in self.client.images.get(image).tags]

    def lasting(self) -> dict[str, Place]:
        """What stays: the state with its copies, the settings, logs, Docker's events, images."""
        logs = b"".join(one.logs() for one in self.stack.containers().values())
        return {
            "state file, its copies and history": [path.read_bytes() for path in files_in(self.stack.state)],
            "the stack's settings file": [self.stack.file.read_bytes()],
            "logs of all containers": [logs],
            "Docker's events (what was executed in containers)": [self._events()],
            f"images that were built ({len(self.planted.images)}), all layers": self.planted.saved(),
        }

    def _events(self) -> bytes:
        label = {"label": f"strata.stack={self.stack.owner}"}
        return b"".join(self.client.events(since=self.began, until=int(time.time()) + 1, filters=label))

    def remove(self) -> None:
        self.stack.remove()
        self.planted.remove()


def files_in(folder: Path) -> list[Path]:
    """Every file below a folder."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _archive(name: str, data: bytes) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = len(data)
        archive.addfile(entry, io.BytesIO(data))
    return stream.getvalue()


@contextmanager
def starter() -> Generator[Starter]:
    """The starter, removed at the end."""
    with tempfile.TemporaryDirectory(prefix="drill-") as place:
        made = Starter(Path(place))
        try:
            yield made
        finally:
            made.remove()


def searched() -> list[Searched]:
    """Every place, with the applications' secrets as environment and then as files."""
    with starter() as one:
        one.configure("environment")
        places: dict[str, Place] = {name: [said] for name, said in one.update().items()}
        services = {*one.stack.containers()}
        application = services & {*APPLICATIONS}
        places["docker inspect: data services and gateway"] = [one.inspected(services - application - {"web"})]
        chosen = "docker inspect: applications, secrets as environment"
        places[chosen] = [one.inspected(application)]
        one.configure("files")
        places |= {f"{name}, secrets as files": [said] for name, said in one.update().items()}
        places["docker inspect: all services, secrets as files"] = [one.inspected(services)]
        one.plant()
        places |= one.lasting()
        return [search(name, place, one.values, one.canary, by_choice=name == chosen) for name, place in places.items()]


def judged(places: Iterable[Searched], allowed: str) -> str:
    """What it came to; `allowed` are the containers that hold values by choice. Raises Wrong where a value was found,
    or where a canary was not."""
    there = list(places)
    blind = [one.place for one in there if not one.canary]
    if blind:
        raise Wrong(f"the canary was put there and not found, so the search proves nothing: {', '.join(blind)}")
    found: Mapping[str, str] = {one.place: ", ".join(one.found) for one in there if one.found}
    if found:
        raise Wrong("; ".join(f"{place} holds the value of {names}" for place, names in found.items()))
    chosen = {name for one in there for name in one.chosen}
    size = sum(one.size for one in there) / 1024 / 1024
    return (
        f"{len(there)} places, {size:,.0f} MB: found nowhere but in `docker inspect` of {allowed}, as described "
        f"({', '.join(sorted(chosen))})"
    )
