"""What Docker cannot do, found before any resource exists. Pure: imports neither Pulumi nor Docker."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from pathlib import Path

from components.core.settings import StackSettings
from components.model.container import Contained
from components.model.described import Described, label
from components.model.image import Build
from components.model.postgres import Postgres
from components.model.problems import Problem
from components.model.service import Workload
from components.model.system import System

ROOT = Path(__file__).resolve().parents[3]
"""The project's root: paths in a description are relative to it."""


def problems(system: System, settings: StackSettings) -> Iterator[Problem]:
    """Every problem of a resolved system on Docker."""
    for service in system.services():
        yield from _paths(service)
        if isinstance(service, Contained):
            for published in service.published():
                if not _is_address(published.bind):
                    yield Problem(label(service), "publish.bind", f"given {published.bind!r}; allowed is an IP address")


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _paths(service: Described) -> Iterator[Problem]:
    if isinstance(service, Workload) and isinstance(service.image, Build) and service.image.tag is None:
        context = ROOT / service.image.context
        if not context.is_dir():
            yield Problem(label(service), "image.context", f"given {service.image.context!r}; there is no such folder")
        elif not (context / service.image.dockerfile).is_file():
            text = f"given {service.image.dockerfile!r}; there is no such file in {service.image.context!r}"
            yield Problem(label(service), "image.dockerfile", text)
    if isinstance(service, Postgres):
        for path in service.init:
            if not (ROOT / path).is_file():
                yield Problem(label(service), "init", f"given {path!r}; there is no such file")
