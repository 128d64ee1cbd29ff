"""A WSGI application in front of another that knows neither threads nor requests that come again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any

Answer = tuple[str, list[tuple[str, str]], list[bytes]]


class OneAtATime:
    """Finishes a request before it begins another, and answers a repeated one as it was answered.

    An SDK whose connection broke before its answer came sends the request again under the same invocation id. One that
    failed on the server's side is tried anew.
    """

    def __init__(self, application: Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]) -> None:
        self._application, self._lock = application, threading.Lock()
        self._answers: dict[str, Answer] = {}

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        key = str(environ.get("HTTP_AMZ_SDK_INVOCATION_ID") or "")
        with self._lock:
            answer = self._answers.get(key)
            if answer is None:
                answer = self._answer(environ)
                if key and answer[0] < "500":
                    self._answers[key] = answer
        start(answer[0], answer[1])
        return answer[2]

    def _answer(self, environ: dict[str, Any]) -> Answer:
        said: list[tuple[str, list[tuple[str, str]]]] = []

        def start(status: str, headers: list[tuple[str, str]], *_: Any) -> None:
            said.append((status, headers))

        body = list(self._application(environ, start))
        return (*said[-1], body)
