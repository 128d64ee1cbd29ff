"""Whether an answer comes in one piece: between two the provider's SDK may give up the connection."""

from __future__ import annotations

import re
import socket
from urllib.parse import urlsplit


def in_one_piece(endpoint: str, asked: str) -> bool:
    """Whether all of an answer is there with its first bytes; `asked` are a method and a path."""
    place = urlsplit(endpoint)
    with socket.create_connection((place.hostname or "", place.port or 80), timeout=30) as connection:
        connection.sendall(f"{asked} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n".encode())
        head, _, body = connection.recv(1 << 16).partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    assert length is not None and int(length[1]) > 0, head
    return len(body) == int(length[1])
