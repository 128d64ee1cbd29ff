"""What happens at a schedule's time while its run before goes on. EventBridge Scheduler itself always starts another,
which is `allow`. For `forbid` and `replace` it starts this state machine instead, which looks first. Pure.

It looks at the tasks that ECS wants to run, those that are just starting included. Two starts of one time (the
scheduler's promise is "at least once") that look within the same moment can still both begin.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from components.model.schedule import Overlap

API = "arn:aws:states:::aws-sdk:ecs"
POLL_SECONDS = 5
FIRST_RETRY_SECONDS = 10


def machine(overlap: Overlap, task: Mapping[str, Any], family: str, queue: Any, retries: int) -> Mapping[str, Any]:
    """The state machine, in Amazon's States Language, for `forbid` or `replace`.

    `task` is what ECS is asked to run, `family` whose tasks are looked for. Each of the `retries` looks again, so that
    one that did begin is seen; what could not be done is kept in `queue`, as what the scheduler could not start.
    """
    attempt = {"StartAt": "Look", "States": _attempt(overlap, task, family)}
    retry = {
        "ErrorEquals": ["States.ALL"], "IntervalSeconds": FIRST_RETRY_SECONDS, "BackoffRate": 2, "MaxAttempts": retries,
    }  # fmt: skip
    return {
        "StartAt": "Attempt",
        "States": {
            "Attempt": {
                "Type": "Parallel", "Branches": [attempt], "Retry": [retry], "End": True,
                "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Keep"}],
            },
            "Keep": {
                "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Next": "Failed",
                "Parameters": {"QueueUrl": queue, "MessageBody.$": "$"},
            },
            "Failed": {"Type": "Fail", "Error": "NotStarted", "Cause": "the queue's message says why"},
        },
    }  # fmt: skip


def _attempt(overlap: Overlap, task: Mapping[str, Any], family: str) -> dict[str, Any]:
    cluster = task["Cluster"]
    before = {
        "forbid": {"Skip": {"Type": "Succeed", "Comment": "the run before goes on"}}, "replace": _replacing(cluster),
    }[overlap]  # fmt: skip
    return {
        "Look": {
            "Type": "Task", "Resource": f"{API}:listTasks", "Next": "Running",
            "Parameters": {"Cluster": cluster, "Family": family, "DesiredStatus": "RUNNING"},
        },
        "Running": _where("$.TaskArns[0]", next(iter(before)), "Start"),
        **before,
        "Start": {
            "Type": "Task", "Resource": f"{API}:runTask", "Parameters": dict(task), "Next": "Refused",
            "ResultSelector": {"refused.$": "$.Failures[*].Reason"},
        },
        "Refused": _where("$.refused[0]", "NotPlaced", "Started"),
        "NotPlaced": {"Type": "Fail", "Error": "NotPlaced", "CausePath": "$.refused[0]"},
        "Started": {"Type": "Succeed"},
    }  # fmt: skip


def _replacing(cluster: Any) -> dict[str, Any]:
    """End what runs, and wait until it has ended: ECS ends it by force when its stop time is over."""
    stop = {
        "Type": "Task", "Resource": f"{API}:stopTask", "ResultPath": None, "End": True,
        "Parameters": {"Cluster": cluster, "Task.$": "$", "Reason": "replaced by the next run"},
    }  # fmt: skip
    # A filter that finds nothing is an error to some readers of JSONPath: so all states, each once.
    first, second = "$.after.states[0]", "$.after.states[1]"
    going = [
        {"Variable": second, "IsPresent": True},
        {
            "And": [
                {"Variable": first, "IsPresent": True},
                {"Not": {"Variable": first, "StringEquals": "STOPPED"}},
            ]
        },
    ]
    return {
        "Replace": {
            "Type": "Map", "ItemsPath": "$.TaskArns", "ResultPath": None, "Next": "Wait",
            "ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": "Stop", "States": {"Stop": stop}},
        },
        "Wait": {"Type": "Wait", "Seconds": POLL_SECONDS, "Next": "Ask"},
        "Ask": {
            "Type": "Task", "Resource": f"{API}:describeTasks", "ResultPath": "$.after", "Next": "Going",
            "Parameters": {"Cluster": cluster, "Tasks.$": "$.TaskArns"},
            "ResultSelector": {"states.$": "States.ArrayUnique($.Tasks[*].LastStatus)"},
        },
        "Going": {"Type": "Choice", "Choices": [{"Or": going, "Next": "Wait"}], "Default": "Start"},
    }  # fmt: skip


def _where(variable: str, then: str, otherwise: str) -> dict[str, Any]:
    """Go one way where there is such a value, and another where there is none."""
    return {
        "Type": "Choice", "Choices": [{"Variable": variable, "IsPresent": True, "Next": then}], "Default": otherwise,
    }  # fmt: skip


def looks(overlap: Overlap) -> list[str]:
    """What else the state machine does to tasks, as IAM's actions."""
    return ["ecs:StopTask", "ecs:DescribeTasks"] if overlap == "replace" else []
