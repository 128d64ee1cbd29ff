"""The starter's frugal stack, on one EC2 host, by the real provider on an emulated AWS."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.emulator import Emulator, moto
from rehearsal.registry import registry
from tests.integration.harness import ROOT, Stack
from tests.rehearsal.moto_round import Round, settings, whole_life
from tests.rehearsal.test_moto_starter import left

pytestmark = [pytest.mark.aws, pytest.mark.full, pytest.mark.timeout(1500)]


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[Emulator]:
    with moto(tmp_path / "moto.log") as running:
        yield running


@pytest.fixture
def starter(emulator: Emulator, tmp_path: Path) -> Iterator[Round]:
    with registry(f"strata-test-registry-{secrets.token_hex(3)}") as images:
        chosen = {**settings("starter", emulator, images), "profile": "frugal"}
        stack = Stack(ROOT, tmp_path / "state", chosen)
        yield Round(stack)
        stack.destroy()
        stack.file.unlink(missing_ok=True)


def test_the_whole_life_of_a_stack_on_a_host(starter: Round, emulator: Emulator) -> None:
    whole_life(starter, {"services": {"files": {"noncurrent_days": 31}}})
    assert left(emulator, starter.stack.owner) == []
