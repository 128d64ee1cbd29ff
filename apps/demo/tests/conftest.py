"""A real Redis server for the tests of the queue and the cache."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing

import pytest
from redis import Redis
from redis.exceptions import RedisError

IMAGE = "redis:7-alpine"


def _free_port() -> int:
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """URL of a server of our own, which keeps nothing."""
    port = _free_port()
    run = ["docker", "run", "--detach", "--rm", "--publish", f"127.0.0.1:{port}:6379", IMAGE]
    container = subprocess.run(run, check=True, capture_output=True, text=True).stdout.strip()
    try:
        _wait_for(port)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        subprocess.run(["docker", "rm", "--force", "--volumes", container], check=True, capture_output=True)


def _wait_for(port: int) -> None:
    with closing(Redis(port=port)) as client:
        deadline = time.monotonic() + 10
        while True:
            try:
                client.execute_command("PING")  # pyright: ignore[reportUnknownMemberType]
                return
            except RedisError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)


@pytest.fixture
def redis_url(redis_server: str) -> str:
    """The server's URL, with nothing in it."""
    with closing(Redis.from_url(redis_server)) as client:  # pyright: ignore[reportUnknownMemberType]
        client.execute_command("FLUSHALL")  # pyright: ignore[reportUnknownMemberType]
    return redis_server
