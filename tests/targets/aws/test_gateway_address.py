"""The address of a gateway that is a container on Fargate: that of the task which runs now."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi.dynamic import CreateResult

from components.targets.aws.address import AddressProvider
from components.targets.failure import Failure
from tests.targets.aws.fakes import Clock, FakeAws, refusal
from tests.targets.aws.fakes import aws as aws
from tests.targets.aws.fakes import clock as clock

PROPS = {"service": "gateway", "task": "task:2", "cluster": "c", "name": "gateway", "region": "eu-central-1"}


def running(definition: str, interface: str) -> list[dict[str, Any] | None]:
    details = [{"name": "subnetId", "value": "s"}, {"name": "networkInterfaceId", "value": interface}]
    return [{"taskDefinitionArn": definition, "attachments": [{"details": details}]}]


def test_the_address_is_that_of_the_task_that_runs_the_new_definition(aws: FakeAws) -> None:
    aws.tasks = {"old": running("task:1", "eni-old"), "new": running("task:2", "eni-new")}
    aws.interfaces = {"eni-old": "192.0.2.1", "eni-new": "192.0.2.2"}
    made = AddressProvider().create(PROPS)
    assert isinstance(made, CreateResult) and made.outs == {**PROPS, "address": "192.0.2.2"}
    assert aws.of("list_tasks") == [{"cluster": "c", "serviceName": "gateway", "desiredStatus": "RUNNING"}]
    aws.tasks = {"old": running("task:1", "eni-old")}
    assert AddressProvider().update("id", PROPS, {**PROPS, "task": "task:1"}).outs["address"] == "192.0.2.1"


def test_a_refresh_finds_the_address_that_it_has_now(aws: FakeAws, clock: Clock) -> None:
    aws.tasks, aws.interfaces = {"new": running("task:2", "eni-new")}, {"eni-new": "192.0.2.3"}
    assert AddressProvider().read("id", {**PROPS, "address": "192.0.2.2"}).outs["address"] == "192.0.2.3"
    aws.tasks = {"old": running("task:1", "eni-new")}
    kept = AddressProvider().read("id", {**PROPS, "address": "192.0.2.2"}).outs["address"]
    assert kept == "192.0.2.2" and clock.now == 0, "between two tasks it is neither waited for nor lost"
    diff = AddressProvider().diff
    assert diff("id", {**PROPS, "address": "192.0.2.3"}, {**PROPS, "address": None}).changes is False
    assert diff("id", PROPS, {**PROPS, "task": "task:3"}).changes is True


def test_a_service_without_an_address_fails_in_words(aws: FakeAws, clock: Clock) -> None:
    aws.tasks, aws.interfaces = {"old": running("task:1", "eni-old"), "none": running("task:2", "eni")}, {"eni": ""}
    with pytest.raises(Failure, match=r"^gateway: no task of it has an address on the internet; see the service's ev"):
        AddressProvider().create(PROPS)
    assert clock.now > 120
    aws.refuses["list_tasks"] = refusal("AccessDeniedException", "not allowed")
    with pytest.raises(
        Failure, match=r"^gateway: asking for its address: not allowed .AccessDeniedException.; the role"
    ):
        AddressProvider().create(PROPS)
