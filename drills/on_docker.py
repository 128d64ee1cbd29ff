"""The stage on Docker: a shop with a database, a cache, files and a gateway, and somebody else's things beside it."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import docker
from docker.errors import DockerException

from drills.own_daemon import OwnDaemon
from drills.stage import Command, Wrong
from tests.integration.behaviour import Foreign, describe, inside, plain, recorded, sql, strata_up
from tests.integration.harness import BIN, Outcome, Stack, scratch_project

IMAGES = ("postgres:15-alpine", "redis:7-alpine", "nginx:alpine")
SHOP = """
db = Postgres("db", version="15-alpine", parameters={{"application_name": "round{round}"}})
cache = Redis("cache", version="7-alpine", persistence="aof")
papers = FileVolume("papers")
migrate = Task("migrate", image="postgres:15-alpine", needs=[db], environment={{"ROUND": "{round}"}},
    command=["sh", "-c", 'psql -q -v ON_ERROR_STOP=1 "$DATABASE_URL" -c "create table if not exists runs (round int)"'
    ' -c "create table if not exists ledger (entry int primary key)" -c "insert into runs values ($ROUND)"'])
api = Service("api", image="postgres:15-alpine", needs=[db, cache], after=[completed(migrate)],
    command="tail -f /dev/null", stop_seconds=0, environment={{"ROUND": "{round}"}}, volumes=[Mount(papers, "/papers")])
web = Service("web", image="nginx:alpine", port=80, health=Http("/", interval="1s"), needs=[api],
    environment={{"ROUND": "{round}"}})
system = System("scratch", data=[db, cache, papers], app=[migrate, api, web], gateway=Gateway(routes={{"/": web}}))
"""
SERVICES = ["api", "cache", "db", "gateway", "web"]
NOTHING: dict[str, list[str]] = {"containers": [], "networks": [], "volumes": []}
VERBS = {
    "down": ["down"], "all": ["down", "--data", "--yes"], "repair": ["repair", "--yes"],
}  # fmt: skip


class DockerStage:
    """The shop on the daemon that $DOCKER_HOST names."""

    first_seconds = 8.0
    keeps_data = True
    kills_in_a_row = 1
    losable = ("container", "database", "network", "volume")
    note = ""

    def __init__(self, place: Path, daemon: OwnDaemon | None) -> None:
        self.daemon = daemon
        folder = scratch_project(place / "project", "")
        self.stack = Stack(folder, place / "state", {"system": "system", "ports": "free"})
        self.foreign = Foreign(self.stack)
        self.number, self.first, self.entries = 0, 1, 0
        self.describe(0)

    def describe(self, number: int) -> None:
        self.number = number
        describe(self.stack, SHOP.format(round=number))

    def command(self, verb: str) -> Command:
        if verb == "up":
            return strata_up(self.stack)
        if verb == "destroy":
            return plain(self.stack, "destroy")
        words = VERBS[verb]
        return [BIN / "strata", words[0], "--system", f"{self.stack.folder}/", "--stack", self.stack.name, *words[1:]]

    def run(self, verb: str) -> Outcome:
        return self.stack.run(*self.command(verb))

    def said(self, words: str) -> Outcome:
        return self.stack.run("sh", "-c", words)

    def start(self, verb: str) -> subprocess.Popen[str]:
        return self.stack.start(*self.command(verb), session=True)

    def put(self) -> None:
        self.entries += 1
        sql(self.stack, "api", f"insert into ledger values ({self.entries})")
        file = f"echo {self.entries} > /papers/{self.entries} && sync"
        inside(self.stack.containers()["api"], "sh", "-c", file).ok()

    def put_nothing(self) -> None:
        self.first = self.entries + 1

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
        if sql(self.stack, "api", f"select count(*) > 0 from runs where round = {self.number}") != "t":
            raise Wrong("the Task of this round did not run")
        self._kept(containers["api"])
        there, known = self.stack.left(), recorded(self.stack)
        if there != known:
            raise Wrong(f"orphans: Docker has {there}, the state {known}")
        changes = self.stack.changes()
        if changes:
            raise Wrong(f"a preview changes {changes}")
        self._foreign()

    def _kept(self, api: Any) -> None:
        """The text of a file is its name, so that an empty one counts as lost."""
        wanted = [str(entry) for entry in range(self.first, self.entries + 1)]
        rows = sql(self.stack, "api", f"select entry from ledger where entry >= {self.first} order by 1").split()
        script = f"cd /papers && for one in $(ls | sort -n); do [ $one -lt {self.first} ] || cat $one; done"
        files = inside(api, "sh", "-c", script).ok().text.split()
        if rows != wanted or files != wanted:
            raise Wrong(f"{wanted} was written; there are the rows {rows} and the files {files}")

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
            containers[name].remove(force=True)
            return name
        for one in containers.values():
            one.remove(force=True)
        if what == "network":
            for network in client.networks.list(filters={"label": f"strata.stack={self.stack.owner}"}):
                network.remove()
            return "every container and the network"
        for volume in client.volumes.list(filters={"label": f"strata.stack={self.stack.owner}"}):
            volume.remove()
        return "every container and every volume"

    def passphrase(self, value: str | None) -> None:
        if value is None:
            self.stack.variables.pop("PULUMI_CONFIG_PASSPHRASE", None)
        else:
            self.stack.variables["PULUMI_CONFIG_PASSPHRASE"] = value

    @property
    def state_file(self) -> Path:
        return self.stack.state / ".pulumi/stacks" / self.stack.project / f"{self.stack.name}.json"

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
