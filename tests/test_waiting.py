"""Waiting: the first true result, and in the end what was last."""

from __future__ import annotations

import httpx
import pytest

from tests.waiting import eventually


def test_the_first_true_result_is_given_whatever_came_before() -> None:
    answers = iter([httpx.ConnectError("refused"), AssertionError("no"), "", "here"])

    def check() -> str:
        found = next(answers)
        if isinstance(found, Exception):
            raise found
        return found

    assert eventually(check, "somebody is here") == "here"


def test_what_does_not_come_is_told_with_what_was_last() -> None:
    with pytest.raises(AssertionError, match=r"^not within 0 s: somebody is here; last: \[\]$"):
        eventually(list, "somebody is here", 0)


def test_a_mistake_in_the_check_is_told_at_once() -> None:
    with pytest.raises(ZeroDivisionError):
        eventually(lambda: 1 / 0, "never")
