"""A stack whose data services, gateway and watchers are containers of ours, by the real provider on an emulated AWS."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.emulator import Emulator
from tests.integration.harness import ROOT
from tests.rehearsal.account import left
from tests.rehearsal.moto_round import Round, round_of, settings

pytestmark = [pytest.mark.aws, pytest.mark.full, pytest.mark.timeout(900)]
CONTAINERS = ("db", "cache", "jobs", "gateway")


@pytest.fixture
def contained(emulator: Emulator, tmp_path: Path) -> Iterator[Round]:
    given = settings("starter", emulator, "unused.example", **{name: {"variant": "container"} for name in CONTAINERS})
    with round_of(ROOT, tmp_path / "state", {**given, "system": "tests.rehearsal.contained"}) as round:
        yield round


def test_the_whole_life_of_the_containers(contained: Round, emulator: Emulator) -> None:
    stack = contained.stack
    stack.up().ok()
    assert contained.steps() == {} == contained.steps("--refresh")
    names = {one["urn"].rsplit("::", 1)[-1] for one in stack.resources()}
    assert {"db-ready", "gateway-address", "prometheus-ready", "grafana-ready"} <= names
    assert not {kind for kind in contained.types() if kind.startswith(("aws:rds", "aws:lb", "aws:mq", "aws:elasti"))}
    stack.write({"protection": "off"})
    found = {step.split()[-1] for step in contained.changes()}
    assert {"db-task", "gateway-task", "prometheus-task", "grafana-data-access"} <= found
    stack.up().ok()
    assert contained.steps() == {}
    stack.destroy().ok()
    assert stack.resources() == [] and left(emulator, stack.owner) == []
