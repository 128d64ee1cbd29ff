"""Tools for the developer's machine."""

from __future__ import annotations

from dataclasses import KW_ONLY
from typing import ClassVar

from components.model.described import description
from components.model.health import Health
from components.model.service import Workload
from components.model.units import Port


@description
class DevTool(Workload):
    """A tool for development (pgAdmin, a mail catcher): a container reachable on loopback. On a cloud it is nothing,
    by declaration."""

    _: KW_ONLY
    port: Port | None = None
    health: Health | None = None

    TIER: ClassVar[str] = "app"
