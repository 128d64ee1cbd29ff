"""The gate `<service>-ready`: waits until a container is healthy, and says why when it is not."""

from __future__ import annotations

import time
from typing import Any

import pulumi
from docker.errors import APIError, NotFound
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult

from components.model.health import Health
from components.model.units import seconds
from components.targets.docker import daemon
from components.targets.failure import Failure

LOG_LINES = 12
POLL_SECONDS = 0.1
MOST_RESTARTS = 3
PREPARE_SECONDS = 120


def patience(health: Health) -> float:
    """Seconds after which a container that is not healthy yet counts as failed: what its check allows, and a margin
    for a busy machine; at least a minute."""
    allowed = seconds(health.start_period) + (seconds(health.interval) + seconds(health.timeout)) * (health.retries + 1)
    return max(60.0, allowed * 1.5)


class ReadyProvider(ResourceProvider):
    """Its class path is kept in states: it must not move."""

    def create(self, props: dict[str, Any]) -> CreateResult:
        wait(props)
        return CreateResult(f"{props['service']}-ready", props)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        wait(_news)
        return UpdateResult(_news)

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        differs = any(_olds.get(key) != _news.get(key) for key in ("containers", "then", "secrets"))
        return DiffResult(changes=differs)


def wait(props: dict[str, Any]) -> None:
    """Wait for every container of a service, then run `then` inside the first. Raises Failure with the reason."""
    until = time.monotonic() + float(props["patience"])
    for container in props["containers"]:
        _healthy(props["service"], container, until)
    if props.get("then"):
        _run(props["service"], props["containers"][0], list(props["then"]))


def _healthy(service: str, identity: str, until: float) -> None:
    client = daemon.client().api
    while True:
        try:
            found: dict[str, Any] = client.inspect_container(identity)
        except NotFound:
            raise Failure(f"{service}: its container is gone; run the update again") from None
        state: dict[str, Any] = found["State"]
        health: dict[str, Any] = state.get("Health") or {}
        status = str(health.get("Status", "none"))
        if state["Running"] and status in {"healthy", "none"}:
            return
        if state["Running"] and status == "unhealthy":
            raise Failure(f"{service}: its health check fails{_reason(health)}{_logs(identity)}")
        if _given_up(found):
            raise Failure(f"{service}: its container ended with exit code {state['ExitCode']}{_logs(identity)}")
        if time.monotonic() > until:
            why = f"not healthy in time, its state is {status!r}"
            raise Failure(f"{service}: {why}{_reason(health)}{_logs(identity)}")
        time.sleep(POLL_SECONDS)


def _given_up(found: dict[str, Any]) -> bool:
    """Whether a container that does not run will not come up: it may end and be restarted once or twice, as servers do
    that wait for something by dying."""
    state, policy = found["State"], found["HostConfig"]["RestartPolicy"]["Name"]
    if state["Running"] and not state["Restarting"]:
        return False
    stays_down = policy in {"", "no"} or (policy == "on-failure" and state["ExitCode"] == 0)
    return int(found["RestartCount"]) >= MOST_RESTARTS or (stays_down and state["Status"] in {"exited", "dead"})


def _reason(health: dict[str, Any]) -> str:
    checks: list[dict[str, Any]] = health.get("Log") or []
    output = str(checks[-1].get("Output", "")).strip() if checks else ""
    return f"; the check says: {output[-400:]}" if output else ""


def _logs(identity: str) -> str:
    try:
        raw: bytes = daemon.client().api.logs(identity, tail=LOG_LINES)
    except APIError as wrong:
        return f"\n(its logs cannot be read: {wrong.explanation})"
    lines = raw.decode(errors="replace").strip().splitlines()
    return "".join(["\nits last log lines:", *(f"\n  {line}" for line in lines)]) if lines else "\n(it logged nothing)"


def _run(service: str, identity: str, command: list[str]) -> None:
    client = daemon.client().api
    created = client.exec_create(identity, ["timeout", str(PREPARE_SECONDS), *command])
    output: bytes = client.exec_start(created["Id"])
    code = client.exec_inspect(created["Id"])["ExitCode"]
    if code != 0:
        raise Failure(f"{service}: preparing it failed with exit code {code}: {output.decode(errors='replace')[-800:]}")


class Ready(Resource):
    """Waits for a service's containers; keyed on their ids, updated in place when one is replaced.

    `then` is a command run inside the first container once it is healthy (setting a password from a file, creating
    extensions); `secrets` are values whose change runs it again.
    """

    def __init__(
        self,
        service: str,
        containers: list[pulumi.Output[str]],
        health: Health,
        opts: pulumi.ResourceOptions,
        then: list[str] | None = None,
        secrets: list[pulumi.Output[str]] | None = None,
    ) -> None:
        props = {
            "service": service,
            "containers": containers,
            "patience": patience(health),
            "then": then or [],
            "secrets": pulumi.Output.secret(secrets or []),
        }
        super().__init__(ReadyProvider(), f"{service}-ready", props, opts)
