"""The worker's pulse, and the small HTTP server that tells it to the platform."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

LONGEST_SILENCE_SECONDS = 30.0


class Pulse:
    """When the consumer loop last showed that it is alive."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def beat(self) -> None:
        self._last = time.monotonic()

    @property
    def silence(self) -> float:
        """Seconds since the last beat."""
        return time.monotonic() - self._last


def serve(pulse: Pulse, port: int) -> ThreadingHTTPServer:
    """Answer /health and /metrics on `port` of all addresses, in threads: a loop that hangs cannot say so itself.

    Raises `OSError` when the port is taken.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.split("?")[0]
            if path in ("/health", "/api/health"):
                silence = pulse.silence
                alive = silence < LONGEST_SILENCE_SECONDS
                body = "ok\n" if alive else f"the consumer loop has not beaten for {silence:.0f} s\n"
                self._answer(200 if alive else 503, "text/plain; charset=utf-8", body.encode())
            elif path == "/metrics":
                self._answer(200, CONTENT_TYPE_LATEST, generate_latest())
            else:
                self._answer(404, "text/plain; charset=utf-8", b"there are /health and /metrics\n")

        def _answer(self, status: int, content_type: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: health checks every few seconds would drown the log."""

    server = ThreadingHTTPServer(("", port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name="pulse", daemon=True).start()
    return server
