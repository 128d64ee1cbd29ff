"""Answers sent in one piece: MiniStack's server (Hypercorn) sends an answer's head, then its body.

AWS's SDK for Go closes a request's body once the head of the answer is there. When that comes before Go's HTTP client
has seen the body's end itself, it takes io.EOF (smithy-go's safeWriteToReadCloser) for a failed request and closes the
connection: what of the answer is not there yet is lost, and the SDK asks again. No AWS answers within a millisecond.
"""

from __future__ import annotations

from typing import Any

import h11
from hypercorn.events import RawData
from hypercorn.protocol.h11 import H11Protocol


async def send(self: Any, event: Any) -> None:
    """In place of H11Protocol's own: an answer's head waits for what follows it."""
    try:
        data: bytes = getattr(self, "head", b"") + self.connection.send(event)
    except h11.LocalProtocolError:
        # Who asked has broken the protocol: nobody listens any more.
        if self.connection.their_state != h11.ERROR:
            raise
        return
    self.head = data if isinstance(event, h11.Response) else b""
    if not self.head:
        await self.send(RawData(data=data))


def whole() -> None:
    """Change how HTTP/1.1 is answered."""
    H11Protocol._send_h11_event = send


PATCHES = {"answers": whole}
