"""What tasks and targets look like to Docker and to a load balancer. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SECOND = 1_000_000_000
"""In Docker's unit of time."""
S3 = re.compile(r"https://s3\.[a-z0-9-]+\.amazonaws\.com(:443)?$")
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """The environment with the emulator's address in place of S3's own: its name is AWS's, with AWS's certificate, and
    buckets as host names resolve nowhere here. Keys stand for the task's role: SDKs ask for a role's only where AWS's
    own address answers."""
    found = {**KEYS, **given}
    for key, value in given.items():
        if S3.match(value):
            found[key] = given["AWS_ENDPOINT_URL"]
            style = f"{key.removesuffix('ENDPOINT_URL')}FORCE_PATH_STYLE"
            if style in found:
                found[style] = "true"
    return found


def health(check: Mapping[str, Any]) -> dict[str, Any]:
    """A container definition's health check in Docker's words."""
    return {
        "test": check["command"], "interval": int(check.get("interval", 30)) * SECOND,
        "timeout": int(check.get("timeout", 5)) * SECOND, "retries": int(check.get("retries", 3)),
        "start_period": int(check.get("startPeriod", 0)) * SECOND,
    }  # fmt: skip


@dataclass
class Checked:
    """What a target's health checks said so far; `state` as ELB names it."""

    state: str = "initial"
    due: float = 0.0
    good: int = 0
    bad: int = 0


def matches(status: int, codes: str) -> bool:
    """Whether a status is among a matcher's: `200`, `200,204` or `200-399`."""
    for part in codes.split(","):
        least, _, most = part.partition("-")
        if int(least) <= status <= int(most or least):
            return True
    return False


def learn(known: Checked, good: bool, healthy: int, unhealthy: int, interval: int) -> None:
    """A check more. A new target is checked every second and is healthy after one good answer; it has as long to give
    that as `unhealthy` checks take. Any other is healthy or not after as many checks as its group wants."""
    known.good, known.bad = (known.good + 1, 0) if good else (0, known.bad + 1)
    if good and (known.state == "initial" or known.good >= healthy):
        known.state = "healthy"
    if known.bad >= unhealthy * (interval if known.state == "initial" else 1):
        known.state = "unhealthy"
