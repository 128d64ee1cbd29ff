"""The commands of the README's chapter on AWS, run as they are written there, in front of an emulator."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tests.integration.harness import ROOT, Outcome, Stack

HEAD = "## On AWS"
ELSEWHERE = ('eval "$(make env)"', "aws sso login", "pulumi stack init prod")
"""What a test's stack has instead: an environment, keys and a stack of its own."""


def blocks() -> list[list[str]]:
    """The commands of each block of the chapter, without what is said of them."""
    chapter = (ROOT / "README.md").read_text().partition(f"\n{HEAD}\n")[2].partition("\n## ")[0]
    found = re.findall(r"^```(\w*)\n(.*?)^```$", chapter, re.MULTILINE | re.DOTALL)
    return [[line.partition("  #")[0].strip() for line in text.splitlines()] for kind, text in found if not kind]


def block(first: str) -> Sequence[str]:
    """The block that a command begins, without the commands that are for people alone."""
    (found,) = [one for one in blocks() if one[0] == first]
    return [line for line in found if line not in ELSEWHERE]


def follow(stack: Stack, command: str) -> Outcome:
    """Run a command for a stack in the place of prod, agreeing to what it asks."""
    stack.variables["PULUMI_SKIP_CONFIRMATIONS"] = "true"
    return stack.run("bash", "-c", re.sub(r"\bprod\b", stack.name, command))
