"""Changes replace what they must and nothing else; what happens behind Pulumi's back is put right."""

from __future__ import annotations

import os
import signal

import pytest

from tests.integration.behaviour import describe, ids, inside, sql
from tests.integration.conftest import MakeStack
from tests.integration.harness import Stack
from tests.waiting import eventually

pytestmark = pytest.mark.docker

SHOP = """
db = Postgres("db", version="{version}", parameters={{"work_mem": "{memory}"}})
cache = Redis("cache", version="7-alpine")
api = Service("api", image="postgres:15-alpine", command="tail -f /dev/null", stop_seconds=0, needs=[db, cache],
              environment={{"COLOUR": "{colour}"}})
web = Service("web", image="postgres:15-alpine", command="tail -f /dev/null", stop_seconds=0, needs=[db])
system = System("scratch", data=[db, cache], app=[api, web])
"""


@pytest.fixture(scope="module")
def shop(make_stack: MakeStack) -> Stack:
    stack = make_stack(description="")
    describe(stack, SHOP.format(version="15-alpine", memory="5MB", colour="blue"))
    stack.up().ok()
    sql(stack, "api", "create table rows as select generate_series(1, 100) as number")
    return stack


def replaced(before: dict[str, str], after: dict[str, str]) -> set[str]:
    assert before.keys() == after.keys()
    return {name for name in before if before[name] != after[name]}


def test_a_databases_parameter_replaces_its_container_and_not_its_users(shop: Stack) -> None:
    before = ids(shop)
    describe(shop, SHOP.format(version="15-alpine", memory="6MB", colour="blue"))
    shop.up().ok()
    assert replaced(before, ids(shop)) == {"db"}
    assert sql(shop, "api", "show work_mem") == "6MB"
    assert sql(shop, "web", "select count(*) from rows") == "100"


def test_a_databases_image_replaces_its_container_and_not_its_users(shop: Stack) -> None:
    before, image = ids(shop), shop.containers()["db"].attrs["Image"]
    describe(shop, SHOP.format(version="15.1", memory="6MB", colour="blue"))
    shop.up().ok()
    assert replaced(before, ids(shop)) == {"db"}
    assert shop.containers()["db"].attrs["Image"] != image
    assert sql(shop, "web", "select count(*) from rows") == "100"


def test_an_environment_replaces_just_its_own_container(shop: Stack) -> None:
    before = ids(shop)
    describe(shop, SHOP.format(version="15.1", memory="6MB", colour="red"))
    shop.up().ok()
    assert replaced(before, ids(shop)) == {"api"}
    assert inside(shop.containers()["api"], "printenv", "COLOUR").ok().text == "red"
    assert shop.changes() == {}


def test_a_killed_main_process_comes_back_without_drift(shop: Stack) -> None:
    """By the restart policy: killed from the host (api), and from inside (cache)."""
    before = ids(shop)
    containers = shop.containers()
    os.kill(int(containers["api"].attrs["State"]["Pid"]), signal.SIGKILL)
    inside(containers["cache"], "sh", "-c", "kill 1").ok()

    def back() -> bool:
        for name in ("api", "cache"):
            containers[name].reload()
        states = [containers[name].attrs for name in ("api", "cache")]
        return all(one["RestartCount"] == 1 and one["State"]["Running"] for one in states)

    eventually(back, "both run again")
    assert ids(shop) == before
    assert shop.changes() == {}
    assert sql(shop, "api", "select count(*) from rows") == "100"


def test_what_was_stopped_or_deleted_comes_back_with_strata_up(shop: Stack) -> None:
    """A plain `pulumi up` sees neither and is not blocked by them."""
    before = ids(shop)
    shop.containers()["cache"].stop()
    shop.containers()["web"].remove(force=True, v=True)
    shop.containers()["db"].remove(force=True, v=True)
    shop.up().ok()
    assert sorted(ids(shop)) == ["api", "cache"]
    said = shop.make_up().ok().text
    assert f"made again: {shop.project}_{shop.name}_db, {shop.project}_{shop.name}_web" in said
    assert replaced(before, ids(shop)) == {"db", "web"}
    assert {one.status for one in shop.containers().values()} == {"running"}
    assert sql(shop, "api", "select count(*) from rows") == "100"
    assert shop.changes() == {}


def test_what_was_stopped_or_deleted_does_not_block_destroy(shop: Stack) -> None:
    shop.containers()["cache"].stop()
    shop.containers()["web"].remove(force=True, v=True)
    shop.destroy().ok()
    assert shop.left() == {"containers": [], "networks": [], "volumes": []}
    assert shop.resources() == []
