"""Tasks: they run when they must and never otherwise, and what goes wrong in one is told."""

from __future__ import annotations

from collections.abc import Iterator

import docker
import pytest

from tests.integration.behaviour import describe, sql
from tests.integration.conftest import MakeStack
from tests.integration.harness import Stack
from tests.integration.watch import Watch

pytestmark = pytest.mark.docker

SECRET = "hush-9f1c"
SHOP = """
db = Postgres("db", version="15-alpine", parameters={{"work_mem": "{memory}"}})
migrate = Task("migrate", image="postgres:15-alpine", needs=[db], timeout="{timeout}",
               environment={{"ROUND": "{round}"}}, secrets={{"TOKEN": Secret("token")}},
               command=["sh", "-c", {script!r}])
api = Service("api", image="postgres:15-alpine", command="tail -f /dev/null", stop_seconds=0, needs=[db],
              after=[completed(migrate)])
system = System("scratch", data=[db], app=[migrate, api])
"""
WORKS = (
    'psql -q -v ON_ERROR_STOP=1 "$DATABASE_URL" -c "create table if not exists runs (round text)" '
    "-c \"insert into runs values ('$ROUND')\""
)


def shop_with(script: str = WORKS, number: int = 0, timeout: str = "1m", memory: str = "5MB") -> str:
    return SHOP.format(script=script, round=number, timeout=timeout, memory=memory)


@pytest.fixture(scope="module")
def shop(make_stack: MakeStack) -> Stack:
    return make_stack(description="", secrets={"token": SECRET})


@pytest.fixture(scope="module")
def watch(shop: Stack) -> Iterator[Watch]:
    with Watch(shop.owner) as following:
        yield following


def starts(watch: Watch) -> int:
    """How often the Task's container was started."""
    return watch.seen().count(("migrate", "start"))


def recorded(shop: Stack) -> bool:
    return any(one["urn"].endswith("::migrate-run") for one in shop.resources())


def test_a_failed_task_fails_the_update_with_its_last_lines(shop: Stack, watch: Watch) -> None:
    """Secret values masked; nothing is recorded and what waits for it is not made."""
    describe(shop, shop_with("echo one; echo token is $TOKEN; echo boom; exit 3"))
    failed = shop.up()
    assert failed.code != 0
    assert "migrate: the task ended with exit code 3; its last log lines:" in failed.text
    assert "token is [secret]" in failed.text and "boom" in failed.text
    assert SECRET not in failed.text and "Traceback" not in failed.text
    assert not recorded(shop)
    assert sorted(shop.containers()) == ["db"]
    assert starts(watch) == 1


def test_a_task_that_takes_too_long_is_ended(shop: Stack, watch: Watch) -> None:
    describe(shop, shop_with("echo patience; exec sleep 300", timeout="2s"))
    failed = shop.up()
    assert failed.code != 0
    assert "migrate: the task took longer than 2 s; its last log lines:" in failed.text
    assert "patience" in failed.text
    assert not recorded(shop)
    assert sorted(shop.containers()) == ["db"]


def test_once_mended_it_runs_and_lets_others_start(shop: Stack) -> None:
    """What an interrupted run left under its name goes away first."""
    left = docker.from_env().containers.create(
        "postgres:15-alpine", ["sleep", "300"], name=f"{shop.project}_{shop.name}_migrate",
        labels={"strata.stack": shop.owner, "strata.service": "migrate"},
    )  # fmt: skip
    left.start()
    describe(shop, shop_with())
    shop.up().ok()
    assert recorded(shop)
    assert sorted(shop.containers()) == ["api", "db"]
    assert sql(shop, "api", "select string_agg(round, ',') from runs") == "0"


def test_it_runs_again_for_a_changed_environment_and_never_else(shop: Stack, watch: Watch) -> None:
    """Not for an update without changes, not for a replaced database with the same data, not in a preview."""
    before = starts(watch)
    shop.up().ok()
    describe(shop, shop_with(memory="6MB"))
    shop.up().ok()
    assert sql(shop, "api", "show work_mem") == "6MB"
    describe(shop, shop_with(number=1, memory="6MB"))
    assert shop.changes() == {"update": 2}, "its run, and the list of releases with what ran"
    assert starts(watch) == before
    shop.up().ok()
    assert starts(watch) == before + 1
    assert sql(shop, "api", "select string_agg(round, ',') from runs") == "0,1"


def test_it_runs_again_on_a_new_volume(shop: Stack) -> None:
    shop.containers()["db"].remove(force=True, v=True)
    docker.from_env().volumes.get(f"{shop.project}_{shop.name}_db-data").remove()
    describe(shop, shop_with(number=1))
    shop.make_up().ok()
    assert sql(shop, "api", "select string_agg(round, ',') from runs") == "1"


def test_destroy_does_not_run_it(shop: Stack, watch: Watch) -> None:
    before = starts(watch)
    shop.destroy().ok()
    assert starts(watch) == before
    assert shop.left() == {"containers": [], "networks": [], "volumes": []}
