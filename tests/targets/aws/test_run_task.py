"""A Task on ECS: run once for each digest, to its end."""

from __future__ import annotations

from typing import Any

import pytest

from components.targets.aws.run_task import MOST_ATTEMPTS, TaskProvider, digest
from components.targets.failure import Failure
from strata import Task
from tests.targets.aws.fakes import Clock, FakeAws, refusal
from tests.targets.aws.fakes import aws as aws
from tests.targets.aws.fakes import clock as clock
from tests.targets.aws.stage import put

PROPS: dict[str, Any] = {
    "task": "t", "definition": "arn:d:1", "cluster": "c", "subnets": ["s"], "groups": ["g"], "public": False,
    "logs": "/shop/t", "timeout": 60.0, "image": "i", "command": ["run"], "environment": {"A": "a"},
    "secrets": {"K": "hunter22!"}, "masked": ["hunter22!"], "data": ["db-1"], "region": "eu-central-1", "endpoint": "",
    "provider": "",
}  # fmt: skip
PINNED: list[tuple[str, Any]] = [
    ("image", "j"), ("command", ["other"]), ("environment", {"A": "b"}), ("secrets", {"K": "other"}),
    ("data", ["db-2"]), ("data", []),
]  # fmt: skip
FREE: list[tuple[str, Any]] = [
    ("definition", "arn:d:2"), ("cluster", "o"), ("subnets", []), ("groups", []), ("public", True), ("logs", "/o"),
    ("timeout", 90.0), ("masked", []), ("region", "eu-west-1"), ("endpoint", "http://127.0.0.1"), ("provider", "hosts"),
]  # fmt: skip


def recorded(props: dict[str, Any]) -> dict[str, Any]:
    return {**props, "digest": digest(props)}


def state(status: str, code: int | None = None, number: int = 1, **values: Any) -> dict[str, Any]:
    container = {"name": "t"} if code is None else {"name": "t", "exitCode": code}
    return {"taskArn": f"arn:task/c/{number}", "lastStatus": status, "containers": [container], **values}


@pytest.fixture
def ecs(aws: FakeAws, clock: Clock) -> FakeAws:
    """One task, that runs and ends well."""
    aws.started = [{"tasks": [{"taskArn": "arn:task/c/1"}]}]
    aws.tasks = {"arn:task/c/1": [state("PENDING"), state("RUNNING"), state("STOPPED", 0)]}
    return aws


@pytest.mark.parametrize(("key", "value"), PINNED, ids=[key for key, _ in PINNED])
def test_a_task_runs_again_when_what_it_is_changes(key: str, value: Any) -> None:
    assert TaskProvider().diff("t", recorded(PROPS), {**PROPS, key: value}).changes is True


@pytest.mark.parametrize(("key", "value"), FREE, ids=[key for key, _ in FREE])
def test_a_task_does_not_run_again_for_anything_else(key: str, value: Any) -> None:
    assert TaskProvider().diff("t", recorded(PROPS), {**PROPS, key: value}).changes is False


def test_every_input_of_a_run_is_known_to_these_tests() -> None:
    """A new input must be put among those that run a Task again, or those that do not."""
    inputs = set(put(Task("t", image="a:1"))["t-run"].inputs.value)
    assert inputs == {key for key, _ in (*PINNED, *FREE)} | {"task"} == set(PROPS)


def test_a_run_is_started_once_and_awaited(ecs: FakeAws, clock: Clock) -> None:
    made = TaskProvider().create(PROPS)
    (given,) = ecs.of("run_task")
    token = given.pop("clientToken")
    assert len(token) == 64 and given == {
        "cluster": "c", "taskDefinition": "arn:d:1", "launchType": "FARGATE", "startedBy": "strata",
        "propagateTags": "TASK_DEFINITION",
        "networkConfiguration": {
            "awsvpcConfiguration": {"subnets": ["s"], "securityGroups": ["g"], "assignPublicIp": "DISABLED"}
        },
    }  # fmt: skip
    assert clock.slept == 1 and made.id == "t" and made.outs == recorded(PROPS)


def test_in_public_subnets_it_gets_an_address(ecs: FakeAws) -> None:
    TaskProvider().create({**PROPS, "public": True})
    network = ecs.of("run_task")[0]["networkConfiguration"]["awsvpcConfiguration"]
    assert network["assignPublicIp"] == "ENABLED"


def test_on_hosts_it_names_their_provider_and_on_a_shared_one_no_network(ecs: FakeAws) -> None:
    TaskProvider().create({**PROPS, "provider": "hosts"})
    TaskProvider().create({**PROPS, "provider": "hosts", "subnets": [], "groups": []})
    own, shared = ecs.of("run_task")
    assert own["capacityProviderStrategy"] == shared["capacityProviderStrategy"] == [
        {"capacityProvider": "hosts", "weight": 1}
    ]  # fmt: skip
    assert own["networkConfiguration"]["awsvpcConfiguration"]["subnets"] == ["s"]
    assert "networkConfiguration" not in shared and "launchType" not in own and "launchType" not in shared


def test_an_update_runs_it_and_a_delete_does_not(ecs: FakeAws) -> None:
    new = {**PROPS, "image": "new"}
    assert TaskProvider().update("t", recorded(PROPS), new).outs == recorded(new)
    TaskProvider().delete("t", recorded(PROPS))
    assert len(ecs.of("run_task")) == 1


def test_a_resumed_update_attaches_to_the_task_that_runs(ecs: FakeAws) -> None:
    """ECS answers the same token with the same task: both calls are one."""
    TaskProvider().create(PROPS)
    ecs.tasks["arn:task/c/1"] = [state("RUNNING"), state("STOPPED", 0)]
    TaskProvider().create(PROPS)
    first, second = ecs.of("run_task")
    assert first["clientToken"] == second["clientToken"]
    TaskProvider().create({**PROPS, "command": ["other"]})
    assert ecs.of("run_task")[2]["clientToken"] != first["clientToken"]


def test_a_run_that_ended_well_while_nobody_watched_is_not_run_again(ecs: FakeAws) -> None:
    ecs.tasks["arn:task/c/1"] = [state("STOPPED", 0)]
    TaskProvider().create(PROPS)
    assert len(ecs.of("run_task")) == 1


def test_after_a_failed_run_the_next_has_another_token(ecs: FakeAws) -> None:
    ecs.started = [{"tasks": [{"taskArn": f"arn:task/c/{number}"}]} for number in (1, 2, 3)]
    ecs.tasks = {
        "arn:task/c/1": [state("STOPPED", 1)], "arn:task/c/2": [state("STOPPED", None)],
        "arn:task/c/3": [state("PENDING", number=3), state("STOPPED", 0, number=3)],
    }  # fmt: skip
    TaskProvider().create(PROPS)
    assert len({given["clientToken"] for given in ecs.of("run_task")}) == 3


def test_what_fails_all_day_is_given_up(ecs: FakeAws) -> None:
    ecs.tasks["arn:task/c/1"] = [state("STOPPED", 1)]
    with pytest.raises(Failure, match=r"^t: it failed 50 times in a day; mend it, then run the update again$"):
        TaskProvider().create(PROPS)
    assert len(ecs.of("run_task")) == MOST_ATTEMPTS


@pytest.mark.parametrize("act", ["create", "update"])
def test_a_failed_run_raises_with_its_last_lines_and_masks_secrets(ecs: FakeAws, act: str) -> None:
    url = "postgresql://u:hunter22!@db"
    ended = state("STOPPED", 3, stoppedReason="Essential container in task exited")
    ecs.tasks["arn:task/c/1"] = [state("PENDING"), state("RUNNING"), ended]
    ecs.lines = {"task/t/1": [f"line {number}" for number in range(40)] + [f"login as hunter22! at {url}"]}
    props = {**PROPS, "masked": ["hunter22!", url, ""]}
    with pytest.raises(Failure) as wrong:
        TaskProvider().create(props) if act == "create" else TaskProvider().update("t", {}, props)
    lines = str(wrong.value).splitlines()
    assert lines[0] == (
        "t: the task failed; its task stopped: Essential container in task exited; container t ended with exit code 3"
    )
    assert lines[1] == "  line 26" and lines[-1] == "  login as [secret] at [secret]" and len(lines) == 16


def test_only_the_tasks_own_container_counts(ecs: FakeAws) -> None:
    """The one before it, which writes secret files, ends with 0 as well."""
    ended = {**state("STOPPED"), "containers": [{"name": "secrets", "exitCode": 0}, {"name": "t", "exitCode": 1}]}
    ecs.tasks["arn:task/c/1"] = [state("PENDING"), ended]
    with pytest.raises(Failure, match=r"container t ended with exit code 1$"):
        TaskProvider().create(PROPS)


def test_a_run_that_takes_too_long_is_stopped(ecs: FakeAws, clock: Clock) -> None:
    ecs.tasks["arn:task/c/1"] = [state("RUNNING")]
    with pytest.raises(Failure, match=r"^t: the task took longer than 60 s and was stopped; its task stopped: "):
        TaskProvider().create(PROPS)
    assert ecs.of("stop_task") == [
        {"cluster": "c", "task": "arn:task/c/1", "reason": "strata: it took longer than its timeout"}
    ]
    assert 60 < clock.now < 65


def test_a_run_that_takes_too_long_and_cannot_be_stopped(ecs: FakeAws) -> None:
    ecs.tasks["arn:task/c/1"] = [state("RUNNING")]
    ecs.refuses["stop_task"] = refusal("AccessDeniedException", "not allowed")
    text = r"^t: the task took longer than 60 s and could not be stopped: not allowed .AccessDeniedException.; the role"
    with pytest.raises(Failure, match=text):
        TaskProvider().create(PROPS)


@pytest.mark.parametrize(
    ("failures", "reason"),
    [
        ([{"reason": "RESOURCE:MEMORY"}, {"reason": "AGENT"}, {"reason": "AGENT"}], "AGENT; RESOURCE:MEMORY"),
        ([], "no reason given"),
    ],
)
def test_a_task_that_ecs_cannot_place(ecs: FakeAws, failures: list[Any], reason: str) -> None:
    ecs.started = [{"tasks": [], "failures": failures}]
    with pytest.raises(Failure, match=rf"^t: ECS could not place the task: {reason}$"):
        TaskProvider().create(PROPS)


def test_a_task_that_is_gone(ecs: FakeAws) -> None:
    ecs.tasks["arn:task/c/1"] = [None]
    with pytest.raises(Failure, match=r"^t: its task arn:task/c/1 is gone; run the update again$"):
        TaskProvider().create(PROPS)


@pytest.mark.parametrize(
    ("call", "what"), [("run_task", "starting the task"), ("describe_tasks", "asking ECS")]
)  # fmt: skip
def test_when_aws_refuses(ecs: FakeAws, call: str, what: str) -> None:
    ecs.refuses = {call: refusal("ThrottlingException", "Rate exceeded")}
    with pytest.raises(Failure) as wrong:
        TaskProvider().create(PROPS)
    assert str(wrong.value) == (
        f"t: {what}: Rate exceeded (ThrottlingException); AWS slows this account down: wait a minute, then run the "
        "update again, it continues"
    )
