"""What cannot work ends with one message that says so, leaves nothing behind, and the next update goes on."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import docker
import pytest

from components.targets.docker.ports import free_port
from tests.integration.behaviour import describe, recorded
from tests.integration.conftest import MakeStack
from tests.integration.harness import Stack

pytestmark = pytest.mark.docker

NOTHING = {"containers": [], "networks": [], "volumes": []}
WRONG = """
db = Postgres("db", version="15-alpine")
api = Service("api", image="postgres:15-alpine", needs=[db], after=[completed(db)], health=Http("/", port=80))
web = Service("web", image="nginx:alpine", needs=[api, Redis("cache")])
system = System("scratch", data=[db], app=[api, web])
"""
ONE = 'one = Service("one", image="{image}", stop_seconds=0, command={command!r}{more})\n'
SYSTEM = """
two = Service("two", image="postgres:15-alpine", stop_seconds=0, command="tail -f /dev/null", needs=[one])
system = System("scratch", app=[one, two])
"""
IDLE = "tail -f /dev/null"


def one(image: str = "postgres:15-alpine", command: str | list[str] = IDLE, more: str = "") -> str:
    return ONE.format(image=image, command=command, more=more) + SYSTEM


@pytest.fixture
def scratch(make_stack: MakeStack) -> Iterator[Stack]:
    """A stack of its own with fixed ports, which leaves nothing once it is destroyed."""
    stack = make_stack(description="", ports="fixed")
    yield stack
    stack.destroy().ok()
    assert stack.left() == NOTHING


def test_a_wrong_description_is_told_once_and_makes_nothing(scratch: Stack) -> None:
    """All its problems, no traceback, nothing in the state and nothing on the daemon; what was there stays."""
    describe(scratch, WRONG)
    refused = scratch.up()
    assert refused.code != 0
    assert "2 problems in the description:" in refused.text
    assert refused.text.count("completed(db) waits for a Task") == 1
    assert refused.text.count("cache (Redis) is not part of the system") == 1
    assert "Traceback" not in refused.text
    assert scratch.left() == NOTHING
    assert {resource["type"] for resource in scratch.resources()} <= {"pulumi:pulumi:Stack"}
    describe(scratch, one())
    scratch.up().ok()
    before = scratch.left()
    describe(scratch, WRONG)
    assert scratch.up().code != 0
    assert scratch.left() == before == recorded(scratch)


def test_an_image_that_does_not_exist_is_named(scratch: Stack) -> None:
    describe(scratch, one(image="strata-test-no-such-image:1"))
    refused = scratch.up()
    assert refused.code != 0
    assert "strata-test-no-such-image:1" in refused.text
    assert scratch.left()["containers"] == []
    describe(scratch, one())
    scratch.up().ok()
    assert sorted(scratch.containers()) == ["one", "two"]


def test_a_host_port_in_use_is_named_with_its_service(scratch: Stack) -> None:
    """Taken by another program, then by somebody else's container; once it is free the next update goes on."""
    port = free_port(set())
    describe(scratch, one(more=f", publish=[Publish({port}, 80)]"))
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))
        taken.listen()
        refused = scratch.up()
    assert refused.code != 0
    assert f"one: host port {port} on 127.0.0.1 is taken by another program" in refused.text
    assert "publish another port" in refused.text and "strata:ports free" in refused.text
    assert "Traceback" not in refused.text
    name = f"{scratch.project}_{scratch.name}-other"
    other = docker.from_env().containers.run(
        "postgres:15-alpine", ["tail", "-f", "/dev/null"], name=name, detach=True, ports={"80/tcp": ("127.0.0.1", port)}
    )
    try:
        refused = scratch.up()
    finally:
        other.remove(force=True, v=True)
    assert refused.code != 0
    assert f"one: host port {port} on 127.0.0.1 is taken by the container {name}" in refused.text
    scratch.up().ok()
    assert sorted(scratch.containers()) == ["one", "two"]
    assert scratch.changes() == {}


def test_a_container_that_cannot_start_is_in_the_state(scratch: Stack) -> None:
    """So the next update replaces it, or destroy removes it."""
    describe(scratch, one(image="debian:12-slim", command="/no/such/program"))
    refused = scratch.up()
    assert refused.code != 0
    assert "/no/such/program" in refused.text
    assert scratch.left() == recorded(scratch)
    assert scratch.left()["containers"] == [f"{scratch.project}_{scratch.name}_one"]
    scratch.destroy().ok()
    assert scratch.left() == NOTHING
    assert scratch.up().code != 0
    describe(scratch, one())
    scratch.up().ok()
    assert sorted(scratch.containers()) == ["one", "two"]


def test_a_bad_mount_leaves_nothing(scratch: Stack) -> None:
    describe(scratch, one(more=', volumes=[Mount("no-such-folder", "/there")]'))
    refused = scratch.up()
    assert refused.code != 0
    assert "no-such-folder" in refused.text
    scratch.destroy().ok()
    assert scratch.left() == NOTHING


def test_a_service_that_is_never_healthy_says_why(scratch: Stack) -> None:
    """Its name, what the check said, and its last log lines; who needs it is not started."""
    health = ', health=Command("echo not yet; exit 1", interval="1s", retries=2)'
    describe(scratch, one(command=["sh", "-c", "echo warming up; exec tail -f /dev/null"], more=health))
    refused = scratch.up()
    assert refused.code != 0
    assert "one: its health check fails; the check says: not yet" in refused.text
    assert "its last log lines:" in refused.text and "warming up" in refused.text
    assert "Traceback" not in refused.text
    assert sorted(scratch.containers()) == ["one"]
    describe(scratch, one(more=health.replace("echo not yet; exit 1", "true")))
    scratch.up().ok()
    assert sorted(scratch.containers()) == ["one", "two"]
    assert scratch.changes() == {}
