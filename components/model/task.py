"""Tasks: what runs once and lets others start."""

from __future__ import annotations

from dataclasses import KW_ONLY
from typing import ClassVar, Literal

from components.model.described import description
from components.model.service import Workload
from components.model.units import Duration


@description
class Task(Workload):
    """A program that runs once, to its end, before others start (`after=[completed(task)]`).

    It runs again when its image, command, environment, secrets or the data that it needs change, so it must be
    idempotent. One that fails, or takes longer than `timeout` (default 10m), fails the update with its last log lines
    and is tried again by the next.
    """

    _: KW_ONLY
    timeout: Duration = "10m"
    restart: Literal["no", "on-failure", "always", "unless-stopped"] = "no"

    TIER: ClassVar[str] = "app"
