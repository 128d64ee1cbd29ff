"""What looks for the run before, run by an interpreter of its language on moto's ECS."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

import pytest

from components.model.schedule import Overlap
from components.targets.aws import overlap
from rehearsal.environments import interpreter
from tests.integration.harness import ROOT

pytestmark = [pytest.mark.aws, pytest.mark.timeout(300)]

TASK = {
    "Cluster": "arn:aws:ecs:eu-central-1:123456789012:cluster/c", "TaskDefinition": "f:1", "Count": 1,
    "CapacityProviderStrategy": [{"CapacityProvider": "FARGATE", "Weight": 1}],
    "NetworkConfiguration": {
        "AwsvpcConfiguration": {"Subnets": ["SUBNET"], "SecurityGroups": ["GROUP"], "AssignPublicIp": "DISABLED"}
    },
    "PropagateTags": "TASK_DEFINITION", "EnableECSManagedTags": True, "StartedBy": "strata",
}  # fmt: skip


@dataclass
class Moto:
    """A moto of its own; `ask` runs a state machine on it."""

    said: IO[str]
    heard: IO[str]

    def ask(self, policy: Overlap, **over: Any) -> dict[str, Any]:
        definition = overlap.machine(policy, {**TASK, **over}, "f", "QUEUE", 1)
        self.said.write(json.dumps(definition) + "\n")
        self.said.flush()
        return json.loads(self.heard.readline())


@pytest.fixture
def moto(monkeypatch: pytest.MonkeyPatch) -> Iterator[Moto]:
    monkeypatch.setattr(overlap, "POLL_SECONDS", 1)
    monkeypatch.setattr(overlap, "FIRST_RETRY_SECONDS", 1)
    environment = {"PATH": "/usr/bin:/bin", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    running = subprocess.Popen(
        [interpreter("moto", ROOT / "rehearsal" / "moto.lock"), "-m", "tests.rehearsal.guard_on_moto"], cwd=ROOT,
        env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert running.stdin is not None and running.stdout is not None
    yield Moto(running.stdin, running.stdout)
    running.stdin.close()
    assert running.wait(30) == 0


def test_runs_that_overlap(moto: Moto) -> None:
    first = moto.ask("forbid")
    assert first["status"] == "SUCCEEDED" and len(first["running"]) == 1
    assert first["passed"] == ["Attempt", "Look", "Running", "Start", "Refused", "Started"]
    left_out = moto.ask("forbid")
    assert left_out["status"] == "SUCCEEDED" and left_out["running"] == first["running"]
    assert left_out["passed"] == ["Attempt", "Look", "Running", "Skip"]
    replacing = moto.ask("replace")
    assert replacing["status"] == "SUCCEEDED" and len(replacing["running"]) == 1
    assert replacing["running"] != first["running"]
    assert replacing["passed"][2:5] == ["Running", "Replace", "Stop"]
    assert replacing["passed"][-6:] == ["Wait", "Ask", "Going", "Start", "Refused", "Started"]
    assert [one["kept"] for one in (first, left_out, replacing)] == [[], [], []]


def test_a_start_that_fails_is_tried_again_and_then_kept(moto: Moto) -> None:
    failed = moto.ask("forbid", TaskDefinition="other:7")
    assert failed["status"] == "FAILED" and failed["running"] == []
    assert failed["passed"] == ["Attempt", *["Look", "Running", "Start"] * 2, "Keep", "Failed"]
    (kept,) = failed["kept"]
    assert "other" in kept or "task definition" in kept.lower(), "the message says why"
