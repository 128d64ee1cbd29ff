"""What stands before moto: one request at a time, and the same answer to the same request."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from rehearsal.one_at_a_time import OneAtATime


class Counting:
    """Answers with the number of the request, after a while; `status` is what it says."""

    def __init__(self, status: str = "200 OK") -> None:
        self.status, self.count, self.inside, self.most = status, 0, 0, 0

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        self.inside += 1
        self.most = max(self.most, self.inside)
        time.sleep(0.01)
        self.count += 1
        self.inside -= 1
        start(self.status, [("X-Count", str(self.count))])
        return [str(self.count).encode()]


def ask(application: OneAtATime, identity: str | None = None) -> tuple[str, list[tuple[str, str]], bytes]:
    said: list[Any] = []
    environ = {"HTTP_AMZ_SDK_INVOCATION_ID": identity} if identity else {}
    body = b"".join(application(environ, lambda *words: said.extend(words)))
    return said[0], said[1], body


def test_a_request_that_comes_again_is_answered_as_it_was() -> None:
    application = OneAtATime(Counting())
    assert ask(application, "a") == ("200 OK", [("X-Count", "1")], b"1")
    assert ask(application, "b")[2] == b"2"
    assert ask(application, "a") == ("200 OK", [("X-Count", "1")], b"1")
    assert [ask(application)[2], ask(application)[2]] == [b"3", b"4"], "without an id every request is a new one"


def test_what_failed_is_tried_anew() -> None:
    counting = Counting("500 Internal Server Error")
    application = OneAtATime(counting)
    assert [ask(application, "a")[2], ask(application, "a")[2]] == [b"1", b"2"]
    counting.status = "400 Bad Request"
    assert [ask(application, "a")[2], ask(application, "a")[2]] == [b"3", b"3"], "a refusal is an answer"


def test_one_request_at_a_time() -> None:
    counting = Counting()
    application = OneAtATime(counting)
    threads = [threading.Thread(target=ask, args=(application, f"{number}")) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (counting.count, counting.most) == (8, 1)
