"""A stack that has gone back to a release: `strata:release` names the image of each workload."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

from components.core.releases import LATEST, rollback_command
from components.core.settings import StackSettings
from components.model.described import Described, changed, label
from components.model.image import CONTENT_TAG, Build
from components.model.problems import Problem
from components.model.schedule import Schedule
from components.model.service import Service, Workload
from components.model.system import System
from components.model.task import Task


def problems(system: System, settings: StackSettings) -> Iterator[Problem]:
    """What a release cannot be pinned for: hot reload, a workload that it does not know, or one from elsewhere."""
    if settings.release is None:
        return
    number, images = settings.release.number, settings.release.images
    leave = rollback_command(LATEST, settings.names)
    if settings.reload:
        text = f"on, and strata:release is {number}; mounted source would hide the release's, switch one of them off"
        yield Problem("settings", "strata:reload", text)
    for service in system.app:
        if not isinstance(service, Service | Task | Schedule):
            continue
        pinned = images.get(service.name)
        if pinned is None and _built(service, settings):
            text = f"it has never been released, and nothing is built while strata:release is {number}; leave: {leave}"
            yield Problem(label(service), "image", text)
        elif pinned is not None and _built(service, settings) != _is_tag(pinned):
            text = (
                f"release {number} ran {pinned!r}, {'a build' if _is_tag(pinned) else 'from a registry'}, and the "
                f"description has changed from one to the other since; leave it ({leave}) and check out that version"
            )
            yield Problem(label(service), "image", text)


def image(described: Described, chosen: Mapping[str, Any], settings: StackSettings) -> dict[str, Any]:
    """The image of a workload in the release that is pinned, as a change; `chosen` is what settings say besides."""
    if settings.release is None or not isinstance(described, Workload):
        return {}
    pinned = settings.release.images.get(described.name)
    if pinned is None or _built(described, settings) != _is_tag(pinned):
        return {}
    given: Any = chosen.get("image", described.image)
    if isinstance(given, Build):
        return {"image": changed(given, tag=pinned)}
    if isinstance(given, Mapping):
        return {"image": {**cast(Mapping[str, Any], given), "tag": pinned}}
    return {"image": pinned}


def _built(service: Workload, settings: StackSettings) -> bool:
    return not isinstance(settings.services.get(service.name, {}).get("image", service.image), str)


def _is_tag(text: str) -> bool:
    return re.fullmatch(CONTENT_TAG, text) is not None
