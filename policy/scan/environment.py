"""checkov in a Python environment of its own: it cannot share ours, its dependencies contradict the project's."""

from __future__ import annotations

from pathlib import Path

from policy.scan import ScanError
from rehearsal.environments import CannotInstall, interpreter
from rehearsal.environments import cache_folder as cache_folder

LOCK = Path(__file__).with_name("requirements.lock")


def checkov() -> Path:
    """The interpreter that has checkov, installed at the first call (about a minute). Raises ScanError."""
    try:
        return interpreter("checkov", LOCK)
    except CannotInstall as wrong:
        raise ScanError(str(wrong)) from None
