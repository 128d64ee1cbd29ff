"""What the Docker daemon reports while a stack is updated: it keeps only the last few events, so they are followed."""

from __future__ import annotations

import threading
from typing import Any

import docker


class Watch:
    """In a `with` block, the events of the containers with a stack's label, in their order."""

    def __init__(self, owner: str) -> None:
        label = f"strata.stack={owner}"
        wanted = {"type": "container", "label": label, "event": ["start", "die", "health_status"]}
        self._stream: Any = docker.from_env().events(decode=True, filters=wanted)
        self._events: list[dict[str, Any]] = []
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stream.close()
        self._thread.join(timeout=10)

    def _follow(self) -> None:
        for event in self._stream:
            self._events.append(event)

    def first(self, service: str, action: str, **attributes: str) -> int:
        """When a service's container first did this, in nanoseconds; fails the test when it never did."""
        for event in self._events:
            facts: dict[str, str] = event["Actor"]["Attributes"]
            wanted = {"strata.service": service, **attributes}
            if event["Action"] == action and wanted.items() <= facts.items():
                return int(event["timeNano"])
        raise AssertionError(f"{service} never did {action} {attributes}; seen: {self.seen()}")

    def seen(self) -> list[tuple[str, str]]:
        """Service and action of every event."""
        return [(event["Actor"]["Attributes"]["strata.service"], event["Action"]) for event in self._events]
