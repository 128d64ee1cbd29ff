"""Replicas behind the gateway, free ports of two stacks side by side, and builds."""

from __future__ import annotations

import os
import socket
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import docker
import pytest

from tests.integration.behaviour import describe, ids
from tests.integration.conftest import MakeStack
from tests.integration.harness import Stack
from tests.waiting import eventually

pytestmark = pytest.mark.docker

ANSWERS = """
import http.server, os, socket
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = f"{socket.gethostname()} {os.environ['COLOUR']}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
http.server.ThreadingHTTPServer(("", 80), Answer).serve_forever()
"""
SHOP = """
web = Service("web", image="python:3.14-slim", port=80, replicas={replicas}, stop_seconds=0,
              command=["python", "-c", {answers!r}], environment={{"COLOUR": "{colour}"}}, health=Tcp(interval="1s"))
system = System("scratch", app=[web], gateway=Gateway(routes={{"/": web}}))
"""


def shop_with(colour: str, replicas: int) -> str:
    return SHOP.format(answers=ANSWERS, colour=colour, replicas=replicas)


@pytest.fixture(scope="module")
def shop(make_stack: MakeStack) -> Stack:
    stack = make_stack(description="")
    describe(stack, shop_with("blue", 3))
    stack.up().ok()
    return stack


def ask(stack: Stack, times: int = 1) -> list[str]:
    url = str(stack.outputs()["url"])
    answers: list[str] = []
    for _ in range(times):
        with urllib.request.urlopen(url, timeout=10) as answer:
            answers.append(answer.read().decode())
    return answers


def replicas(stack: Stack) -> set[str]:
    """The host names of the service's containers: the beginnings of their ids."""
    label = {"label": [f"strata.stack={stack.owner}", "strata.service=web"]}
    return {str(one.id)[:12] for one in docker.from_env().containers.list(filters=label)}


def test_requests_are_balanced_over_all_replicas(shop: Stack) -> None:
    assert len(replicas(shop)) == 3
    answers = ask(shop, 60)
    assert {answer.split()[0] for answer in answers} == replicas(shop)
    assert {answer.split()[1] for answer in answers} == {"blue"}


def test_replaced_containers_are_found_by_the_running_gateway(shop: Stack) -> None:
    before, old = ids(shop), replicas(shop)
    describe(shop, shop_with("red", 3))
    shop.up().ok()
    assert ids(shop)["gateway"] == before["gateway"]
    assert not replicas(shop) & old

    def all_new() -> bool:
        return {answer.split()[0] for answer in ask(shop, 30)} == replicas(shop)

    eventually(all_new, "the gateway asks the new containers, all of them")
    assert {answer.split()[1] for answer in ask(shop, 30)} == {"red"}
    assert docker.from_env().containers.get(before["gateway"]).attrs["RestartCount"] == 0


def test_two_stacks_of_a_system_live_side_by_side(shop: Stack, make_stack: MakeStack) -> None:
    """With ports of their own, which they keep over updates and over `down`."""
    describe(shop, shop_with("red", 1))
    other = make_stack(shop.folder, system="system")
    shop.up().ok()
    other.up().ok()
    urls = [stack.outputs()["url"] for stack in (shop, other)]
    assert urls[0] != urls[1]
    assert ask(shop)[0].split()[0] in replicas(shop)
    assert ask(other)[0].split()[0] in replicas(other)
    other.make_down().ok()
    other.make_up().ok()
    assert [stack.outputs()["url"] for stack in (shop, other)] == urls
    other.destroy().ok()
    assert ask(shop)[0].split()[0] in replicas(shop)


@pytest.mark.parametrize("verb", ["stop", "down"])
def test_a_kept_port_that_is_taken_meanwhile_is_chosen_anew(shop: Stack, verb: str) -> None:
    before = str(shop.outputs()["url"])
    shop.run("strata", verb, "--system", f"{shop.folder}/", "--stack", shop.name).ok()
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", urlsplit(before).port or 0))
        taken.listen()
        shop.make_up().ok()
        assert shop.outputs()["url"] != before
        assert ask(shop)[0].split()[0] in replicas(shop)
    assert shop.changes() == {}


DOCKERFILE = "FROM debian:12-slim\nCOPY text /text\n"
BUILT = """
code = Build("{context}")
one = Service("one", image=code, command="tail -f /dev/null", stop_seconds=0)
two = Service("two", image=code, command="tail -f /dev/null", stop_seconds=0)
other = Service("other", image="debian:12-slim", command="tail -f /dev/null", stop_seconds=0)
system = System("scratch", app=[one, two, other])
"""


@pytest.fixture
def context(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "strata-test-built"
    folder.mkdir()
    (folder / "Dockerfile").write_text(DOCKERFILE)
    (folder / "text").write_text("first")
    yield folder
    client = docker.from_env()
    for image in client.images.list(name="scratch/strata-test-built"):
        client.images.remove(str(image.id), force=True)


def test_a_build_follows_contents_and_not_times(make_stack: MakeStack, context: Path) -> None:
    stack = make_stack(description="")
    describe(stack, BUILT.format(context=context))
    stack.up().ok()
    before = ids(stack)
    assert stack.changes() == {}
    os.utime(context / "text", (0, 0))
    assert stack.changes() == {}
    (context / "text").write_text("second")
    stack.up().ok()
    after = ids(stack)
    assert {name for name in after if after[name] != before[name]} == {"one", "two"}
    assert stack.containers()["two"].exec_run(["cat", "/text"]).output == b"second"
    stack.destroy().ok()
    assert stack.left() == {"containers": [], "networks": [], "volumes": []}
