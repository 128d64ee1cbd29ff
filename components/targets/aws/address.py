"""The address on the internet of a service's one task, which only the running task has."""

from __future__ import annotations

import time
from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, ResourceProvider, UpdateResult

from components.targets.aws.api import api, refusals, said
from components.targets.failure import Failure

POLL_SECONDS = 3.0
PATIENCE = 120
"""Seconds: it is asked for once the service is steady."""


class AddressProvider(ResourceProvider):
    """Its class path is kept in states: it must not move. A refresh finds the address of a task that ECS started in
    between, without waiting for one."""

    def create(self, props: dict[str, Any]) -> CreateResult:
        return CreateResult(f"{props['service']}-address", {**props, "address": find(props)})

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        return UpdateResult({**_news, "address": find(_news)})

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        # Between two tasks there is none: what is known stays, and the next refresh finds the new one's.
        return ReadResult(id_, {**props, "address": _asked(props) or props["address"]})

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        return DiffResult(changes=any(_olds.get(key) != _news.get(key) for key in ("task", "cluster", "name")))


def find(props: dict[str, Any]) -> str:
    """The address of the task that runs the service's task definition. Raises Failure."""
    until = time.monotonic() + PATIENCE
    while True:
        if found := _asked(props):
            return found
        if time.monotonic() > until:
            raise Failure(
                f"{props['service']}: no task of it has an address on the internet; see the service's events in the "
                "console, then run the update again"
            )
        time.sleep(POLL_SECONDS)


def _asked(props: dict[str, Any]) -> str | None:
    """The address that it has now. Raises Failure when AWS refuses."""
    try:
        return _ask(props)
    except refusals() as wrong:
        raise said(wrong, f"{props['service']}: asking for its address") from None


def _ask(props: dict[str, Any]) -> str | None:
    ecs, ec2 = api("ecs", props), api("ec2", props)
    arns: list[str] = ecs.list_tasks(cluster=props["cluster"], serviceName=props["name"], desiredStatus="RUNNING")[
        "taskArns"
    ]
    tasks: list[dict[str, Any]] = ecs.describe_tasks(cluster=props["cluster"], tasks=arns)["tasks"] if arns else []
    interfaces = [one for task in tasks if task["taskDefinitionArn"] == props["task"] for one in _interfaces(task)]
    if not interfaces:
        return None
    found: list[dict[str, Any]] = ec2.describe_network_interfaces(NetworkInterfaceIds=interfaces)["NetworkInterfaces"]
    addresses = [str(one["Association"]["PublicIp"]) for one in found if one.get("Association", {}).get("PublicIp")]
    return addresses[0] if addresses else None


def _interfaces(task: dict[str, Any]) -> list[str]:
    found: list[str] = []
    attachments: list[dict[str, Any]] = task.get("attachments") or []
    for one in attachments:
        details: list[dict[str, str]] = one.get("details") or []
        found += [detail["value"] for detail in details if detail["name"] == "networkInterfaceId"]
    return found


class Address(Resource):
    """`address` of a service's task; keyed on its task definition's ARN."""

    address: pulumi.Output[str]

    def __init__(self, service: str, props: dict[str, Any], opts: pulumi.ResourceOptions) -> None:
        given = {"service": service, **props, "address": None}
        super().__init__(AddressProvider(), f"{service}-address", given, opts)
