"""AWS's API in memory, with just the calls that the gates make."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError

from components.targets.aws import address, deployment, push, released, run_task, stopped


def refusal(code: str, message: str = "no") -> ClientError:
    """What a client raises when AWS refuses."""
    return ClientError({"Error": {"Code": code, "Message": message}}, "Anything")


@dataclass
class FakeAws:
    """Every client. `services`, `tasks` and `answers` are what ECS says, one after the other; the last one stays.

    `interfaces` are the public addresses of network interfaces, `images` the repositories and tags in the registry.
    `stopped` are the tasks that have ended, `lines` what containers logged, by stream; `refuses` are the calls that
    raise. `asked` keeps every call.
    """

    services: list[dict[str, Any] | None] = field(default_factory=list[Any])
    tasks: dict[str, list[dict[str, Any] | None]] = field(default_factory=dict[str, Any])
    started: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    stopped: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    lines: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    refuses: dict[str, Exception] = field(default_factory=dict[str, Exception])
    interfaces: dict[str, str] = field(default_factory=dict[str, str])
    images: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    token: str = "QVdTOnBhc3M="
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list[tuple[str, dict[str, Any]]])
    opened: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    def client(self, service: str, where: dict[str, Any]) -> FakeAws:
        self.opened.append((service, where["region"]))
        return self

    def _note(self, call: str, options: dict[str, Any]) -> None:
        self.asked.append((call, options))
        if call in self.refuses:
            raise self.refuses[call]

    def of(self, call: str) -> list[dict[str, Any]]:
        """The options of every call of a name."""
        return [options for name, options in self.asked if name == call]

    def describe_services(self, **options: Any) -> dict[str, Any]:
        self._note("describe_services", options)
        found = _next(self.services)
        return {"services": [found] if found else []}

    def list_tasks(self, **options: Any) -> dict[str, Any]:
        self._note("list_tasks", options)
        if options.get("desiredStatus") == "RUNNING":
            return {"taskArns": list(self.tasks)}
        return {"taskArns": [one["taskArn"] for one in self.stopped]}

    def describe_tasks(self, **options: Any) -> dict[str, Any]:
        self._note("describe_tasks", options)
        if options["tasks"][0] in self.tasks:
            found = [_next(self.tasks[arn]) for arn in options["tasks"]]
            return {"tasks": [one for one in found if one]}
        return {"tasks": [one for one in self.stopped if one["taskArn"] in options["tasks"]]}

    def run_task(self, **options: Any) -> dict[str, Any]:
        self._note("run_task", options)
        return self.started.pop(0) if len(self.started) > 1 else self.started[0]

    def stop_task(self, **options: Any) -> None:
        self._note("stop_task", options)

    def describe_network_interfaces(self, **options: Any) -> dict[str, Any]:
        self._note("describe_network_interfaces", options)
        found = [self.interfaces[one] for one in options["NetworkInterfaceIds"]]
        return {"NetworkInterfaces": [{"Association": {"PublicIp": one}} if one else {} for one in found]}

    def get_log_events(self, **options: Any) -> dict[str, Any]:
        self._note("get_log_events", options)
        if options["logStreamName"] not in self.lines:
            raise refusal("ResourceNotFoundException")
        return {"events": [{"message": line} for line in self.lines[options["logStreamName"]][-options["limit"] :]]}

    def describe_images(self, **options: Any) -> None:
        self._note("describe_images", options)
        if (options["repositoryName"], options["imageIds"][0]["imageTag"]) not in self.images:
            raise refusal("ImageNotFoundException")

    def get_authorization_token(self) -> dict[str, Any]:
        self._note("get_authorization_token", {})
        return {"authorizationData": [{"authorizationToken": self.token}]}


def _next(states: list[Any]) -> Any:
    return (states.pop(0) if len(states) > 1 else states[0]) if states else None


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now, self.slept = 0.0, 0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += 1


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> FakeAws:
    """The API for every gate."""
    made = FakeAws()
    for module in (address, deployment, push, released, run_task, stopped):
        monkeypatch.setattr(module, "api", made.client)
    return made


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    for module in (address, deployment, run_task):
        monkeypatch.setattr(module, "time", made)
    return made
