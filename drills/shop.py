"""What every stage plays: a shop whose rows and files can be counted, in a place that a stage of its own knows."""

from __future__ import annotations

import subprocess
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

from drills.stage import Command, Wrong
from tests.integration.behaviour import describe, inside, plain, strata_up
from tests.integration.harness import BIN, Outcome, Stack

USER = """
papers = FileVolume("papers")
migrate = Task("migrate", image="postgres:15-alpine", needs=[db], environment={{"ROUND": "{round}"}},
    command=["sh", "-c", 'psql -q -v ON_ERROR_STOP=1 "$DATABASE_URL" -c "create table if not exists runs (round int)"'
    ' -c "create table if not exists ledger (entry int primary key)" -c "insert into runs values ($ROUND)"'])
api = Service("api", image="postgres:15-alpine", needs=[db, store], after=[completed(migrate)],
    command="tail -f /dev/null", stop_seconds=0, environment={{"ROUND": "{round}"}}, volumes=[Mount(papers, "/papers")])
"""
"""What uses a database `db` and one `store` more, which a stage describes before it. `{round}` is another one in each
description, so that every container is."""
VERBS = {
    "down": ["down"], "all": ["down", "--data", "--yes"], "repair": ["repair", "--yes"],
}  # fmt: skip
SQL = 'psql "$DATABASE_URL" -X -q -t -A -v ON_ERROR_STOP=1 -c "$0"'
FILES = "cd /papers && for one in $(ls | sort -n); do [ $one -lt {first} ] || cat $one; done"
"""The text of a file is its name, so that an empty one counts as lost."""


class ShopStage(ABC):
    """A stage with the shop; `shop` is its whole description, `patience` the seconds that a command of it may take."""

    shop: str
    patience = 400.0
    emptied: tuple[str, ...] = ()
    beyond: tuple[str, ...] = ()

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.number, self.first, self.entries = 0, 1, 0
        self.describe(0)

    @abstractmethod
    def api(self) -> Any:
        """The container of the service that writes rows and files."""

    def describe(self, number: int) -> None:
        self.number = number
        describe(self.stack, self.shop.format(round=number))

    def command(self, verb: str) -> Command:
        if verb == "up":
            return strata_up(self.stack)
        if verb == "destroy":
            return plain(self.stack, "destroy")
        words = VERBS[verb]
        return [BIN / "strata", words[0], "--system", f"{self.stack.folder}/", "--stack", self.stack.name, *words[1:]]

    def run(self, verb: str) -> Outcome:
        return self.stack.run(*self.command(verb), timeout=self.patience)

    def said(self, words: str) -> Outcome:
        return self.stack.run("sh", "-c", words, timeout=self.patience)

    def start(self, verb: str) -> subprocess.Popen[str]:
        return self.stack.start(*self.command(verb), session=True)

    def sql(self, statement: str) -> str:
        """What the database says to the service."""
        return inside(self.api(), "sh", "-c", SQL, statement).ok().text

    def put(self) -> None:
        self.entries += 1
        self.sql(f"insert into ledger values ({self.entries})")
        file = f"echo {self.entries} > /papers/{self.entries} && sync"
        inside(self.api(), "sh", "-c", file).ok()

    def put_nothing(self) -> None:
        self.first = self.entries + 1

    def kept(self) -> None:
        """Raise Wrong unless this round's Task ran and every row and file is there."""
        if self.sql(f"select count(*) > 0 from runs where round = {self.number}") != "t":
            raise Wrong("the Task of this round did not run")
        wanted = self.wanted()
        rows = self.sql(f"select entry from ledger where entry >= {self.first} order by 1").split()
        files = inside(self.api(), "sh", "-c", FILES.format(first=self.first)).ok().text.split()
        if rows != wanted or files != wanted:
            raise Wrong(f"{wanted} was written; there are the rows {rows} and the files {files}")

    def wanted(self) -> list[str]:
        """What was put and is to be there."""
        return [str(entry) for entry in range(self.first, self.entries + 1)]

    def obey(self, said: str) -> str:
        raise Wrong(f"nothing here is past an update's help, and it was said: {said}")

    def passphrase(self, value: str | None) -> None:
        if value is None:
            self.stack.variables.pop("PULUMI_CONFIG_PASSPHRASE", None)
        else:
            self.stack.variables["PULUMI_CONFIG_PASSPHRASE"] = value

    @property
    def state_file(self) -> Path:
        return self.stack.state / ".pulumi/stacks" / self.stack.project / f"{self.stack.name}.json"
