"""Names that AWS limits in length. Pure."""

from __future__ import annotations

import hashlib

from components.core.naming import Names


def short(names: Names, name: str, most: int) -> str:
    """`<project>-<stack>-<name>`; one that is longer than AWS allows ends in six digits of its own instead."""
    whole = f"{names.project}-{names.stack}-{name}"
    if len(whole) <= most:
        return whole
    return f"{whole[: most - 7].rstrip('-')}-{hashlib.sha256(whole.encode()).hexdigest()[:6]}"


def queue_name(names: Names, schedule: str) -> str:
    """What SQS and its metrics call the queue of a schedule's starts that failed."""
    return short(names, f"{schedule}-not-started", 80)
