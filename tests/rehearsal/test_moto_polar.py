"""Polar's prod stack, which adds files that outlive a task, a public bucket and four Tasks: the same round."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.emulator import Emulator
from tests.integration.harness import ROOT
from tests.rehearsal.account import left
from tests.rehearsal.moto_round import Round, round_of, settings, whole_life

pytestmark = [pytest.mark.aws, pytest.mark.full, pytest.mark.timeout(1500)]


@pytest.fixture
def polar(emulator: Emulator, images: str, tmp_path: Path) -> Iterator[Round]:
    given = settings("polar", emulator, images, redis={"variant": "container"})
    with round_of(ROOT / "systems" / "polar", tmp_path / "state", given) as round:
        yield round


def test_the_whole_life_of_the_stack(polar: Round, emulator: Emulator) -> None:
    whole_life(polar, {"services": {"redis": {"variant": "container"}, "minio": {"noncurrent_days": 31}}})
    assert left(emulator, polar.stack.owner) == []
