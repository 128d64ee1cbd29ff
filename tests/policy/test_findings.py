"""Findings and the table of reasons."""

from __future__ import annotations

from pathlib import Path

import pytest

from policy.scan import ScanError
from policy.scan.findings import Finding, Reason, answer, read

WHY = "a reason that is long enough"


def finding(rule: str = "CKV_1", resource: str = "aws_vpc.net", stack: str = "shop-standard") -> Finding:
    return Finding(stack, rule, resource, "title")


def reason(
    rule: str = "CKV_1", resources: tuple[str, ...] = ("aws_vpc.*",), stacks: tuple[str, ...] = ("*",)
) -> Reason:
    return Reason(rule=rule, resources=resources, stacks=stacks, reason=WHY)


def test_a_finding_with_a_reason_is_answered_and_every_other_is_open() -> None:
    findings = [finding(), finding("CKV_2"), finding(resource="aws_subnet.a")]
    found = answer(findings, [reason()])
    assert found.answered == [finding()]
    assert found.open == sorted([finding("CKV_2"), finding(resource="aws_subnet.a")])
    assert found.unused == []


def test_a_reason_for_one_profile_does_not_hold_in_another() -> None:
    table = [reason(stacks=("*-frugal",))]
    assert answer([finding(stack="shop-frugal")], table).open == []
    assert answer([finding(stack="shop-resilient")], table).open == [finding(stack="shop-resilient")]


@pytest.mark.parametrize(
    ("table", "unused"),
    [
        ([reason(), reason("CKV_9")], ["CKV_9 aws_vpc.*", "CKV_9 stack *"]),
        ([reason(resources=("aws_vpc.*", "aws_subnet.*"))], ["CKV_1 aws_subnet.*"]),
        ([reason(stacks=("shop-*", "polar-*"))], ["CKV_1 stack polar-*"]),
    ],
)
def test_a_reason_or_a_part_of_one_that_answers_nothing_is_named(table: list[Reason], unused: list[str]) -> None:
    assert answer([finding()], table).unused == unused


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ('[[reason]]\nrule = "CKV_1"\nresources = ["*"]\n', "reason"),
        ('[[reason]]\nrule = "CKV_1"\nresources = []\nreason = "a reason that is long enough"\n', "resources"),
        ('[[reason]]\nrule = "CKV_1"\nresources = ["*"]\nreason = "later"\n', "reason"),
        ('[[reason]]\nrule = "CKV_1"\nresource = "*"\nreason = "a reason that is long enough"\n', "resource"),
        ("[[reason\n", "reasons.toml"),
    ],
)
def test_a_table_that_is_wrong_is_an_error(tmp_path: Path, text: str, word: str) -> None:
    path = tmp_path / "reasons.toml"
    path.write_text(text)
    with pytest.raises(ScanError, match=word):
        read(path)


def test_the_projects_own_table_is_read_and_gives_each_pattern_once() -> None:
    table = read()
    pairs = [(one.rule, resource, stack) for one in table for resource in one.resources for stack in one.stacks]
    assert table
    assert len(pairs) == len(set(pairs))
    assert not [one for one in table if one.rule.startswith("STRATA_")], "our own rules have no exceptions"
