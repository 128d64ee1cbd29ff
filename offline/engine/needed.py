"""Decides whether Pulumi can be had in the ordinary way on this machine."""

from __future__ import annotations

import threading
import urllib.request
from collections.abc import Callable
from pathlib import Path

from offline.engine.links import foreign_pulumi

SITE = "https://get.pulumi.com"
PATIENCE = 3.0


def site_answers(site: str = SITE, patience: float = PATIENCE) -> bool:
    """Whether the installer could be downloaded. A refusal by a proxy is no answer."""
    answered = threading.Event()

    def ask() -> None:
        try:
            request = urllib.request.Request(site, method="HEAD", headers={"User-Agent": "strata"})
            with urllib.request.urlopen(request, timeout=patience) as reply:
                if reply.status < 400:
                    answered.set()
        except (OSError, ValueError):
            return

    # A thread, because the look-up of a name knows no time limit.
    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(patience)
    return answered.is_set()


def decide(home: Path, command: Path, answers: Callable[[], bool] = site_answers) -> tuple[bool, str]:
    """Whether the engine has to be made here, and why. `command` is our own, if it has been made before."""
    found = foreign_pulumi(home)
    if found:
        return False, f"pulumi is installed: {found}"
    if command.exists():
        return True, f"pulumi has been built on this machine: {command}"
    if answers():
        return False, f"pulumi is not installed, and {SITE} can be reached"
    return True, f"pulumi is not installed, and {SITE} cannot be reached"
