"""The starter's prod stack: created, judged, changed and destroyed by the real provider on an emulated AWS."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.emulator import Emulator
from tests.integration.harness import ROOT
from tests.rehearsal.account import left
from tests.rehearsal.moto_round import Round, round_of, settings, whole_life

pytestmark = [pytest.mark.aws, pytest.mark.timeout(1500)]


@pytest.fixture
def starter(emulator: Emulator, images: str, tmp_path: Path) -> Iterator[Round]:
    given = settings("starter", emulator, images, cache={"variant": "container"})
    with round_of(ROOT, tmp_path / "state", given) as round:
        yield round


def test_the_whole_life_of_the_stack(starter: Round, emulator: Emulator) -> None:
    whole_life(starter, {"services": {"cache": {"variant": "container"}, "files": {"noncurrent_days": 31}}})
    assert left(emulator, starter.stack.owner) == []
