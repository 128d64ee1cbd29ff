"""A rename keeps the data, and no update destroys data that nothing claims any more (docs/adr/0006)."""

from __future__ import annotations

from typing import Any

import docker
import pytest

from tests.integration.behaviour import describe, ids, inside, sql
from tests.integration.conftest import MakeStack
from tests.integration.harness import Stack

pytestmark = pytest.mark.docker

SHOP = """
db = Postgres({database}, version="15-alpine")
api = Service("api", image="postgres:15-alpine", command="tail -f /dev/null", stop_seconds=0, needs=[db])
other = Service("other", image="postgres:15-alpine", command="tail -f /dev/null", stop_seconds=0)
system = System("scratch", data=[db], app=[api, other])
"""
RENAMED = '"orders", formerly=("db",)'


@pytest.fixture(scope="module")
def shop(make_stack: MakeStack) -> Stack:
    stack = make_stack(description="")
    describe(stack, SHOP.format(database='"db"'))
    stack.up().ok()
    sql(stack, "api", "create table rows as select generate_series(1, 100) as number")
    return stack


def volume(shop: Stack) -> Any:
    """The physical volume: its name, and the labels with the value that no other volume has."""
    found = docker.from_env().volumes.get(f"{shop.project}_{shop.name}_db-data").attrs
    assert found["Labels"]["strata.born"]
    return {"Name": found["Name"], "Labels": found["Labels"]}


def test_another_backup_class_is_no_reason_to_touch_the_volume(shop: Stack) -> None:
    """Docker cannot change a volume's labels, so the provider would replace the volume, and its data with it."""
    describe(shop, SHOP.format(database='"db", volume=FileVolume("db-data", backup="important")'))
    assert shop.changes() == {}


def test_a_renamed_database_keeps_its_rows_and_its_volume(shop: Stack) -> None:
    """Its users are replaced, because their host changed; nobody else is."""
    before, kept = ids(shop), volume(shop)
    describe(shop, SHOP.format(database=RENAMED))
    shop.up().ok()
    after = ids(shop)
    assert sorted(after) == ["api", "orders", "other"]
    assert after["other"] == before["other"] and after["api"] != before["api"]
    assert inside(shop.containers()["api"], "printenv", "DATABASE_HOST").ok().text == "orders"
    assert sql(shop, "api", "select count(*) from rows") == "100"
    assert volume(shop) == kept
    assert shop.left()["volumes"] == [kept["Name"]]
    assert shop.changes() == {}


@pytest.mark.parametrize(
    "description",
    [SHOP.format(database='"orders"'), 'system = System("scratch", data=[FileVolume("unrelated")])\n'],
    ids=["formerly was removed", "the database was removed"],
)
def test_data_that_nothing_claims_is_an_error_before_anything_is_destroyed(shop: Stack, description: str) -> None:
    """For plain `pulumi up` and for `strata up`; the message says what to do, and every container stays."""
    before, kept = ids(shop), volume(shop)
    describe(shop, description)
    for refused in (shop.up(), shop.make_up()):
        assert refused.code != 0
        assert f"{kept['Name']}: this volume holds critical data of this stack" in refused.text
        assert "formerly=('db',)" in refused.text and f"docker volume rm {kept['Name']}" in refused.text
        assert "Traceback" not in refused.text
    assert ids(shop) == before
    assert volume(shop) == kept


def test_the_description_put_right_goes_on_as_if_nothing_had_been(shop: Stack) -> None:
    describe(shop, SHOP.format(database=RENAMED))
    assert shop.changes() == {}
    assert sql(shop, "api", "select count(*) from rows") == "100"


def test_data_is_given_up_by_removing_its_volume(shop: Stack) -> None:
    """What the message says: down, which keeps the volume, then the volume; after that the description is accepted."""
    name = volume(shop)["Name"]
    shop.make_down().ok()
    assert shop.left() == {"containers": [], "networks": [], "volumes": [name]}
    docker.from_env().volumes.get(name).remove()
    describe(shop, 'system = System("scratch", data=[FileVolume("unrelated")])\n')
    shop.make_up().ok()
    assert shop.left()["volumes"] == [f"{shop.project}_{shop.name}_unrelated"]
    shop.destroy().ok()
    assert shop.left() == {"containers": [], "networks": [], "volumes": []}
