"""`python -m offline images`, which `make up` calls first: the images of a system's stack."""

from __future__ import annotations

import pytest

from offline import __main__ as command


def test_a_stack_whose_containers_run_elsewhere_needs_none(capsys: pytest.CaptureFixture[str]) -> None:
    """`make up STACK=prod` failed here."""
    assert command.images("starter", "prod", monitoring=False, for_tests=False) == 0
    assert capsys.readouterr().out == ""
