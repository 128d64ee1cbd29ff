"""Which projects and stacks AWS can name things after, and names that it limits in length. Pure: `strata check` asks,
and the program before it begins."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from components.core.naming import Names
from components.model.problems import Problem

LONGEST = 40
"""Characters of `<project>-<stack>`. AWS Backup and Amazon MQ allow 50, of which `-important` takes 10; stacks are told
apart by these names, so nothing is cut off them."""
SHAPE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
"""What RDS (no underscore, no two hyphens), S3 and ECR (no capitals) all accept."""


def problems(names: Names) -> Iterator[Problem]:
    """What is wrong with the names of a project and its stack."""
    for what, given in (("project", names.project), ("stack", names.stack)):
        if not SHAPE.fullmatch(given):
            text = (
                f"given {given!r}; AWS names databases, buckets and repositories after it, which allows small letters, "
                "digits and single hyphens, a letter first; "
            )
            yield Problem(what, "name", text + ADVICE[what])
    length = len(names.project) + 1 + len(names.stack)
    if length > LONGEST:
        text = (
            f"given {names.stack!r}; {names.project}-{names.stack} has {length} characters, and AWS leaves {LONGEST} "
            f"for it, so allowed are {max(1, LONGEST - len(names.project) - 1)} here; "
        )
        yield Problem("stack", "name", text + ADVICE["stack"])


ADVICE = {
    "project": "change `name` in Pulumi.yaml before the first update",
    "stack": "choose another: pulumi stack init NAME, with its settings in Pulumi.NAME.yaml",
}


def short(names: Names, name: str, most: int) -> str:
    """`<project>-<stack>-<name>`; one that is longer than AWS allows ends in six digits of its own instead."""
    whole = names.full(name)
    if len(whole) <= most:
        return whole
    return f"{whole[: most - 7].rstrip('-')}-{hashlib.sha256(whole.encode()).hexdigest()[:6]}"


def queue_name(names: Names, schedule: str) -> str:
    """What SQS and its metrics call the queue of a schedule's starts that failed."""
    return short(names, f"{schedule}-not-started", 80)
