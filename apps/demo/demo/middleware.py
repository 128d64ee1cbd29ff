"""What happens around every request: its id, its trace, its metrics, its log line, its size limit."""

import re
import time
from contextlib import suppress
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from demo import metrics
from demo.intake import MAX_BYTES
from demo.logs import get_logger
from demo.telemetry import Span, Telemetry

# The form around the file adds its boundaries and other fields.
_MAX_BODY = MAX_BYTES + 64 * 1024
_MOST_DRAINED = 64 * 1024 * 1024
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_QUIET = ("/health", "/ready", "/metrics")

log = get_logger("demo.access")


class TooLarge(Exception):
    """The body goes beyond the limit."""


class Observe:
    """Outermost layer of the API. `scope["request_id"]` and `scope["span"]` are for the handlers."""

    def __init__(self, app: ASGIApp, telemetry: Telemetry) -> None:
        self._app = app
        self._telemetry = telemetry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        offered = headers.get("x-request-id", "")
        scope["request_id"] = offered if _REQUEST_ID.fullmatch(offered) else uuid4().hex
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=scope["request_id"])
        with self._telemetry.span(scope["method"], "server", {"traceparent": headers.get("traceparent", "")}) as span:
            scope["span"] = span
            await _Exchange(scope, receive, send, span).run(self._app)


class _Exchange:
    def __init__(self, scope: Scope, receive: Receive, send: Send, span: Span) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._span = span
        self._started = time.perf_counter()
        self._status = 500
        self._begun = False
        self._streaming = False
        self._received = 0
        self._too_large = False
        self._refused = False

    async def run(self, app: ASGIApp) -> None:
        length = Headers(scope=self._scope).get("content-length", "0")
        try:
            self._too_large = length.isdigit() and int(length) > _MAX_BODY
            if not self._too_large:
                with suppress(TooLarge):
                    await app(self._scope, self.receive, self.send)
            if self._too_large:
                await self._refuse()
        finally:
            if not self._streaming:
                self._record()

    async def receive(self) -> Message:
        message = await self._receive()
        self._received += len(message.get("body", b""))
        if self._received > _MAX_BODY:
            self._too_large = True
            raise TooLarge
        return message

    async def send(self, message: Message) -> None:
        if self._too_large and not self._refused:
            # What parses forms answers TooLarge in words of its own; ours are better.
            return
        if message["type"] == "http.response.start":
            self._begun = True
            self._status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["X-Request-ID"] = self._scope["request_id"]
            headers["X-Content-Type-Options"] = "nosniff"
            if headers.get("content-type", "").startswith("text/event-stream"):
                # A stream lasts as long as its page is open, which says nothing about how fast we answer.
                self._streaming = True
                self._record()
        await self._send(message)

    async def _refuse(self) -> None:
        self._refused = True
        if self._begun:
            return
        await self._drain()
        detail = f"This is larger than the limit of {MAX_BYTES // 1024 // 1024} MB."
        response = JSONResponse({"detail": detail}, status_code=413, headers={"connection": "close"})
        with suppress(OSError):
            await response(self._scope, self._receive, self.send)

    async def _drain(self) -> None:
        """Read on without keeping anything: a proxy that is still sending would not see an answer before it is done."""
        while self._received < _MOST_DRAINED:
            message = await self._receive()
            self._received += len(message.get("body", b""))
            if not message.get("more_body"):
                return

    def _endpoint(self) -> str:
        """The template of the route as it was called: raw paths would make a time series of every job."""
        template = getattr(self._scope.get("route"), "path", None)
        if template is None:
            return "unmatched"
        # The router names a route without the prefix that it was included under.
        kept = self._scope["path"].startswith("/api/") and not template.startswith("/api/")
        return f"/api{template}" if kept else template

    def _record(self) -> None:
        method, status = self._scope["method"], str(self._status)
        endpoint = self._endpoint()
        seconds = time.perf_counter() - self._started
        metrics.count("http_requests_total", method=method, endpoint=endpoint, status=status)
        metrics.observe("http_request_duration_seconds", seconds, method=method, endpoint=endpoint)
        self._span.rename(f"{method} {endpoint}")
        self._span.set(http_request_method=method, http_route=endpoint)
        if self._status >= 500:
            self._span.failed(f"status {status}")
        write = log.debug if endpoint.endswith(_QUIET) and self._status < 400 else log.info
        client = self._scope.get("client")
        write(
            "request",
            method=method,
            path=self._scope["path"],
            endpoint=endpoint,
            status=self._status,
            milliseconds=round(seconds * 1000, 1),
            client=client[0] if client else None,
        )
