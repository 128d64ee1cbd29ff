"""Waiting in tests for what happens outside of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx

PATIENCE = 180.0
"""Seconds: machines that run this are shared; a slow one is not a wrong one."""


def eventually(check: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
    """The first true result of a check, which may also fail at first; AssertionError with the last one when it takes
    longer."""
    until = time.monotonic() + seconds
    while True:
        try:
            last: object = check()
            if last:
                return last
        except (httpx.HTTPError, AssertionError) as wrong:
            last = wrong
        if time.monotonic() > until:
            raise AssertionError(f"not within {seconds:g} s: {what}; last: {last}")
        time.sleep(0.1)
