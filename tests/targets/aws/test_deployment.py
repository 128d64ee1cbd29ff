"""The gate of a service: an update is done when ECS runs the new version, and fails with the reason when not."""

from __future__ import annotations

from typing import Any

import pytest

from components.targets.aws.deployment import PATIENCE, DeploymentProvider, wait
from components.targets.aws.stopped import LOG_LINES
from components.targets.failure import Failure
from tests.targets.aws.fakes import Clock, FakeAws, refusal
from tests.targets.aws.fakes import aws as aws
from tests.targets.aws.fakes import clock as clock

OLD, NEW = "arn:aws:ecs:r:1:task-definition/shop-api:1", "arn:aws:ecs:r:1:task-definition/shop-api:2"
PROPS: dict[str, Any] = {
    "service": "api", "name": "api", "cluster": "c", "task": NEW, "logs": "/shop/api", "region": "eu-central-1",
    "endpoint": "", "masked": ["hunter22!"],
}  # fmt: skip


def deployment(task: str = NEW, status: str = "PRIMARY", state: str | None = "COMPLETED") -> dict[str, Any]:
    found = {"taskDefinition": task, "status": status, "runningCount": 1, "desiredCount": 1}
    return found if state is None else {**found, "rolloutState": state}


def service(*deployments: dict[str, Any], **values: Any) -> dict[str, Any]:
    return {"status": "ACTIVE", "runningCount": 1, "desiredCount": 2, "deployments": list(deployments), **values}


def stopped(number: int = 1, definition: str = NEW, **values: Any) -> dict[str, Any]:
    return {
        "taskArn": f"arn:aws:ecs:r:1:task/c/{number}", "taskDefinitionArn": definition,
        "stoppedAt": f"2026-01-0{number}",
        "stoppedReason": "Essential container in task exited",
        "containers": [{"name": "api", "exitCode": 3, "reason": "Error"}], **values,
    }  # fmt: skip


PROGRESS = deployment(state="IN_PROGRESS")


@pytest.mark.parametrize(
    "last",
    [
        service(deployment()), service(deployment(), deployment(OLD, "ACTIVE")),
        # An emulator that knows no rollout state.
        service(deployment(state=None)),
    ],
)  # fmt: skip
def test_it_waits_until_the_new_version_is_steady(aws: FakeAws, clock: Clock, last: dict[str, Any]) -> None:
    aws.services = [service(PROGRESS, deployment(OLD, "ACTIVE")), service(PROGRESS), last]
    wait(PROPS)
    assert clock.slept == 2
    assert aws.of("describe_services") == [{"cluster": "c", "services": ["api"]}] * 3
    assert set(aws.opened) == {("ecs", "eu-central-1")}


@pytest.mark.parametrize(
    "waiting",
    [
        # The old one is steady until ECS has seen the new one.
        service(deployment(OLD, state="IN_PROGRESS")), service(),
        service(deployment(state=None), deployment(OLD, "ACTIVE", state=None)),
        service({**deployment(state=None), "runningCount": 0}),
    ],
)  # fmt: skip
def test_what_is_not_steady_yet_is_waited_for(aws: FakeAws, clock: Clock, waiting: dict[str, Any]) -> None:
    aws.services = [waiting, service(deployment())]
    wait(PROPS)
    assert clock.slept == 1


@pytest.mark.parametrize(
    "state",
    [
        service(deployment(state="FAILED")),
        service(deployment(OLD, state="IN_PROGRESS"), deployment(NEW, "ACTIVE", "FAILED")),
        # The circuit breaker has rolled back, and the old version is steady: to the provider this is a success.
        service(deployment(OLD)),
    ],
)  # fmt: skip
def test_a_roll_back_fails_with_the_reason_and_the_last_lines(
    aws: FakeAws, clock: Clock, state: dict[str, Any]
) -> None:
    aws.services = [service(PROGRESS), state]
    aws.stopped = [stopped(1), stopped(3), stopped(2), stopped(4, OLD)]
    aws.lines = {"task/api/3": [f"line {number}" for number in range(30)] + ["login as hunter22!"]}
    with pytest.raises(Failure) as wrong:
        wait(PROPS)
    lines = str(wrong.value).splitlines()
    assert lines[0] == (
        "api: ECS gave up on the new version and keeps the old one; its task stopped: Essential container in task "
        "exited; container api ended with exit code 3: Error"
    )
    assert lines[1] == "  line 16" and lines[-1] == "  login as [secret]" and len(lines) == 1 + LOG_LINES
    assert aws.of("list_tasks") == [{"cluster": "c", "family": "shop-api", "desiredStatus": "STOPPED"}]
    assert aws.of("get_log_events") == [
        {"logGroupName": "/shop/api", "logStreamName": "task/api/3", "limit": LOG_LINES}
    ]


def test_a_reason_without_logs_or_exit_codes(aws: FakeAws, clock: Clock) -> None:
    aws.services = [service(deployment(state="FAILED"))]
    reason = "CannotPullContainerError: not found"
    aws.stopped = [stopped(stoppedReason=None, containers=[{"name": "api", "reason": reason}, {"name": "b"}])]
    with pytest.raises(Failure) as wrong:
        wait(PROPS)
    assert str(wrong.value).endswith(
        f"keeps the old one; its task stopped: no reason given; container api ended: {reason}; check the image's name "
        "and tag, and whether its registry can be reached from the network, then run the update again, it continues"
    )


def test_when_nothing_stopped_it_says_where_to_look(aws: FakeAws, clock: Clock) -> None:
    aws.services = [service(deployment(state="FAILED"))]
    with pytest.raises(Failure, match=r"; no task of it has stopped; see the service's events in the console$"):
        wait(PROPS)
    aws.refuses = {"list_tasks": refusal("AccessDeniedException")}
    with pytest.raises(Failure, match="; why cannot be asked: An error occurred "):
        wait(PROPS)


@pytest.mark.parametrize(("patience", "least"), [(None, PATIENCE), (30, 30)])
def test_it_does_not_wait_for_ever(aws: FakeAws, clock: Clock, patience: int | None, least: int) -> None:
    aws.services = [service(PROGRESS)]
    with pytest.raises(Failure, match=r"^api: not steady in time: 1 of 2 tasks run; no task of it has stopped; "):
        wait({**PROPS, "patience": patience})
    assert least < clock.now < least + 10


@pytest.mark.parametrize("found", [None, service(status="INACTIVE")])
def test_a_service_that_is_gone(aws: FakeAws, clock: Clock, found: dict[str, Any] | None) -> None:
    aws.services = [found]
    with pytest.raises(Failure, match=r"^api: its ECS service is gone; run the update again with --refresh$"):
        wait(PROPS)


def test_when_aws_refuses(aws: FakeAws, clock: Clock) -> None:
    aws.refuses = {"describe_services": refusal("ExpiredTokenException", "too old")}
    with pytest.raises(Failure) as wrong:
        wait(PROPS)
    assert str(wrong.value) == (
        "api: asking ECS: too old (ExpiredTokenException); the credentials have expired: sign in again (aws sso "
        "login), then run the update again, it continues"
    )


@pytest.mark.parametrize("act", ["create", "update"])
def test_what_fails_is_not_recorded_and_what_succeeds_is(aws: FakeAws, clock: Clock, act: str) -> None:
    def done() -> Any:
        provider = DeploymentProvider()
        return (
            provider.create(PROPS) if act == "create" else provider.update("api-ready", {**PROPS, "task": OLD}, PROPS)
        )

    aws.services = [service(deployment(OLD))]
    with pytest.raises(Failure):
        done()
    aws.services = [service(deployment())]
    assert done().outs == PROPS


@pytest.mark.parametrize(("key", "changes"), [
    ("task", True), ("cluster", True), ("name", True), ("logs", False), ("masked", False), ("endpoint", False),
])  # fmt: skip
def test_it_waits_again_for_another_version_only(key: str, changes: bool) -> None:
    assert DeploymentProvider().diff("api-ready", PROPS, {**PROPS, key: "other"}).changes is changes


def test_its_identity() -> None:
    assert DeploymentProvider().diff("api-ready", PROPS, dict(PROPS)).changes is False
    DeploymentProvider().delete("api-ready", PROPS)
