"""Health checks as a container's shell runs them, with whichever tool the image carries."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from components.model.health import Health
from components.targets.health_checks import check_command
from strata import Http, Tcp

URL = "http://127.0.0.1:80/up?full=1&deep=(2);3|4"
HTTP = Http("/up?full=1&deep=(2);3|4", timeout="1500ms")


def ask(folder: Path, tools: dict[str, int], health: Health, port: int = 80) -> tuple[int, list[str]]:
    """Run a check in a shell that has only these tools, each ending with its code; the code and what they were told.

    `bash` is the real one when its code is 0.
    """
    for name, code in tools.items():
        tool = folder / name
        if name == "bash" and code == 0:
            tool.symlink_to(shutil.which("bash") or "")
            continue
        tool.write_text(f'#!/bin/sh\nfor word in {name} "$@"; do echo "$word" >> {folder}/said; done\nexit {code}\n')
        tool.chmod(0o755)
    kind, script = check_command(health, port)
    assert kind == "CMD-SHELL"
    done = subprocess.run(["/bin/sh", "-c", script], env={"PATH": str(folder)}, capture_output=True, check=False)
    said = folder / "said"
    return done.returncode, said.read_text().splitlines() if said.exists() else []


@contextmanager
def answering(text: bytes | None) -> Iterator[tuple[int, list[bytes]]]:
    """A server on a free port that gives one answer, or none at all; its port, and what it was asked."""
    asked: list[bytes] = []
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with server.accept()[0] as connection:
                request = b""
                while not request.endswith(b"\r\n\r\n") and (more := connection.recv(1000)):
                    request += more
                asked.append(request)
                if text is None:
                    done.wait(10)
                else:
                    connection.sendall(text)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1], asked
        done.set()


@pytest.mark.parametrize(
    ("status", "healthy"),
    [("200 OK", True), ("204 No Content", True), ("302 Found", True), ("399 ?", True), ("400 Bad", False),
     ("404 Not Found", False), ("503 Busy", False)],
)  # fmt: skip
def test_http_by_bash_goes_by_the_status(tmp_path: Path, status: str, healthy: bool) -> None:
    with answering(f"HTTP/1.1 {status}\r\nServer: x\r\n\r\nbody".encode()) as (port, asked):
        code, _ = ask(tmp_path, {"bash": 0, "curl": 0}, HTTP, port)
    assert (code == 0) == healthy
    assert asked[0].startswith(b"GET /up?full=1&deep=(2);3|4 HTTP/1.0\r\nHost: ") and asked[0].endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    "answer", [b"", b"\r\n", b"SSH-2.0-x\r\n", None], ids=["closed", "empty", "not http", "silent"]
)
def test_http_by_bash_fails_on_anything_else(tmp_path: Path, answer: bytes | None) -> None:
    with answering(answer) as (port, _):
        assert ask(tmp_path, {"bash": 0}, Http("/", timeout="1s"), port)[0] != 0


def test_http_and_tcp_by_bash_fail_where_nobody_listens(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        assert ask(tmp_path, {"bash": 0, "nc": 0, "curl": 0}, HTTP, port)[0] != 0
        assert ask(tmp_path, {}, Tcp(), port)[0] != 0


def test_tcp_by_bash(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert ask(tmp_path, {"bash": 0, "nc": 1}, Tcp(port=server.getsockname()[1]), 1)[0] == 0


@pytest.mark.parametrize("code", [0, 22])
def test_http_by_curl(tmp_path: Path, code: int) -> None:
    """The URL stays one word: an `&` in it would put the check into the background, where it always succeeds."""
    tools = {"curl": code, "wget": 0, "node": 0, "python3": 0}
    assert ask(tmp_path, tools, HTTP) == (code, ["curl", "-fsS", "-m", "2", "-o", "/dev/null", URL])


@pytest.mark.parametrize("code", [0, 8])
def test_http_by_wget(tmp_path: Path, code: int) -> None:
    said = ["wget", "-q", "-T", "2", "-O", "/dev/null", URL]
    assert ask(tmp_path, {"wget": code, "node": 0, "python3": 0}, HTTP) == (code, said)


@pytest.mark.parametrize("code", [0, 1])
def test_http_by_node(tmp_path: Path, code: int) -> None:
    found, said = ask(tmp_path, {"node": code, "python3": 0}, HTTP)
    assert found == code and said[:2] == ["node", "-e"] and f"fetch('{URL}')" in said[2]


@pytest.mark.parametrize("python", ["python3", "python"])
def test_by_python(tmp_path: Path, python: str) -> None:
    found, said = ask(tmp_path, {python: 1}, HTTP)
    assert found == 1 and said[0] == python and f"u.urlopen('{URL}',timeout=2)" in said[2]
    found, said = ask(tmp_path, {}, Tcp())
    assert found == 1 and "create_connection(('127.0.0.1',80),10)" in said[-1]


@pytest.mark.parametrize("code", [0, 1])
def test_tcp_by_netcat(tmp_path: Path, code: int) -> None:
    assert ask(tmp_path, {"nc": code, "python3": 0}, Tcp(port=9)) == (code, ["nc", "-z", "127.0.0.1", "9"])


def test_without_any_tool_it_is_not_healthy(tmp_path: Path) -> None:
    assert ask(tmp_path, {}, HTTP)[0] != 0
    assert ask(tmp_path, {}, Tcp())[0] != 0
