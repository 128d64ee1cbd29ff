"""The stage in a rehearsal: a shop on an emulated AWS with real containers, and somebody else's things beside it."""

from __future__ import annotations

import re
import secrets
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from components.targets.aws.api import api
from components.targets.aws.operations import orphans
from components.targets.local_daemon import client
from drills import account
from drills.shop import USER, ShopStage
from drills.stage import Wrong
from rehearsal import place as places
from rehearsal.emulator import REGION, Emulator, free_port
from rehearsal.place import Place
from tests.integration.harness import Outcome, Stack, scratch_project
from tests.waiting import eventually

DATA = """
db = Postgres("db", version="15", database="shop")
store = ObjectStore("files", buckets=[Bucket("uploads")])
"""
SYSTEM = """
system = System("scratch", data=[db, store, papers], app=[migrate, api])
"""


class RehearsalStage(ShopStage):
    """The shop on the emulator of `place`."""

    shop = DATA + USER + SYSTEM
    patience = 900.0
    daemon = None
    first_seconds = 100.0
    keeps_data = False
    kills_in_a_row = 3
    losable = ("container", "database", "service", "deleted database")
    emptied = ("database", "deleted database")
    beyond = ("database",)

    def __init__(self, folder: Path, place: Place, name: str) -> None:
        self.place = place
        self.where: dict[str, Any] = {"region": REGION, "endpoint": place.endpoint}
        settings = Emulator("ministack", place.endpoint).settings(registry=place.registry)
        project = scratch_project(folder / "project", "")
        own = {**settings, "system": "system", "protection": "off"}
        super().__init__(Stack(project, folder / "state", own, name=name))
        self.foreign = account.Foreign(self.where, self.stack.owner)
        self.told, self.lost = "", list[str]()

    def api(self) -> Any:
        return places.tasks(self.place, "api")[-1]

    def run(self, verb: str) -> Outcome:
        done = super().run(verb)
        self.told = done.text
        return done

    def _bucket(self) -> str:
        found = [str(one["id"]) for one in self.stack.resources() if one["type"] == "aws:s3/bucket:Bucket"]
        return next(one for one in found if "-uploads-" in one)

    def _current(self) -> Any:
        """The container of the service's task, once it runs this round and no other is there."""
        found = places.tasks(self.place, "api")
        own = [one for one in found if places.environment(one).get("ROUND") == str(self.number)]
        return own[0] if len(own) == len(found) == 1 else None

    def put(self) -> None:
        super().put()
        body = str(self.entries).encode()
        api("s3", self.where).put_object(Bucket=self._bucket(), Key=f"{self.entries}", Body=body)

    def whole(self) -> None:
        try:
            eventually(self._current, f"one task of api, of round {self.number}, runs", 60)
        except AssertionError as late:
            raise Wrong(str(late)) from None
        self.kept()
        self._counted()
        changes = self.stack.changes()
        if changes:
            raise Wrong(f"a preview changes {changes}")
        self.foreign.check()

    def kept(self) -> None:
        super().kept()
        listed: list[Any] = api("s3", self.where).list_objects_v2(Bucket=self._bucket()).get("Contents", [])
        objects = sorted((str(one["Key"]) for one in listed if int(one["Key"]) >= self.first), key=int)
        if objects != self.wanted():
            raise Wrong(f"{self.wanted()} was written; there are the objects {objects}")

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
        databases = [str(one.name) for one in places.databases(self.place)]
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
        if what == "container":
            # Removed at once it would be no task that ended, as MiniStack sees it.
            self.api().kill()
            return "the task of api"
        if what == "database":
            [container] = places.databases(self.place)
            container.remove(force=True, v=True)
            return "the database's container"
        held = {str(one["type"]): one for one in self.stack.resources()}
        if what == "service":
            service = held["aws:ecs/service:Service"]
            cluster = service["outputs"]["cluster"]
            api("ecs", self.where).delete_service(cluster=cluster, service=service["id"], force=True)
            return "the service, deleted at ECS"
        _delete(self.where, str(held["aws:rds/instance:Instance"]["outputs"]["identifier"]))
        return "the database, deleted at RDS"

    def obey(self, said: str) -> str:
        """By AWS's SDK what the command does: its program may not be here."""
        found = re.search(r"(aws rds delete-db-instance) .*--db-instance-identifier (\S+)", said)
        if found is None:
            raise Wrong(f"no command is named:\n{said[-3000:]}")
        _delete(self.where, found[2])
        return found[1]


def _delete(where: dict[str, Any], identifier: str) -> None:
    api("rds", where).delete_db_instance(
        DBInstanceIdentifier=identifier, SkipFinalSnapshot=True, DeleteAutomatedBackups=False
    )


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
