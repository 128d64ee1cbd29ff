"""Requests through the rehearsed load balancer: plain HTTP to the emulator, under the name that it answers to."""

from __future__ import annotations

import http.client
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

PATIENCE = 30.0
HTTPS = 443
"""MiniStack takes the listener's port from the Host header and speaks no TLS itself."""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Door:
    """The load balancer of a stack: the emulator's address, and the URL that the stack's outputs give."""

    endpoint: str
    url: str

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None,
        patience: float = PATIENCE,
    ) -> Answer:  # fmt: skip
        """One request on a connection of its own. Raises OSError or HTTPException when no answer comes."""
        host = urlsplit(self.url).hostname
        connection = http.client.HTTPConnection(urlsplit(self.endpoint).netloc, timeout=patience)
        try:
            connection.request(method, path, body, {"Host": f"{host}:{HTTPS}", **(headers or {})})
            answer = connection.getresponse()
            return Answer(answer.status, answer.read())
        finally:
            connection.close()

    def get(self, path: str, patience: float = PATIENCE) -> Answer:
        return self.ask("GET", path, patience=patience)

    def post(self, path: str, fields: Mapping[str, str], file: tuple[str, bytes, str] | None = None) -> Answer:
        """A form, as a page sends it; `file` is a name, its content and its type, under the field `file`."""
        edge = uuid.uuid4().hex
        parts = [
            f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
            for name, value in fields.items()
        ]
        if file is not None:
            name, content, kind = file
            head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
            parts += [f"{head}Content-Type: {kind}\r\n\r\n".encode(), content, b"\r\n"]
        body = b"".join([*parts, f"--{edge}--\r\n".encode()])
        return self.ask("POST", path, body, {"Content-Type": f"multipart/form-data; boundary={edge}"})
