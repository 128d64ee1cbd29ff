"""Why a task stopped, in words: ECS's reason, the container's exit code, and its last log lines."""

from __future__ import annotations

import contextlib
from typing import Any

from components.targets.aws.api import api, refusals

LOG_LINES = 15
AGAIN = "then run the update again, it continues"
ADVICE = {
    "CannotPull": f"check the image's name and tag, and whether its registry can be reached from the network, {AGAIN}",
    "ResourceInitializationError": "the task could not reach AWS itself or read its secrets: check strata:aws.nat and "
    f"endpoints, {AGAIN}",
    "OutOfMemory": f"give the service more memory, {AGAIN}",
}
"""What to do about the reasons that ECS gives, by a word of theirs."""


def why_stopped(props: dict[str, Any], definition: str) -> str:
    """The reason of the newest stopped task of a definition; `props` as in `explain`, with its `cluster`."""
    try:
        ecs = api("ecs", props)
        family = definition.rpartition("/")[2].rpartition(":")[0]
        arns: list[str] = ecs.list_tasks(cluster=props["cluster"], family=family, desiredStatus="STOPPED")["taskArns"]
        tasks: list[dict[str, Any]] = (
            ecs.describe_tasks(cluster=props["cluster"], tasks=arns[:100])["tasks"] if arns else []
        )
    except refusals() as wrong:
        return f"why cannot be asked: {wrong}"
    mine = [task for task in tasks if task["taskDefinitionArn"] == definition]
    if not mine:
        return "no task of it has stopped; see the service's events in the console"
    newest = max(mine, key=lambda task: str(task.get("stoppedAt") or task.get("createdAt") or ""))
    return explain(newest, props)


def explain(task: dict[str, Any], props: dict[str, Any]) -> str:
    """What a stopped task says of itself; of `props`, `logs` is where it logs, `masked` are values never shown."""
    parts = [f"its task stopped: {task.get('stoppedReason') or 'no reason given'}"]
    for container in _containers(task):
        code, reason = container.get("exitCode"), container.get("reason")
        if code or reason:
            what = f" with exit code {code}" if code is not None else ""
            parts.append(f"container {container['name']} ended{what}{f': {reason}' if reason else ''}")
    text = "; ".join(parts)
    text += next((f"; {todo}" for sign, todo in ADVICE.items() if sign in text), "")
    for line in tail(task, props):
        text += f"\n  {line}"
    masked: list[str] = props.get("masked") or []
    for value in sorted(masked, key=len, reverse=True):
        text = text.replace(value, "[secret]") if value else text
    return text


def _containers(task: dict[str, Any]) -> list[dict[str, Any]]:
    return task.get("containers") or []


def tail(task: dict[str, Any], props: dict[str, Any]) -> list[str]:
    """The last log lines of a task's containers; none where they cannot be read."""
    lines: list[str] = []
    identity = str(task["taskArn"]).rpartition("/")[2]
    for container in _containers(task):
        with contextlib.suppress(*refusals()):
            found = api("logs", props).get_log_events(
                logGroupName=props["logs"], logStreamName=f"task/{container['name']}/{identity}", limit=LOG_LINES
            )
            lines += [str(event["message"]) for event in found["events"]]
    return lines[-LOG_LINES:]
