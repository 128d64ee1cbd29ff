"""Polar's prod stack, which adds files that outlive a task, a public bucket and four Tasks: the same round."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.emulator import Emulator
from tests.integration.harness import ROOT, Stack
from tests.rehearsal.account import left
from tests.rehearsal.moto_round import Round, settings, whole_life

pytestmark = [pytest.mark.aws, pytest.mark.full, pytest.mark.timeout(1500)]


@pytest.fixture
def polar(emulator: Emulator, images: str, tmp_path: Path) -> Iterator[Round]:
    given = settings("polar", emulator, images, redis={"variant": "container"})
    stack = Stack(ROOT / "systems" / "polar", tmp_path / "state", given)
    yield Round(stack)
    stack.destroy()
    stack.file.unlink(missing_ok=True)


def test_the_whole_life_of_the_stack(polar: Round, emulator: Emulator) -> None:
    whole_life(polar, {"services": {"redis": {"variant": "container"}, "minio": {"noncurrent_days": 31}}})
    assert left(emulator, polar.stack.owner) == []
