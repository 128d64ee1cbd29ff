"""The starter's prod stack: created, judged, changed and destroyed by the real provider on an emulated AWS, by the
commands of the README."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.emulator import Emulator
from tests.integration.harness import ROOT
from tests.rehearsal.account import left
from tests.rehearsal.moto_round import Round, round_of, settings, whole_life
from tests.rehearsal.readme import block, follow

FIRST, OFF = 'eval "$(make env)"', "pulumi config set strata:protection off -s prod"


class Reader(Round):
    """Somebody who follows the README: the way to a stack, and the three steps that destroy a protected one."""

    def deployed(self) -> None:
        if self.stack.resources():
            follow(self.stack, block(OFF)[1]).ok()
            return
        *way, url = block(FIRST)
        for command in way:
            follow(self.stack, command).ok()
        assert follow(self.stack, url).ok().text.startswith("https://")

    def unprotected(self) -> None:
        *_, destroy = block(OFF)
        before, refused = self.stack.resources(), follow(self.stack, destroy)
        assert refused.code != 0 and "because it is protected" in refused.text
        assert self.stack.resources() == before
        self.stack.write({})
        follow(self.stack, OFF).ok()

    def destroyed(self) -> None:
        _, _, destroy = block(OFF)
        follow(self.stack, destroy).ok()


pytestmark = [pytest.mark.aws, pytest.mark.timeout(1500)]


@pytest.fixture
def starter(emulator: Emulator, images: str, tmp_path: Path) -> Iterator[Round]:
    given = settings("starter", emulator, images, cache={"variant": "container"})
    with round_of(ROOT, tmp_path / "state", given, Reader) as round:
        yield round


def test_the_whole_life_of_the_stack(starter: Round, emulator: Emulator) -> None:
    whole_life(starter, {"services": {"cache": {"variant": "container"}, "files": {"noncurrent_days": 31}}})
    assert left(emulator, starter.stack.owner) == []
