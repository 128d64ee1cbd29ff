"""The one question that the provider asks AWS while it plans: whether a state machine's definition is valid.

Here nobody can be asked, so each is taken for valid; that AWS takes it shows where the stack comes up. checkov has no
rule about definitions.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from policy.scan.kinds import Json

ASKED = "AWSStepFunctions.ValidateStateMachineDefinition"
VALID: Json = {"result": "OK", "diagnostics": [], "truncated": False}


class _Answer(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        asked = self.headers.get("X-Amz-Target", "")
        known = asked == ASKED
        wrong = {
            "__type": "AccessDeniedException",
            "message": f"a plan of the scan asks AWS nothing, and asked {asked}",
        }
        body = json.dumps(VALID if known else wrong).encode()
        self.send_response(200 if known else 400)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """The scan prints its own lines alone."""


@contextmanager
def answered() -> Generator[str]:
    """Where Step Functions is asked, on this machine alone; every other question is refused."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answer)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
