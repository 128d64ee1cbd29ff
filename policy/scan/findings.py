"""What a judge found, and the written reasons for what is left as it is."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from policy.scan import ScanError

TABLE = Path(__file__).with_name("reasons.toml")


@dataclass(frozen=True, order=True)
class Finding:
    """A failed check of a resource (`aws_vpc.vpc-network`, or a file's path) in a stack (`starter-frugal`)."""

    stack: str
    rule: str
    resource: str
    title: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"{self.stack}: {self.rule} {self.resource}: {self.title}"


class Reason(BaseModel):
    """Why a rule's failures on some resources stay; `resources` and `stacks` are shell patterns."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rule: str
    resources: tuple[str, ...] = Field(min_length=1)
    stacks: tuple[str, ...] = ("*",)
    reason: str = Field(min_length=20)

    def answers(self, finding: Finding) -> bool:
        return (
            self.rule == finding.rule
            and any(fnmatchcase(finding.resource, one) for one in self.resources)
            and any(fnmatchcase(finding.stack, one) for one in self.stacks)
        )


@dataclass(frozen=True)
class Answered:
    """Findings with a reason, those without one, and what is left of the table: whole reasons and single patterns."""

    answered: Sequence[Finding]
    open: Sequence[Finding]
    unused: Sequence[str]


def read(path: Path = TABLE) -> tuple[Reason, ...]:
    """The table of reasons. Raises ScanError naming the reason that is wrong."""
    try:
        return tuple(Reason.model_validate(one) for one in tomllib.loads(path.read_text()).get("reason", []))
    except (ValidationError, tomllib.TOMLDecodeError) as wrong:
        raise ScanError(f"{path.name}: {wrong}") from None


def answer(findings: Iterable[Finding], reasons: Sequence[Reason]) -> Answered:
    """Which findings the reasons answer; a pattern that answers none is named in `unused`."""
    answered: list[Finding] = []
    left: list[Finding] = []
    used: set[tuple[int, str]] = set()
    for finding in sorted(set(findings)):
        fitting = [(number, one) for number, one in enumerate(reasons) if one.answers(finding)]
        (answered if fitting else left).append(finding)
        for number, one in fitting:
            used |= {(number, pattern) for pattern in one.resources if fnmatchcase(finding.resource, pattern)}
            used |= {(number, f"stack {pattern}") for pattern in one.stacks if fnmatchcase(finding.stack, pattern)}
    unused = [
        f"{one.rule} {pattern}"
        for number, one in enumerate(reasons)
        for pattern in (*one.resources, *(f"stack {stack}" for stack in one.stacks))
        if (number, pattern) not in used
    ]
    return Answered(answered, left, unused)
