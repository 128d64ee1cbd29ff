"""Schedules of each overlap policy: made, changed and destroyed by the real provider on an emulated AWS."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.emulator import Emulator
from tests.integration.harness import scratch_project
from tests.rehearsal.moto_round import Round, round_of

pytestmark = [pytest.mark.aws, pytest.mark.full, pytest.mark.timeout(600)]

TIMES = """
from strata import *
token = Secret("token")
app = [Schedule(policy, image="a:1", cron="{cron}", timezone="{zone}", overlap=policy, secrets={{"TOKEN": token}})
       for policy in ("allow", "forbid", "replace")]
system = System("clock", app=app)
"""


@pytest.fixture
def clock(emulator: Emulator, tmp_path: Path) -> Iterator[Round]:
    folder = scratch_project(tmp_path / "clock", TIMES.format(cron="30 2 * * MON-FRI", zone="UTC"), "clock")
    with round_of(folder, tmp_path / "state", {"system": "system", **emulator.settings(nat="none")}) as round:
        yield round


def test_the_whole_life_of_schedules(clock: Round) -> None:
    stack = clock.stack
    stack.up().ok()
    assert clock.steps() == {} and clock.steps("--refresh") == {}
    assert {
        "aws:scheduler/schedule:Schedule", "aws:sqs/queue:Queue", "aws:sfn/stateMachine:StateMachine",
    } <= clock.types()  # fmt: skip

    (stack.folder / "system.py").write_text(TIMES.format(cron="15 4 1,15 * *", zone="Europe/Berlin"))
    names = ("allow", "forbid", "replace")
    assert clock.steps() == {f"aws:scheduler/schedule:Schedule {name}-schedule": "update" for name in names}
    stack.write({"services": {"forbid": {"retries": 7, "spot": "on"}, "allow": {"spot": "on"}}})
    assert clock.steps()["aws:sfn/stateMachine:StateMachine forbid-guard"] == "update"
    stack.up().ok()
    assert clock.steps() == {}
    stack.pulumi("refresh", "--stack", stack.name, "--yes", "--skip-preview").ok()
    assert clock.steps() == {}
    held = {one["urn"].rsplit("::", 1)[-1]: one["outputs"] for one in stack.resources() if "outputs" in one}
    assert held["allow-schedule"]["scheduleExpression"] == "cron(15 4 1,15 * ? *)"
    assert held["allow-schedule"]["scheduleExpressionTimezone"] == "Europe/Berlin"

    stack.destroy().ok()
    assert stack.resources() == []
