"""What the provider cannot delete a second time, on AWS: the first answer was lost, and the next command goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from components.targets.aws.advice import GONE
from rehearsal.emulator import Emulator
from rehearsal.lacking import parts
from tests.integration.harness import BIN, Outcome, Stack, scratch_project
from tests.rehearsal.account import client, left
from tests.rehearsal.moto_round import round_of

pytestmark = [pytest.mark.aws, pytest.mark.timeout(600)]

SHOP = """from strata import Service, System

api = Service("api", image="example.com/api:1", port=8000)
system = System("tiny", app=[api])
"""
LEFT_OUT = ("flow_logs", "backup", "firewall", "firewall_logs")
"""Parts that this test need not wait for."""


def down(stack: Stack) -> Outcome:
    """What `make down DATA=1` runs."""
    name = ("--system", f"{stack.folder}/", "--stack", stack.name)
    return stack.run(BIN / "strata", "down", *name, "--data", "--yes")


def test_a_stack_is_destroyed_although_a_part_of_it_is_gone(emulator: Emulator, tmp_path: Path) -> None:
    """The provider takes a dashboard that is gone for an error, every time that it is asked."""
    folder = scratch_project(tmp_path / "project", SHOP, "tiny")
    off = {**parts(emulator.name), **dict.fromkeys(LEFT_OUT, "off")}
    settings = {"system": "system", **emulator.settings(parts=off, nat="none")}
    with round_of(folder, tmp_path / "state", settings) as round:
        stack = round.stack
        stack.make_up().ok()
        watched = client(emulator, "cloudwatch")
        (board,) = [one["DashboardName"] for one in watched.list_dashboards()["DashboardEntries"]]
        watched.delete_dashboards(DashboardNames=[board])

        failed = down(stack)
        assert failed.code != 0 and "Traceback" not in failed.text
        assert GONE in " ".join(failed.text.split()), failed.text
        assert "watch-dashboard: CloudWatch refused DeleteDashboards: " in " ".join(failed.text.split())

        assert f"Stack '{stack.name}' has been removed!" in down(stack).ok().text
        assert left(emulator, stack.owner) == []
