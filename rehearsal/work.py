"""Work for a rehearsed system whose API takes jobs (apps/demo): each data service is used for what it is there for."""

from __future__ import annotations

import http.client
import json
import struct
import time
import zlib
from typing import Any
from urllib.parse import urlsplit

from rehearsal.door import HTTPS, Door

TEXT = "The harbour wakes before the town.\nRopes creak, and the harbour is awake."
PROMPT = 2.0
"""Seconds: without its cache the API looks every 3 s."""
WORDS = 13
"""The words of TEXT, counted by hand."""
PATIENCE = 60.0


class NotDone(Exception):
    """Work did not come back as it should; the message says what came instead."""


def picture(width: int = 1200, height: int = 800) -> bytes:
    """A PNG of this size."""
    rows = b"".join(b"\0" + _row(width, y * 255 // height) for y in range(height))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def _row(width: int, level: int) -> bytes:
    return b"".join(bytes((x * 255 // width, level, 120)) for x in range(width))


def submit(door: Door, **form: Any) -> dict[str, Any]:
    """Hand in a job. Raises NotDone."""
    answer = door.post("/api/jobs", form.get("fields") or {}, form.get("file"))
    if answer.status != 201:
        raise NotDone(f"POST /api/jobs: {answer.status} {answer.body[:300].decode(errors='replace')}")
    return answer.json()


def done(door: Door, job: dict[str, Any]) -> dict[str, Any]:
    """The job once it is done. Raises NotDone when it fails or does not end."""
    until = time.monotonic() + PATIENCE
    while True:
        answer = door.get(f"/api/jobs/{job['id']}")
        known: dict[str, Any] = answer.json() if answer.status == 200 else {"state": f"{answer.status}"}
        if known["state"] == "done":
            return known
        if known["state"] == "failed" or time.monotonic() > until:
            raise NotDone(f"job {job['id']} is {known['state']}: {known.get('error')}")
        time.sleep(0.2)


def text(door: Door) -> str:
    """A text through database, queue and worker, and what came of it."""
    found = done(door, submit(door, fields={"text": TEXT}))["result"]
    if found.get("words") != WORDS:
        raise NotDone(f"the text has {WORDS} words; the worker counted {found.get('words')}")
    return f"{found['words']} words counted"


def image(door: Door) -> str:
    """A picture through object storage and worker; its thumbnail is read back."""
    ended = done(door, submit(door, file=("harbour.png", picture(), "image/png")))
    answer = door.get(ended["thumbnail_url"])
    if answer.status != 200 or answer.body[8:12] != b"WEBP":
        raise NotDone(f"GET {ended['thumbnail_url']}: {answer.status}, {len(answer.body)} bytes")
    return f"thumbnail of {len(answer.body)} bytes read back"


def heard(door: Door) -> str:
    """A job's change as an event: the worker tells it to the API by the cache. Raises NotDone."""
    host = urlsplit(door.url).hostname
    connection = http.client.HTTPConnection(urlsplit(door.endpoint).netloc, timeout=PATIENCE)
    try:
        connection.request("GET", "/api/events", headers={"Host": f"{host}:{HTTPS}"})
        stream = connection.getresponse()
        began = time.monotonic()
        job = submit(door, fields={"text": TEXT})
        while time.monotonic() - began < PROMPT:
            line = stream.readline().decode(errors="replace")
            if job["id"] in line and '"done"' in line:
                return f"told of a job's end {(time.monotonic() - began) * 1000:.0f} ms after it was handed in"
        raise NotDone(f"no event told of job {job['id']} within {PROMPT:g} s")
    finally:
        connection.close()


def backed(door: Door) -> dict[str, Any]:
    """What the API says that backs it."""
    return json.loads(door.get("/api/info").body)
