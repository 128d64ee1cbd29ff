"""Schedules: jobs that the clock starts, with what they need, and what becomes of runs that overlap."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import docker
import pytest

from components.targets.docker.schedule_files import write
from tests.integration.behaviour import describe, inside
from tests.integration.conftest import MakeStack
from tests.integration.harness import Stack
from tests.waiting import eventually

pytestmark = pytest.mark.docker

FAR = "Pacific/Chatham"
"""Nowhere else is it the same hour and three quarters, so a zone that is not honoured is seen."""
SECRET = "hush-5d20"
SHOP = """
cache = Redis("cache", version="7-alpine", password=Secret("pw"))
shared = dict(image="redis:7-alpine", needs=[cache])
count = Schedule("count", cron="* {hours} * * *", timezone="{zone}", secrets={{"TOKEN": Secret("token")}},
                 read_only=True, user="1000:1000", secrets_as="files", **shared, command=["sh", "-c", {count!r}])
elsewhere = Schedule("elsewhere", cron="* {hours} * * *", **shared, command="redis-cli -h cache ping")
fails = Schedule("fails", cron="* * * * *", **shared, command=["sh", "-c", "echo cannot; exit 3"])
slow = [Schedule(policy, cron="@yearly", overlap=policy, stop_seconds=2, **shared,
                 command=["sh", "-c", "trap 'sleep 30' TERM; echo began; sleep 5 & wait; echo ended"])
        for policy in ("forbid", "allow", "replace")]
system = System("scratch", data=[cache], app=[count, elsewhere, fails, *slow])
"""
COUNT = (
    "REDISCLI_AUTH=$(cat $REDIS_PASSWORD_FILE) redis-cli -h $REDIS_HOST incr runs; "
    'echo "token $(wc -c < $TOKEN_FILE)"; date "+by %Z, as $(id -u)"'
)


@pytest.fixture(scope="module")
def shop(make_stack: MakeStack) -> Stack:
    now = datetime.now(ZoneInfo(FAR))
    hours = f"{now.hour},{(now.hour + 1) % 24}"
    made = make_stack(description="", secrets={"token": SECRET})
    describe(made, SHOP.format(zone=FAR, hours=hours, count=COUNT))
    made.up().ok()
    return made


def said(shop: Stack, name: str) -> str:
    return shop.containers()[name].logs().decode()


def test_a_job_runs_at_its_time_in_its_zone_with_what_it_needs(shop: Stack) -> None:
    """As the image's user says and without a writable root; its own lines are in the container's log as they are."""
    eventually(lambda: "job succeeded" in said(shop, "count"), "a run in the next minute", 70)
    lines = said(shop, "count").splitlines()
    assert {"1", f"token {len(SECRET)}", "by UTC, as 1000"} <= set(lines)
    assert SECRET not in said(shop, "count")
    inspected = shop.containers()["count"].attrs
    assert SECRET not in str(inspected) and "docker.sock" not in str(inspected)
    runs = "redis-cli -a $(cat /run/secrets/redis-password) --no-auth-warning get runs"
    assert int(inside(shop.containers()["cache"], "sh", "-c", runs).ok().text) >= 1


def test_a_job_does_not_run_at_that_time_in_another_zone(shop: Stack) -> None:
    """The same hours, of UTC; a minute has passed, or the test before would have failed."""
    assert "starting" in said(shop, "count") and "starting" not in said(shop, "elsewhere")


def test_a_run_that_fails_is_told_and_the_scheduler_goes_on(shop: Stack) -> None:
    eventually(lambda: "exit status 3" in said(shop, "fails"), "a failed run", 70)
    failed = [line for line in said(shop, "fails").splitlines() if "exit status 3" in line]
    assert "level=error" in failed[0] and "cannot" in said(shop, "fails").splitlines()
    assert shop.containers()["fails"].attrs["State"]["Health"]["Status"] == "healthy"


def test_an_update_without_changes_makes_none_and_another_time_replaces_the_schedule_alone(shop: Stack) -> None:
    before = shop.lives()
    assert shop.changes() == {} and shop.changed() == {}
    text = (shop.folder / "system.py").read_text()
    describe(shop, text.partition("\n")[2].replace('"@yearly"', '"@monthly"', 1))
    shop.up().ok()
    after = shop.lives()
    assert {name for name in before if before[name] != after[name]} == {"forbid", "allow", "replace"}
    assert shop.changes() == {}


def runs(shop: Stack, policy: str, until: Callable[[list[str]], bool]) -> list[str]:
    """What the runs of a schedule say when it is given a crontab that starts one every two seconds, `until` they have
    said what is waited for: how soon depends on the machine."""
    program = next(one for one in shop.resources() if one["urn"].endswith(f"::{policy}-program-content"))
    props = {**program["inputs"], "crontab": program["inputs"]["crontab"].replace("0 0 1 * *", "*/2 * * * * * *")}
    assert props["crontab"] != program["inputs"]["crontab"]
    write(props)
    container = shop.containers()[policy]
    container.restart(timeout=0)
    began = time.time()

    def lines() -> list[str]:
        return container.logs(since=began - 1).decode().splitlines()

    eventually(lambda: until(lines()), f"the runs of {policy}")
    container.kill()
    return lines()


def kept(lines: list[str]) -> list[str]:
    return [line for line in lines if line in {"began", "ended"}]


def test_forbid_leaves_a_run_out(shop: Stack) -> None:
    lines = runs(shop, "forbid", lambda lines: kept(lines).count("ended") > 1)
    assert all(one != other for one, other in pairwise(kept(lines))), lines
    assert any("not starting: job is still running" in line for line in lines)


def test_allow_starts_one_beside_another(shop: Stack) -> None:
    lines = runs(shop, "allow", lambda lines: "ended" in kept(lines))
    assert kept(lines)[:2] == ["began", "began"], lines


def test_replace_ends_the_one_before_by_force_where_it_must(shop: Stack) -> None:
    """Each run holds on for longer than it may; none gets to its end, and one has begun after another was gone."""
    lines = runs(shop, "replace", lambda lines: len(kept(lines)) > 1 and any("signal: killed" in one for one in lines))
    assert set(kept(lines)) == {"began"}, lines
    told = "the run before has not ended: it is replaced by this one"
    assert told in lines and any("signal: killed" in line for line in lines), lines


def test_stopping_gives_a_run_its_time_and_no_more(shop: Stack) -> None:
    container = shop.containers()["count"]
    began = time.monotonic()
    container.stop(timeout=10)
    container.reload()
    assert time.monotonic() - began < 8 and container.attrs["State"]["ExitCode"] == 0


def test_an_image_without_a_shell_or_a_command_fails_the_update(make_stack: MakeStack, shop: Stack) -> None:
    scheduler = next(one for one in shop.resources() if one["urn"].endswith("::build-scheduler"))["outputs"]
    bare = f"{scheduler['name']}-bare"
    docker.from_env().images.get(scheduler["imageId"]).tag(*bare.rsplit(":", 1))
    stack = make_stack(description=(
        f'from strata import *\nsystem = System("scratch", app=[Schedule("bare", image="{bare}", cron="@daily")])\n'
    ))  # fmt: skip
    failed = stack.up()
    assert failed.code != 0 and "bare: its health check fails" in failed.text and "/bin/sh" in failed.text


def test_destroy_leaves_nothing(shop: Stack) -> None:
    shop.destroy().ok()
    assert shop.left() == {"containers": [], "networks": [], "volumes": []}
