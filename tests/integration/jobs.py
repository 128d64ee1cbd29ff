"""Jobs handed to a running system over HTTP, as its page hands them in."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import httpx
from PIL import Image, ImageOps

from tests.waiting import eventually

TEXT = "The harbour wakes before the town.\nRopes creak, and the harbour is awake."
STATISTICS = {"words": 13, "unique_words": 10, "characters": 72, "lines": 2, "reading_seconds": 4}
"""What the statistics of TEXT are, counted by hand."""


def photograph(width: int = 1200, height: int = 800) -> bytes:
    """A JPEG of exactly this size."""
    buffer = io.BytesIO()
    ImageOps.fit(Image.radial_gradient("L"), (width, height)).convert("RGB").save(buffer, "JPEG")
    return buffer.getvalue()


@dataclass(frozen=True)
class Jobs:
    """The jobs of the system whose API answers below `url`."""

    url: str

    def text(self, text: str, **fields: str) -> dict[str, Any]:
        """Hand in a text."""
        return self._submit(data={"text": text, **fields})

    def picture(self, data: bytes, name: str = "photo.jpg") -> dict[str, Any]:
        """Hand in a JPEG."""
        return self._submit(files={"file": (name, data, "image/jpeg")})

    def _submit(self, **form: Any) -> dict[str, Any]:
        answer = httpx.post(f"{self.url}/api/jobs", timeout=30, **form)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def get(self, job: dict[str, Any]) -> dict[str, Any]:
        """The job as it is now."""
        return httpx.get(f"{self.url}/api/jobs/{job['id']}", timeout=30).raise_for_status().json()

    def done(self, job: dict[str, Any]) -> dict[str, Any]:
        """The job once it is done; fails the test when it fails or does not end."""
        eventually(lambda: self.get(job)["state"] in {"done", "failed"}, f"job {job['id']} has ended")
        ended = self.get(job)
        assert ended["state"] == "done", ended
        return ended

    def thumbnail(self, job: dict[str, Any]) -> Image.Image:
        """The thumbnail of a job that is done."""
        answer = httpx.get(f"{self.url}{job['thumbnail_url']}", timeout=30).raise_for_status()
        return Image.open(io.BytesIO(answer.content))

    def info(self) -> dict[str, Any]:
        """What the API says that it is and what backs it."""
        return httpx.get(f"{self.url}/api/info", timeout=30).raise_for_status().json()
