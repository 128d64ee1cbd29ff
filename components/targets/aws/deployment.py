"""The gate `<service>-ready`: an update is done when ECS runs what it was asked for, and fails with the reason if not.

ECS answers a new task definition at once, and after a roll-back by its circuit breaker the service is steady, but on
the old one. The provider reports success either way.
"""

from __future__ import annotations

import time
from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult

from components.targets.aws.api import api, refusals, said
from components.targets.aws.stopped import why_stopped
from components.targets.failure import Failure

POLL_SECONDS = 3.0
PATIENCE = 1200
"""Seconds: an image of some GB on a new host, health checks, and the circuit breaker's own three tries."""


class DeploymentProvider(ResourceProvider):
    """Its class path is kept in states: it must not move. A failure is not recorded, so the next update fails as well
    until it is mended."""

    def create(self, props: dict[str, Any]) -> CreateResult:
        wait(props)
        return CreateResult(f"{props['service']}-ready", props)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        wait(_news)
        return UpdateResult(_news)

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        return DiffResult(changes=any(_olds.get(key) != _news.get(key) for key in ("task", "cluster", "name")))


def wait(props: dict[str, Any]) -> None:
    """Wait until the service's one deployment is steady and is of our task definition. Raises Failure."""
    ecs = api("ecs", props)
    until = time.monotonic() + float(props.get("patience") or PATIENCE)
    while True:
        try:
            found = ecs.describe_services(cluster=props["cluster"], services=[props["name"]])["services"]
        except refusals() as wrong:
            raise said(wrong, f"{props['service']}: asking ECS") from None
        if not found or found[0]["status"] != "ACTIVE":
            raise Failure(f"{props['service']}: its ECS service is gone; run the update again with --refresh")
        state = _state(found[0], str(props["task"]))
        if state == "steady":
            return
        if state == "failed":
            reason = why_stopped(props, str(props["task"]))
            raise Failure(f"{props['service']}: ECS gave up on the new version and keeps the old one; {reason}")
        if time.monotonic() > until:
            reason = why_stopped(props, str(props["task"]))
            raise Failure(f"{props['service']}: not steady in time: {_counts(found[0])}; {reason}")
        time.sleep(POLL_SECONDS)


def _state(service: dict[str, Any], task: str) -> str:
    deployments: list[dict[str, Any]] = service.get("deployments") or []
    mine = [one for one in deployments if one["taskDefinition"] == task]
    primary = next((one for one in deployments if one["status"] == "PRIMARY"), None)
    if any(one.get("rolloutState") == "FAILED" for one in mine):
        return "failed"
    if primary is not None and primary["taskDefinition"] != task and primary.get("rolloutState") == "COMPLETED":
        return "failed"
    if primary is None or primary not in mine:
        return "waiting"
    if primary.get("rolloutState") is not None:
        return "steady" if primary["rolloutState"] == "COMPLETED" else "waiting"
    steady = len(deployments) == 1 and primary["runningCount"] == primary["desiredCount"]
    return "steady" if steady else "waiting"


def _counts(service: dict[str, Any]) -> str:
    return f"{service.get('runningCount', 0)} of {service.get('desiredCount', 0)} tasks run"


class Deployed(Resource):
    """Waits for a service's deployment; keyed on its task definition's ARN."""

    def __init__(self, service: str, props: dict[str, Any], opts: pulumi.ResourceOptions) -> None:
        super().__init__(DeploymentProvider(), f"{service}-ready", {"service": service, **props}, opts)
