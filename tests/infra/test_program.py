"""The whole program of a project, as far as it needs no engine."""

from __future__ import annotations

import pulumi
import pytest

from infra import program


@pytest.mark.parametrize(("asked", "sent"), [("1", ["hello"]), ("", []), (None, [])])
def test_debug_messages_are_sent_when_asked_for(
    monkeypatch: pytest.MonkeyPatch, asked: str | None, sent: list[str]
) -> None:
    found: list[str] = []
    monkeypatch.setattr(pulumi.log, "debug", found.append)
    monkeypatch.delenv("STRATA_DEBUG", raising=False)
    if asked is not None:
        monkeypatch.setenv("STRATA_DEBUG", asked)
    program._spare_debug_lines()
    pulumi.log.debug("hello")
    assert found == sent
