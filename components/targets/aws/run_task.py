"""Running a Task on ECS once, to its end, as a Pulumi resource."""

from __future__ import annotations

import hashlib
import time
from typing import Any

import pulumi
from pulumi.dynamic import Resource

from components.targets.aws.api import api, refusals, said
from components.targets.aws.stopped import explain
from components.targets.failure import Failure
from components.targets.run_provider import RunProvider, digest_of

POLL_SECONDS = 2.0
MOST_ATTEMPTS = 50
PINNED = ("image", "command", "environment", "secrets", "data")
"""Inputs whose change runs a Task again: what it does, with which values, on which data."""


class TaskProvider(RunProvider):
    """Its class path is kept in states: it must not move."""

    IDENTITY = "task"

    def run(self, props: dict[str, Any]) -> None:
        run(props)

    def digest(self, props: dict[str, Any]) -> str:
        return digest(props)


def digest(props: dict[str, Any]) -> str:
    """What a run depends on."""
    return digest_of({key: props.get(key) for key in PINNED})


def run(props: dict[str, Any]) -> None:
    """Start the task, or take up the one that an interrupted update started, and wait for its end. Raises Failure."""
    ecs = api("ecs", props)
    for attempt in range(MOST_ATTEMPTS):
        task = _start(ecs, props, attempt)
        if task["lastStatus"] != "STOPPED":
            _end(ecs, props, task["taskArn"])
            return
        if _succeeded(task, props):
            return  # An update that was interrupted had started it; it has ended well meanwhile.
    raise Failure(f"{props['task']}: it failed {MOST_ATTEMPTS} times in a day; mend it, then run the update again")


def _start(ecs: Any, props: dict[str, Any], attempt: int) -> dict[str, Any]:
    """The task of an attempt, as ECS sees it now. ECS answers the same token with the same task for a day, an ended one
    too, so that one which failed has to be tried under another."""
    where: dict[str, Any] = {"launchType": "FARGATE"}
    if props.get("provider"):
        where = {"capacityProviderStrategy": [{"capacityProvider": props["provider"], "weight": 1}]}
    if props["subnets"]:
        where["networkConfiguration"] = {
            "awsvpcConfiguration": {
                "subnets": props["subnets"], "securityGroups": props["groups"],
                "assignPublicIp": "ENABLED" if props["public"] else "DISABLED",
            }
        }  # fmt: skip
    token = hashlib.sha256(f"{digest(props)}{props['definition']}{attempt}".encode()).hexdigest()[:64]
    try:
        started = ecs.run_task(
            cluster=props["cluster"], taskDefinition=props["definition"], clientToken=token, startedBy="strata",
            propagateTags="TASK_DEFINITION", **where,
        )  # fmt: skip
    except refusals() as wrong:
        raise said(wrong, f"{props['task']}: starting the task") from None
    if not started["tasks"]:
        failures: list[dict[str, Any]] = started.get("failures") or []
        reasons = "; ".join(sorted({str(one.get("reason")) for one in failures}))
        raise Failure(f"{props['task']}: ECS could not place the task: {reasons or 'no reason given'}")
    return _look(ecs, props, started["tasks"][0]["taskArn"])


def _look(ecs: Any, props: dict[str, Any], arn: str) -> dict[str, Any]:
    try:
        found = ecs.describe_tasks(cluster=props["cluster"], tasks=[arn])["tasks"]
    except refusals() as wrong:
        raise said(wrong, f"{props['task']}: asking ECS") from None
    if not found:
        raise Failure(f"{props['task']}: its task {arn} is gone; run the update again")
    return found[0]


def _succeeded(task: dict[str, Any], props: dict[str, Any]) -> bool:
    containers: list[dict[str, Any]] = task.get("containers") or []
    return [one.get("exitCode") for one in containers if one["name"] == props["task"]] == [0]


def _end(ecs: Any, props: dict[str, Any], arn: str) -> None:
    until = time.monotonic() + float(props["timeout"])
    while True:
        task = _look(ecs, props, arn)
        if task["lastStatus"] == "STOPPED":
            if _succeeded(task, props):
                return
            raise Failure(f"{props['task']}: the task failed; {explain(task, props)}")
        if time.monotonic() > until:
            what = f"{props['task']}: the task took longer than {float(props['timeout']):g} s"
            raise Failure(f"{what} and {_stopped(ecs, props, arn)}; {explain(task, props)}")
        time.sleep(POLL_SECONDS)


def _stopped(ecs: Any, props: dict[str, Any], arn: str) -> str:
    """Stop a task; what became of that."""
    try:
        ecs.stop_task(cluster=props["cluster"], task=arn, reason="strata: it took longer than its timeout")
    except refusals() as wrong:
        return str(said(wrong, "could not be stopped"))
    return "was stopped"


class TaskRun(Resource):
    """One run of a Task; it is made anew when its digest changes."""

    digest: pulumi.Output[str]

    def __init__(self, task: str, props: dict[str, Any], opts: pulumi.ResourceOptions) -> None:
        super().__init__(TaskProvider(), f"{task}-run", {"task": task, **props, "digest": None}, opts)
