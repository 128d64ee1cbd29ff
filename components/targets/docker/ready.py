"""The gates `<service>-ready` and `ready`: wait until containers are healthy, and say why when one is not."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult

from components.targets.docker import daemon
from components.targets.failure import Failure

if TYPE_CHECKING:
    from components.model.health import Health

LOG_LINES = 12
POLL_SECONDS = 0.1
MOST_RESTARTS = 3
PREPARE_SECONDS = 120


def patience(health: Health) -> float:
    """Seconds after which a container that is not healthy yet counts as failed: what its check allows, and a margin
    for a busy machine; at least a minute."""
    from components.model.units import seconds

    allowed = seconds(health.start_period) + (seconds(health.interval) + seconds(health.timeout)) * (health.retries + 1)
    return max(60.0, allowed * 1.5)


class ReadyProvider(ResourceProvider):
    """Its class path is kept in states: it must not move."""

    def create(self, props: dict[str, Any]) -> CreateResult:
        wait(props)
        return CreateResult("ready", props)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        wait(_news)
        return UpdateResult(_news)

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        differs = any(_olds.get(key) != _news.get(key) for key in ("then", "secrets"))
        return DiffResult(changes=differs or _watched(_olds) != _watched(_news))


def _watched(props: dict[str, Any]) -> Any:
    """The containers of each service; what is not known yet, while one of them is to be replaced, equals nothing."""
    checks: Any = props.get("checks")
    if not isinstance(checks, list):
        return checks
    found = cast(list[Any], checks)
    return [(one["service"], one["containers"]) if isinstance(one, dict) else one for one in found]


def wait(props: dict[str, Any]) -> None:
    """Wait for every container, then run `then` inside the first. Raises Failure with the reason, where several have
    failed by then with that of each."""
    began = time.monotonic()
    waiting = [(one, container) for one in props["checks"] for container in one["containers"]]
    while waiting:
        failures: list[str] = []
        still: list[tuple[dict[str, Any], str]] = []
        well = _well()
        for check, container in waiting:
            if container in well:
                continue
            try:
                late = time.monotonic() - began > float(check["patience"])
                if not _healthy(check["service"], container, late=late):
                    still.append((check, container))
            except Failure as failure:
                failures.append(str(failure))
        if failures:
            raise Failure("\n".join(failures))
        waiting = still
        if waiting:
            time.sleep(POLL_SECONDS)
    if props.get("then"):
        first = props["checks"][0]
        _run(first["service"], first["containers"][0], list(props["then"]))


def _well() -> set[str]:
    """The ids of all containers that run and are healthy: one question, where asking about each keeps the daemon from
    the checks that are waited for."""
    found: list[dict[str, Any]] = daemon.client().api.containers(filters={"health": "healthy", "status": "running"})
    return {str(one["Id"]) for one in found}


def _healthy(service: str, identity: str, *, late: bool) -> bool:
    """Whether a container is healthy by now. Raises Failure when it will not be, or is `late`."""
    from docker.errors import NotFound

    try:
        found: dict[str, Any] = daemon.client().api.inspect_container(identity)
    except NotFound:
        raise Failure(f"{service}: its container is gone; run the update again") from None
    state: dict[str, Any] = found["State"]
    health: dict[str, Any] = state.get("Health") or {}
    status = str(health.get("Status", "none"))
    if state["Running"] and status in {"healthy", "none"}:
        return True
    if state["Running"] and status == "unhealthy":
        raise Failure(f"{service}: its health check fails{_reason(health)}{_logs(identity)}")
    if _given_up(found):
        raise Failure(f"{service}: its container ended with exit code {state['ExitCode']}{_logs(identity)}")
    if late:
        why = f"not healthy in time, its state is {status!r}"
        raise Failure(f"{service}: {why}{_reason(health)}{_logs(identity)}")
    return False


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
    from docker.errors import APIError

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


@dataclass(frozen=True)
class Check:
    """The containers of a service, by id, and the health that they must come to."""

    service: str
    containers: Sequence[pulumi.Output[str]]
    health: Health

    def inputs(self) -> dict[str, Any]:
        return {"service": self.service, "containers": [*self.containers], "patience": patience(self.health)}


class Ready(Resource):
    """Waits for containers; keyed on their ids, updated in place when one is replaced.

    `then` is a command run inside the first container once it is healthy (setting a password from a file, creating
    extensions); `secrets` are values whose change runs it again.
    """

    def __init__(
        self,
        name: str,
        checks: Sequence[Check],
        opts: pulumi.ResourceOptions,
        then: list[str] | None = None,
        secrets: list[pulumi.Output[str]] | None = None,
    ) -> None:
        props = {
            "checks": [check.inputs() for check in checks],
            "then": then or [],
            "secrets": pulumi.Output.secret(secrets or []),
        }
        super().__init__(ReadyProvider(), name, props, opts)
