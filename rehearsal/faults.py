"""A proxy in front of an emulated AWS that lets chosen calls fail as AWS lets them fail.

    with faulty(emulator.endpoint) as proxy:
        proxy.fail("s3", "CreateBucket", Refuse(Kind.QUOTA))
        ...                      # a stack whose strata:aws.endpoint is proxy.endpoint
        proxy.heal()

Every other request is passed on as it is, and its answer back.
"""

from __future__ import annotations

import http.client
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from rehearsal.aws_calls import Call, identify
from rehearsal.aws_errors import Error, Kind, documented, written

HOP = frozenset({"connection", "content-length", "keep-alive", "transfer-encoding", "date", "server"})
"""Headers that belong to one connection, or that the proxy writes itself."""
PATIENCE = 120
"""Seconds that the emulator may take for an answer."""


@dataclass(frozen=True)
class Refuse:
    """Answer with an error of AWS's, and do nothing: one of the table's kinds, or any other."""

    error: Kind | Error


@dataclass(frozen=True)
class Delay:
    """Pass the request on, `seconds` later; with `done` pass it on at once and keep the answer for that long."""

    seconds: float
    done: bool = False


@dataclass(frozen=True)
class Drop:
    """Close the connection without an answer; `done` is whether the emulator has done what it was asked for."""

    done: bool = False


@dataclass(frozen=True)
class Change:
    """Pass the request on, and change its answer's body on the way back."""

    change: Callable[[bytes], bytes]


Fault = Refuse | Delay | Drop | Change


@dataclass(frozen=True)
class Asked:
    """A request: its call, the SDK's id of the call, which is the same when it tries again ("" without one), and
    whether it is the provider's SDK (for Go) that asks and not our own (boto3)."""

    call: Call
    invocation: str = ""
    provider: bool = False


Choice = Callable[[Asked], Fault | None]
"""Says what is wrong with a request; None leaves it to the rules. Called in the order of the requests, one at a time.
"""


@dataclass
class Rule:
    """Which calls fail, and how; `times` is how many still will (None: all)."""

    service: str
    operation: str
    fault: Fault
    times: int | None


@dataclass
class Proxy:
    """The proxy while it runs: `endpoint` is where it answers, `asked` counts the calls it got, `failed` those that it
    let fail, `log` has every request since it was last cleared; `choice` is asked before the rules."""

    upstream: str
    endpoint: str = ""
    asked: Counter[str] = field(default_factory=Counter[str])
    failed: Counter[str] = field(default_factory=Counter[str])
    mistakes: list[str] = field(default_factory=list[str])
    log: list[Asked] = field(default_factory=list[Asked])
    choice: Choice | None = None
    _rules: list[Rule] = field(default_factory=list[Rule])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def fail(self, service: str, operation: str, fault: Fault, times: int | None = None) -> None:
        """Let calls fail from now on; `service` and `operation` are shell patterns over AWS's names (`s3`,
        `Create*`). The rule that was given last comes first."""
        with self._lock:
            self._rules.insert(0, Rule(service, operation, fault, times))

    def heal(self) -> None:
        """Let nothing fail any more."""
        with self._lock:
            self._rules.clear()
            self.choice = None

    def fault(self, asked: Asked) -> Fault | None:
        """What is wrong with a request that has come; used up by asking."""
        with self._lock:
            call = asked.call
            self.log.append(asked)
            self.asked[str(call)] += 1
            chosen = self.choice(asked) if self.choice else None
            if chosen is not None:
                self.failed[str(call)] += 1
                return chosen
            for rule in self._rules:
                fits = fnmatchcase(call.service, rule.service) and fnmatchcase(call.operation, rule.operation)
                if fits and rule.times != 0:
                    rule.times = None if rule.times is None else rule.times - 1
                    self.failed[str(call)] += 1
                    return rule.fault
        return None


@contextmanager
def faulty(upstream: str) -> Generator[Proxy]:
    """A proxy on loopback in front of `upstream` until the block ends. Raises LookupError at the end when an error was
    wanted that the table does not have."""
    proxy = Proxy(upstream)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(proxy))
    server.daemon_threads = True
    proxy.endpoint = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    if proxy.mistakes:
        raise LookupError("; ".join(proxy.mistakes))


def _handler(proxy: Proxy) -> type[BaseHTTPRequestHandler]:
    place = urlsplit(proxy.upstream)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 1 << 16
        """An answer goes in one piece, for the reason that rehearsal/ministack/answers.py gives."""

        def handle_one_request(self) -> None:
            # Who asked may be gone before the answer comes: an SDK that has timed out.
            with suppress(ConnectionError):
                super().handle_one_request()

        def any_method(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            call = identify(self.command, self.path, headers, body)
            provider = "aws-sdk-go" in headers.get("user-agent", "")
            fault = proxy.fault(Asked(call, headers.get("amz-sdk-invocation-id", ""), provider))
            if isinstance(fault, Refuse):
                self.refuse(fault, call)
                return
            if isinstance(fault, Delay) and not fault.done:
                time.sleep(fault.seconds)
            if isinstance(fault, Drop) and not fault.done:
                self.close_connection = True
                return
            status, answered, content = self.passed_on(body)
            if isinstance(fault, Delay) and fault.done:
                time.sleep(fault.seconds)
            if isinstance(fault, Drop):
                self.close_connection = True
                return
            self.reply(status, answered, fault.change(content) if isinstance(fault, Change) else content)

        def refuse(self, fault: Refuse, call: Call) -> None:
            try:
                error = fault.error if isinstance(fault.error, Error) else documented(fault.error, call)
            except LookupError as wrong:
                proxy.mistakes.append(str(wrong))
                error = Error("InternalFailure", str(wrong), 500)
            headers, body = written(error, call)
            self.reply(error.status, list(headers.items()), body)

        def passed_on(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
            onward = http.client.HTTPConnection(place.hostname or "", place.port, timeout=PATIENCE)
            try:
                headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP}
                onward.request(self.command, self.path, body, headers)
                answer = onward.getresponse()
                content = answer.read()
                return answer.status, answer.getheaders(), content
            finally:
                onward.close()

        def reply(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
            self.send_response(status)
            for name, value in headers:
                if name.lower() not in HOP:
                    self.send_header(name, value)
            told = next((value for name, value in headers if name.lower() == "content-length"), "0")
            self.send_header("Content-Length", told if self.command == "HEAD" else str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = any_method

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing: a test reads `asked`."""

    return Handler
