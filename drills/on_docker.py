"""The stage on Docker: a shop with a database, a cache, files and a gateway, and somebody else's things beside it."""

from __future__ import annotations

import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import docker
from docker.errors import DockerException

from drills.own_daemon import OwnDaemon
from drills.shop import USER, ShopStage
from drills.stage import Wrong
from tests.integration.behaviour import Foreign, recorded
from tests.integration.harness import Stack, scratch_project

IMAGES = ("postgres:15-alpine", "redis:7-alpine", "nginx:alpine")
DATA = """
db = Postgres("db", version="15-alpine", parameters={{"application_name": "round{round}"}})
store = Redis("cache", version="7-alpine", persistence="aof")
"""
WEB = """
web = Service("web", image="nginx:alpine", port=80, health=Http("/", interval="1s"), needs=[api],
    environment={{"ROUND": "{round}"}})
system = System("scratch", data=[db, store, papers], app=[migrate, api, web], gateway=Gateway(routes={{"/": web}}))
"""
SERVICES = ["api", "cache", "db", "gateway", "web"]
NOTHING: dict[str, list[str]] = {"containers": [], "networks": [], "volumes": []}


class DockerStage(ShopStage):
    """The shop on the daemon that $DOCKER_HOST names."""

    shop = DATA + USER + WEB
    first_seconds = 8.0
    keeps_data = True
    kills_in_a_row = 1
    losable = ("container", "database", "network", "volume")
    emptied = ("volume",)
    note = ""

    def __init__(self, place: Path, daemon: OwnDaemon | None) -> None:
        self.daemon = daemon
        folder = scratch_project(place / "project", "")
        super().__init__(Stack(folder, place / "state", {"system": "system", "ports": "free"}))
        self.foreign = Foreign(self.stack)

    def api(self) -> Any:
        return self.stack.containers()["api"]

    def whole(self) -> None:
        containers = self.stack.containers()
        if sorted(containers) != SERVICES:
            raise Wrong(f"there are containers of {sorted(containers)}, and not of {SERVICES}")
        for name, one in containers.items():
            if one.status != "running":
                raise Wrong(f"{name} is {one.status}")
        old = [one for one in ("api", "web") if f"ROUND={self.number}" not in containers[one].attrs["Config"]["Env"]]
        if old:
            raise Wrong(f"{old} run as an earlier description said")
        self.kept()
        there, known = self.stack.left(), recorded(self.stack)
        if there != known:
            raise Wrong(f"orphans: Docker has {there}, the state {known}")
        changes = self.stack.changes()
        if changes:
            raise Wrong(f"a preview changes {changes}")
        self._foreign()

    def nothing_left(self) -> None:
        left = self.stack.left()
        if left != NOTHING:
            raise Wrong(f"left behind: {left}")
        self._foreign()

    def _foreign(self) -> None:
        try:
            if self.daemon is None:
                self.foreign.check()
            else:  # A restarted daemon has stopped it as well: it is enough that it is there.
                for one in (self.foreign.container, self.foreign.volume, self.foreign.network):
                    one.reload()
        except (AssertionError, DockerException) as gone:
            raise Wrong(f"something that is not ours was touched: {gone}") from None

    def lose(self, what: str) -> str:
        client: Any = docker.from_env()
        containers = self.stack.containers()
        if what in {"container", "database"}:
            name = "api" if what == "container" else "db"
            containers[name].remove(force=True, v=True)
            return name
        for one in containers.values():
            one.remove(force=True, v=True)
        if what == "network":
            for network in client.networks.list(filters={"label": f"strata.stack={self.stack.owner}"}):
                network.remove()
            return "every container and the network"
        for volume in client.volumes.list(filters={"label": f"strata.stack={self.stack.owner}"}):
            volume.remove()
        return "every container and every volume"

    def remove(self) -> None:
        self.passphrase(None)
        self.stack.remove()
        self.foreign.remove()


@contextmanager
def docker_stage(own: bool = False) -> Generator[DockerStage]:
    """A stage on the user's daemon, where it touches nothing but what it made; with `own` on one of its own."""
    with tempfile.TemporaryDirectory(prefix="drill-") as place:
        if own:
            with OwnDaemon(Path(place), IMAGES) as daemon:
                yield DockerStage(Path(place), daemon)
            return
        stage = DockerStage(Path(place), None)
        try:
            yield stage
        finally:
            stage.remove()
