"""The stage in a rehearsal: a shop on an emulated AWS with real containers, and somebody else's things beside it."""

from __future__ import annotations

import secrets
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from components.targets.aws.api import api
from components.targets.aws.operations import orphans
from components.targets.local_daemon import client
from drills import account
from drills.on_docker import VERBS
from drills.stage import Command, Wrong
from rehearsal import place as places
from rehearsal.emulator import REGION, Emulator, free_port
from rehearsal.place import Place
from tests.integration.behaviour import describe, inside, plain, strata_up
from tests.integration.harness import BIN, Outcome, Stack, scratch_project
from tests.waiting import eventually

SHOP = """
db = Postgres("db", version="15", database="shop")
files = ObjectStore("files", buckets=[Bucket("uploads")])
papers = FileVolume("papers")
migrate = Task("migrate", image="postgres:15-alpine", needs=[db], environment={{"ROUND": "{round}"}},
    command=["sh", "-c", 'psql -q -v ON_ERROR_STOP=1 "$DATABASE_URL" -c "create table if not exists runs (round int)"'
    ' -c "create table if not exists ledger (entry int primary key)" -c "insert into runs values ($ROUND)"'])
api = Service("api", image="postgres:15-alpine", needs=[db, files], after=[completed(migrate)],
    command="tail -f /dev/null", stop_seconds=0, environment={{"ROUND": "{round}"}}, volumes=[Mount(papers, "/papers")])
system = System("scratch", data=[db, files, papers], app=[migrate, api])
"""


class RehearsalStage:
    """The shop on the emulator of `place`."""

    daemon = None
    first_seconds = 100.0
    keeps_data = False
    kills_in_a_row = 3
    losable = ("container",)

    def __init__(self, folder: Path, place: Place, name: str) -> None:
        self.place = place
        self.where: dict[str, Any] = {"region": REGION, "endpoint": place.endpoint}
        settings = Emulator("ministack", place.endpoint).settings(registry=place.registry)
        project = scratch_project(folder / "project", "")
        self.stack = Stack(project, folder / "state", {**settings, "system": "system", "protection": "off"}, name=name)
        self.foreign = account.Foreign(self.where, self.stack.owner)
        self.number, self.first, self.entries = 0, 1, 0
        self.told, self.lost = "", list[str]()
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
        done = self.stack.run(*self.command(verb), timeout=900)
        self.told = done.text
        return done

    def said(self, words: str) -> Outcome:
        return self.stack.run("sh", "-c", words)

    def start(self, verb: str) -> subprocess.Popen[str]:
        return self.stack.start(*self.command(verb), session=True)

    def _bucket(self) -> str:
        found = [str(one["id"]) for one in self.stack.resources() if one["type"] == "aws:s3/bucket:Bucket"]
        return next(one for one in found if "-uploads-" in one)

    def _api(self) -> Any:
        """The container of the service's task that runs this round."""
        found = places.tasks(self.place, "api")
        own = [one for one in found if places.environment(one).get("ROUND") == str(self.number)]
        return own[0] if len(own) == len(found) == 1 else None

    def _sql(self, statement: str) -> str:
        script = 'psql "$DATABASE_URL" -X -q -t -A -v ON_ERROR_STOP=1 -c "$0"'
        return inside(places.tasks(self.place, "api")[-1], "sh", "-c", script, statement).ok().text

    def put(self) -> None:
        self.entries += 1
        self._sql(f"insert into ledger values ({self.entries})")
        file = f"echo {self.entries} > /papers/{self.entries} && sync"
        inside(places.tasks(self.place, "api")[-1], "sh", "-c", file).ok()
        body = str(self.entries).encode()
        api("s3", self.where).put_object(Bucket=self._bucket(), Key=f"{self.entries}", Body=body)

    def put_nothing(self) -> None:
        self.first = self.entries + 1

    def whole(self) -> None:
        try:
            eventually(self._api, f"one task of api, of round {self.number}, runs", 60)
        except AssertionError as late:
            raise Wrong(str(late)) from None
        if self._sql(f"select count(*) > 0 from runs where round = {self.number}") != "t":
            raise Wrong("the Task of this round did not run")
        self._kept()
        self._counted()
        changes = self.stack.changes()
        if changes:
            raise Wrong(f"a preview changes {changes}")
        self.foreign.check()

    def _kept(self) -> None:
        wanted = [str(entry) for entry in range(self.first, self.entries + 1)]
        rows = self._sql(f"select entry from ledger where entry >= {self.first} order by 1").split()
        script = f"cd /papers && for one in $(ls | sort -n); do [ $one -lt {self.first} ] || cat $one; done"
        files = inside(places.tasks(self.place, "api")[-1], "sh", "-c", script).ok().text.split()
        listed: list[Any] = api("s3", self.where).list_objects_v2(Bucket=self._bucket()).get("Contents", [])
        objects = sorted((str(one["Key"]) for one in listed if int(one["Key"]) >= self.first), key=int)
        if not rows == files == objects == wanted:
            raise Wrong(f"{wanted} was written; there are the rows {rows}, the files {files}, the objects {objects}")

    def _counted(self) -> None:
        """By tag, by number, and the containers behind it. What a lost answer left, the update has named with the
        command that mends it, and after that it is gone."""
        resources = self.stack.resources()
        left = orphans(self.stack.owner, resources)
        if left:
            if not all(str(one) in self.told for one in left) or "make repair" not in self.told:
                raise Wrong(f"orphans by tag, of which nobody was told: {', '.join(map(str, left))}")
            self.lost += map(str, left)
            self.run("repair").ok()
            resources = self.stack.resources()
            left = orphans(self.stack.owner, resources)
        if left:
            raise Wrong(f"orphans by tag: {', '.join(map(str, left))}")
        there, known = account.counted(self.where), self.foreign.account + account.in_state(resources)
        if there != known:
            raise Wrong(f"orphans: more or less than the state has: {dict((there - known) + (known - there))}")
        databases = [one for one in places.running_of(self.place.owner) if "rds" in one]
        if len(databases) != there["aws:rds/instance:Instance"]:
            raise Wrong(f"containers of databases: {databases}")

    def nothing_left(self) -> None:
        there, before = account.counted(self.where), self.foreign.account
        if there != before:
            raise Wrong(f"left behind: {dict((there - before) + (before - there))}")
        behind = [one for one in places.running_of(self.place.owner) if one.startswith("ministack-")]
        if behind:
            raise Wrong(f"containers are left behind: {', '.join(behind)}")
        self.foreign.check()

    @property
    def note(self) -> str:
        lost = f"; of lost answers, named and removed by `make repair`: {', '.join(self.lost)}"
        return lost if self.lost else ""

    def lose(self, what: str) -> str:
        places.tasks(self.place, "api")[-1].remove(force=True)
        return "the task of api"

    def passphrase(self, value: str | None) -> None:
        if value is None:
            self.stack.variables.pop("PULUMI_CONFIG_PASSPHRASE", None)
        else:
            self.stack.variables["PULUMI_CONFIG_PASSPHRASE"] = value

    @property
    def state_file(self) -> Path:
        return self.stack.state / ".pulumi/stacks" / self.stack.project / f"{self.stack.name}.json"


@contextmanager
def rehearsal_stage(own: bool = False) -> Generator[RehearsalStage]:
    """A stage on an emulator of its own, which ends with it and takes everything along."""
    name = f"drill-{secrets.token_hex(3)}"
    owner = f"scratch/{name}"
    client()
    with tempfile.TemporaryDirectory(prefix="drill-") as folder:
        try:
            addresses = [f"127.0.0.1:{free_port()}" for _ in range(2)]
            place = places.begin(owner, REGION, f"http://{addresses[0]}", addresses[1])
            yield RehearsalStage(Path(folder), place, name)
        finally:
            places.end(owner)
