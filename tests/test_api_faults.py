"""What the drill `api-faults` takes for a clear message."""

from __future__ import annotations

import pytest

from components.core.advice import Refused
from components.targets.aws.advice import BROKEN, LEFT, SILENT
from drills.api_faults import EACH, HEAD, ROUND, clear
from drills.fault_plan import FAULTS
from drills.stage import Wrong
from strata.cli.failures import Explained, show


def told(capsys: pytest.CaptureFixture[str], *refused: Refused) -> str:
    """The end of a failed command's output, by the product's own hand."""
    show([Explained("vpc-network", "", "", one) for one in refused])
    return "Diagnostics:\n  error: operation error EC2\n" + capsys.readouterr().out


def test_who_refused_what_is_told_each_once(capsys: pytest.CaptureFixture[str]) -> None:
    text = told(
        capsys, Refused("EC2 refused CreateVpc: An internal error (InternalError)", BROKEN),
        Refused("EC2 refused CreateVpc: once more (InternalError)", BROKEN),
        Refused("Secrets Manager did not answer CreateSecret: EOF", SILENT),
    )  # fmt: skip
    assert clear(text) == ["EC2 refused CreateVpc", "Secrets Manager did not answer CreateSecret"]


def test_a_gate_says_what_to_do_in_its_own_message() -> None:
    assert clear(f"api: asking ECS: An internal error (InternalFailure); {BROKEN}") == ["api: asking ECS"]


def test_without_what_to_do_or_with_it_twice_it_is_not_clear(capsys: pytest.CaptureFixture[str]) -> None:
    for text in ("error: update failed", "EC2 refused CreateVpc: An internal error (InternalError)"):
        with pytest.raises(Wrong, match="did not say what to do"):
            clear(text)
    once = told(capsys, Refused("EFS refused CreateFileSystem: exists (FileSystemAlreadyExists)", LEFT))
    assert clear(once) and HEAD in once
    with pytest.raises(Wrong, match="did not say what to do"):
        clear(once + once)


def test_every_command_meets_every_fault_and_one_of_each_lasts() -> None:
    assert all({*FAULTS} == {*faults} for faults in EACH.values())
    assert {*ROUND} == {*EACH} and ROUND[0] == "first" and ROUND[-1] == "all"
