"""Requests that flow while something changes, and which of them were lost."""

from __future__ import annotations

import http.client
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from rehearsal.door import Door

RATE = 20.0
"""Requests a second."""
EMULATORS = ("none is healthy", "refused", "No route to host", "timed out", "not found")
"""What the emulator says when it sends to a task that has left, or to none; anything else is the application's."""


@dataclass
class Traffic:
    """What came of the requests; `answers` counts by instance, `lost` by what was said."""

    door: Door
    path: str
    sent: int = 0
    answers: Counter[str] = field(default_factory=Counter[str])
    lost: Counter[str] = field(default_factory=Counter[str])

    def __post_init__(self) -> None:
        self._stop, self._lock = threading.Event(), threading.Lock()
        self._waiting: list[threading.Thread] = []
        self._clock = threading.Thread(target=self._flow, daemon=True)

    def __enter__(self) -> Traffic:
        self._clock.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._stop.set()
        self._clock.join()
        for one in self._waiting:
            one.join()

    def _flow(self) -> None:
        due = time.monotonic()
        while not self._stop.is_set():
            thread = threading.Thread(target=self._one, daemon=True)
            thread.start()
            self._waiting = [one for one in self._waiting if one.is_alive()] + [thread]
            self.sent += 1
            due += 1 / RATE
            time.sleep(max(0.0, due - time.monotonic()))

    def _one(self) -> None:
        try:
            answer = self.door.get(self.path)
            said = "" if answer.status < 400 else f"{answer.status} {answer.body[:160].decode(errors='replace')}"
            instance = str(answer.json().get("instance", "")) if not said else ""
        except (OSError, http.client.HTTPException, ValueError) as wrong:
            said, instance = f"{type(wrong).__name__}: {wrong}", ""
        with self._lock:
            if said:
                self.lost[said] += 1
            else:
                self.answers[instance] += 1

    def by_emulator(self) -> int:
        """Lost requests that the emulator dropped."""
        return sum(count for said, count in self.lost.items() if any(word in said for word in EMULATORS))

    def by_application(self) -> int:
        """Lost requests that the emulator is not to blame for."""
        return sum(self.lost.values()) - self.by_emulator()
