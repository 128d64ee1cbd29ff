"""Updates that are killed: the next `strata up` takes them up, loses nothing and leaves nothing."""

from __future__ import annotations

import json
import os
import random
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.behaviour import Foreign, describe, killed, plain, recorded, sql, strata_up
from tests.integration.conftest import MakeStack
from tests.integration.harness import BIN, Stack

pytestmark = pytest.mark.docker

SEED = 20
FIRST, LATER = 3, 7
"""Kills during the first update, and during later ones that replace every container and run the Task again."""

SHOP = """
db = Postgres("db", version="15-alpine", parameters={{"application_name": "round{round}"}})
cache = Redis("cache", version="7-alpine", persistence="aof")
migrate = Task("migrate", image="postgres:15-alpine", needs=[db], environment={{"ROUND": "{round}"}},
    command=["sh", "-c", 'psql -q -v ON_ERROR_STOP=1 "$DATABASE_URL" -c "create table if not exists runs (round int)"'
    ' -c "create table if not exists ledger (round int primary key)" -c "insert into runs values ($ROUND)"; sleep 1'])
api = Service("api", image="postgres:15-alpine", needs=[db, cache], after=[completed(migrate)],
    command="tail -f /dev/null", stop_seconds=0, environment={{"ROUND": "{round}"}})
web = Service("web", image="nginx:alpine", port=80, health=Http("/", interval="1s"), needs=[api],
    environment={{"ROUND": "{round}"}})
system = System("scratch", data=[db, cache], app=[migrate, api, web], gateway=Gateway(routes={{"/": web}}))
"""


@pytest.fixture(scope="module")
def shop(make_stack: MakeStack) -> Stack:
    return make_stack(description="")


@pytest.fixture(scope="module")
def foreign(shop: Stack) -> Iterator[Foreign]:
    others = Foreign(shop)
    yield others
    others.remove()


def whole(shop: Stack, number: int, foreign: Foreign) -> None:
    """Everything is as this round describes it, every row is there, and nothing else is."""
    containers = shop.containers()
    assert sorted(containers) == ["api", "cache", "db", "gateway", "web"]
    assert {one.status for one in containers.values()} == {"running"}
    assert all(f"ROUND={number}" in containers[name].attrs["Config"]["Env"] for name in ("api", "web"))
    assert f"application_name=round{number}" in containers["db"].attrs["Config"]["Cmd"]
    assert sql(shop, "api", f"select count(*) > 0 from runs where round = {number}") == "t"
    assert shop.left() == recorded(shop)
    foreign.check()


def test_ten_killed_updates_lose_nothing_and_leave_nothing(shop: Stack, foreign: Foreign) -> None:
    """Three kills of the first update in a row, then seven of updates that replace everything, at random moments."""
    moments = random.Random(SEED)
    describe(shop, SHOP.format(round=0))
    for number in range(FIRST):
        step, moment = moments.randint(3, 10), moments.uniform(0, 0.5)
        last = killed(shop, strata_up(shop), step, moment)
        print(f"seed {SEED}, first update, kill {number + 1} at step {step} and {moment:.2f} s: {last}")
    shop.make_up().ok()
    whole(shop, 0, foreign)
    for number in range(1, LATER + 1):
        sql(shop, "api", f"insert into ledger values ({number})")
        describe(shop, SHOP.format(round=number))
        step, moment = moments.randint(1, 11), moments.uniform(0, 0.5)
        last = killed(shop, strata_up(shop) if number % 2 else plain(shop, "up"), step, moment)
        print(f"seed {SEED}, update {number}, killed at step {step} and {moment:.2f} s: {last}")
        shop.make_up().ok()
        whole(shop, number, foreign)
        assert sql(shop, "api", "select count(*) from ledger") == str(number)
    assert shop.changes() == {}


def test_a_killed_destroy_is_finished_by_the_next(shop: Stack, foreign: Foreign) -> None:
    """A destroy killed half-way, then `down --data`: nothing is left, and nothing of others is gone."""
    last = killed(shop, plain(shop, "destroy"), 6, 0)
    print(f"destroy, killed at: {last}")
    shop.make_down("--data", "--yes").ok()
    assert shop.left() == {"containers": [], "networks": [], "volumes": []}
    foreign.check()


def test_repair_removes_what_a_kill_left_and_no_data(shop: Stack, foreign: Foreign) -> None:
    """After it Docker holds what the state knows; volumes, which the killed update had not noted yet, are kept."""
    describe(shop, SHOP.format(round=20))
    shop.make_up().ok()
    sql(shop, "api", "insert into ledger values (20)")
    describe(shop, SHOP.format(round=21))
    print(f"killed at: {killed(shop, strata_up(shop), 6, 0)}")
    repair = [BIN / "strata", "repair", "--system", f"{shop.folder}/", "--stack", shop.name, "--yes"]
    assert "lock of process" in shop.run(*repair).ok().text
    left, known = shop.left(), recorded(shop)
    assert {*left["containers"]} <= {*known["containers"]}, "one of an older description may be gone already"
    assert (left["networks"], left["volumes"]) == (known["networks"], known["volumes"])
    assert shop.run(*repair).ok().text == f"{shop.owner}: nothing to repair.\n"
    foreign.check()
    shop.make_up().ok()
    whole(shop, 21, foreign)
    assert sql(shop, "api", "select count(*) from ledger where round = 20") == "1"
    shop.make_down("--data", "--yes").ok()


NOTHING = 'system = System("scratch", data=[FileVolume("keep")])\n'


@pytest.fixture(scope="module")
def small(make_stack: MakeStack) -> Stack:
    stack = make_stack(description="")
    describe(stack, NOTHING)
    stack.make_up().ok()
    return stack


def test_a_half_written_file_beside_the_state_is_removed(small: Stack) -> None:
    """A kill between creating and filling it leaves it empty; pulumi then cannot read the state at all."""
    small.make_up().ok()
    (path,) = (small.state / ".pulumi/stacks" / small.project).glob(f"{small.name}.json.attrs")
    path.write_text("")
    refused = small.up()
    assert refused.code != 0 and "failed to load checkpoint: EOF" in refused.text
    said = small.make_up().ok()
    assert f"Removed a file that an interrupted update had written half of: {path.name}" in said.text


def lock(stack: Stack, process: int, host: str) -> Path:
    """A lock such as pulumi leaves in a file backend."""
    folder = stack.state / ".pulumi/locks/organization" / stack.project / stack.name
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "7b2e4d0a-0000-4000-8000-000000000000.json"
    content = {"pid": process, "username": "somebody", "hostname": host, "timestamp": "2026-01-01T00:00:00Z"}
    path.write_text(json.dumps(content))
    return path


def test_the_lock_of_a_process_that_is_gone_is_removed(small: Stack) -> None:
    """Plain `pulumi up` names the lock and `pulumi cancel`; `strata up` knows that its process is gone."""
    ended = subprocess.Popen(["true"])
    ended.wait()
    path = lock(small, ended.pid, socket.gethostname())
    refused = small.up()
    assert refused.code != 0
    assert f"pid {ended.pid}" in refused.text and "pulumi cancel" in refused.text
    assert path.exists()
    taken = small.make_up().ok()
    assert f"process {ended.pid} is gone" in taken.text
    assert not path.exists()


@pytest.mark.parametrize("living", [True, False], ids=["a living process", "another host"])
def test_the_lock_of_somebody_else_stays(small: Stack, living: bool) -> None:
    """Neither a process that lives nor one of another machine loses its lock; the message says what to do."""
    process, host = (os.getpid(), socket.gethostname()) if living else (2**22 + 1, "elsewhere")
    path = lock(small, process, host)
    try:
        refused = small.make_up()
        assert refused.code == 1
        assert f"process {process} on {host} (somebody)" in refused.text
        assert f"cancel --stack {small.name}" in refused.text
        assert path.exists()
    finally:
        path.unlink()
