"""A load balancer's health checks, and the drain of a task that leaves: MiniStack sends to every task that runs."""

from __future__ import annotations

import http.client
import itertools
import json
import threading
import time
from typing import Any

from ministack.services import alb, ecs

from played.shapes import Checked, learn, matches
from played.tasks import CHECKS, service_of

DRAIN = 3.0
"""Seconds between a task's leaving its target group and its end; AWS waits the group's deregistration delay."""
DELETE = "DeleteTargetGroup"
_turn = itertools.count()


_checked: dict[tuple[str, str, int], Checked] = {}


def ask(group: dict[str, Any], host: str, port: int) -> bool:
    """One health check."""
    connection = http.client.HTTPConnection(host, port, timeout=float(group.get("HealthCheckTimeoutSeconds") or 5))
    try:
        connection.request("GET", group.get("HealthCheckPath") or "/")
        codes = (group.get("Matcher") or {}).get("HttpCode") or group.get("MatcherHttpCode") or "200-399"
        return matches(connection.getresponse().status, str(codes))
    except OSError:
        return False
    finally:
        connection.close()


def check(group_arn: str, group: dict[str, Any], host: str, port: int) -> None:
    """Check a target once, and say when it is due again."""
    known, interval = _checked[group_arn, host, port], int(group.get("HealthCheckIntervalSeconds") or 30)
    good = ask(group, host, port)
    learn(
        known, good, int(group.get("HealthyThresholdCount") or 5), int(group.get("UnhealthyThresholdCount") or 2),
        interval,
    )  # fmt: skip
    known.due = time.monotonic() + (interval if known.state != "initial" else 1)


def reached(task: dict[str, Any]) -> bool | None:
    """Whether the load balancer finds a task healthy; True for one behind none, None while that is open."""
    service = service_of(task) or {}
    address = ecs._task_ip(task)
    found = [
        _checked.get((one["targetGroupArn"], address, int(one.get("containerPort") or 80)), Checked()).state
        for one in service.get("loadBalancers") or [] if one.get("targetGroupArn")
    ]  # fmt: skip
    if "unhealthy" in found:
        return False
    return True if all(state == "healthy" for state in found) else None


def watch() -> None:
    """Check every target for ever."""
    while True:
        time.sleep(0.25)
        present = set()
        for arn, group in list(_all(alb._tgs)):
            for target in list(_all_get(alb._targets, arn)):
                key = (arn, str(target["Id"]), int(target.get("Port") or group.get("Port") or 80))
                present.add(key)
                known = _checked.setdefault(key, Checked())
                if time.monotonic() < known.due:
                    continue
                known.due = float("inf")
                threading.Thread(target=check, args=(arn, group, *key[1:]), daemon=True).start()
        for gone in set(_checked) - present:
            _checked.pop(gone, None)


def _all(store: Any) -> Any:
    """Everything in one of MiniStack's dictionaries, whatever account and region it is of."""
    return ((key[-1] if isinstance(key, tuple) else key, value) for key, value in dict(store._data).items())


def _all_get(store: Any, name: str) -> Any:
    return next((value for key, value in _all(store) if key == name), [])


async def forward(
    arn: str, method: str, path: str, headers: Any, body: Any, query: Any, raw_query: Any = None, raw_path: Any = None
) -> Any:
    """Send a request to the healthy targets of a group in turn."""
    group = alb._tgs.get(arn)
    registered = alb._targets.get(arn, []) if group else []
    port = (group or {}).get("Port") or 80
    ready = [
        one for one in registered
        if (found := _checked.get((arn, str(one["Id"]), int(one.get("Port") or port)))) and found.state == "healthy"
    ]  # fmt: skip
    if not ready:
        said = {"message": f"{len(registered)} targets are registered, none is healthy"}
        return 503, {"Content-Type": "application/json"}, json.dumps(said).encode()
    chosen = ready[next(_turn) % len(ready)]
    return await alb._proxy_http_target(chosen, group, method, raw_path or path, headers, body, query, raw_query)


def drained(original: Any) -> Any:
    """A task that left its target group finishes what it was sent before it is stopped."""

    def clean(task: dict[str, Any], client: Any, extra: Any = None) -> None:
        service = service_of(task)
        if service and service.get("loadBalancers") and task.get("_docker_ids") and task.get("stopCode") in {
            "UserInitiated", "ServiceSchedulerInitiated",
        }:  # fmt: skip
            time.sleep(DRAIN)
        original(task, client, extra)

    return clean


def targets() -> None:
    """Send to healthy targets alone."""
    alb._forward_to_tg = forward
    CHECKS["Task failed ELB health checks"] = reached
    threading.Thread(target=watch, daemon=True, name="targets").start()


def drain() -> None:
    """Let tasks that leave finish."""
    ecs._cleanup_task_resources = drained(ecs._cleanup_task_resources)


def again(original: Any) -> Any:
    """Deleting a target group a second time succeeds: AWS's DeleteTargetGroup has no error for one that is gone."""

    def delete(params: Any) -> Any:
        arn = alb._p(params, "TargetGroupArn")
        return original(params) if arn in alb._tgs else alb._empty(DELETE)

    return delete


def deletions() -> None:
    """Let deletions be repeated."""
    alb._ACTION_MAP[DELETE] = again(alb._ACTION_MAP[DELETE])


PATCHES = {"targets": targets, "drain": drain, "deletions": deletions}
