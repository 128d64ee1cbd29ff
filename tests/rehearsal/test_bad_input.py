"""What a person gets who deploys with something wrong, by the real provider in front of an AWS that refuses: one
message with the resource and what to do, and an update that continues once it is right."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from components.targets.aws.api import api
from rehearsal.aws_errors import Kind
from rehearsal.emulator import REGION, Emulator
from rehearsal.faults import Change, Proxy, Refuse, faulty
from rehearsal.lacking import parts
from tests.integration.harness import Stack, scratch_project

pytestmark = [pytest.mark.aws, pytest.mark.timeout(600)]

DESCRIPTION = """from strata import Bucket, ObjectStore, Service, System

files = ObjectStore("files", buckets=[Bucket("uploads")])
api = Service("api", image="example.com/api:1", port=8000, needs=[files])
system = System("tiny", data=[files], app=[api])
"""
LEFT_OUT = ("flow_logs", "alarms", "dashboard", "backup", "firewall", "firewall_logs")
"""Parts that these tests need not wait for."""
PULL = "CannotPullContainerError: failed to resolve ref example.com/api:1: example.com/api:1: not found"


@pytest.fixture(scope="module")
def proxy(emulator: Emulator) -> Iterator[Proxy]:
    with faulty(emulator.endpoint) as running:
        yield running


@pytest.fixture(scope="module")
def stack(emulator: Emulator, proxy: Proxy, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    folder = tmp_path_factory.mktemp("tiny")
    off = {**parts(emulator.name), **dict.fromkeys(LEFT_OUT, "off")}
    settings = {"system": "system", **emulator.settings(endpoint=proxy.endpoint, parts=off, nat="none")}
    return Stack(scratch_project(folder / "project", DESCRIPTION, "tiny"), folder / "state", settings)


def on_aws(stack: Stack) -> set[str]:
    """The names of what the stack has on AWS."""
    return {
        one["urn"].rpartition("::")[2] for one in stack.resources() if one["type"].startswith("aws:") and one.get("id")
    }


def report(text: str) -> str:
    """What `strata up` says itself, after all of pulumi's output, as one line."""
    head = "What went wrong, and what to do"
    assert text.count(head) == 1, text
    return " ".join(text.partition(head)[2].split())


def test_a_stack_is_whole_after_every_mistake_is_mended(stack: Stack, proxy: Proxy) -> None:
    """One stack from nothing to whole, one mistake after the other: each update goes on where the last one stopped."""
    what_is_known_before(stack, proxy)
    a_quota(stack, proxy)
    throttling(stack, proxy)
    credentials_that_expire_meanwhile(stack, proxy)
    what_the_program_looks_up(stack, proxy)
    an_image_that_does_not_exist(stack, proxy)

    proxy.heal()
    stack.up().ok()
    assert stack.changes() == {}
    assert {"files-uploads-bucket", "api-service", "vpc-network"} <= on_aws(stack)
    a_change_that_is_refused(stack, proxy)


def what_is_known_before(stack: Stack, proxy: Proxy) -> None:
    """Nothing is made, and AWS is asked nothing but who is signed in."""
    own: dict[str, Any] = stack.settings["aws"]
    for given, said in (
        ({"region": None}, "settings: strata:aws.region: "),
        ({"endpoint": "http://127.0.0.1:9"}, "AWS does not answer: Could not connect"),
    ):
        wrong = {key: value for key, value in {**own, **given}.items() if value is not None}
        stack.write({"aws": wrong})
        done = stack.up()
        assert done.code != 0 and done.text.partition("Diagnostics:")[2].count(said) == 1, done.text
    stack.write({})
    proxy.fail("sts", "*", Refuse(Kind.EXPIRED), times=1)
    done = stack.up()
    said = "the credentials have expired: sign in again (aws sso login), then run the update again, it continues"
    assert done.code != 0 and done.text.partition("Diagnostics:")[2].count(said) == 1, done.text
    assert set(proxy.asked) == {"sts:GetCallerIdentity"}
    assert on_aws(stack) == set()


def a_quota(stack: Stack, proxy: Proxy) -> None:
    proxy.fail("s3", "CreateBucket", Refuse(Kind.QUOTA))
    said = report(stack.make_up().text)
    # The first one that fails ends the program, which may not have come to the other.
    assert re.search(
        r"(\(ObjectStore files\)|logs-bucket): S3 refused CreateBucket: You have attempted to create", said
    )
    assert said.count("ask for a higher quota in the console's Service Quotas") == 1
    assert said.endswith("then run the update again, it continues")


def throttling(stack: Stack, proxy: Proxy) -> None:
    """A short one is waited for by the provider itself; one that goes on ends the update."""
    before = on_aws(stack)
    proxy.heal()
    proxy.fail("s3", "CreateBucket", Refuse(Kind.THROTTLED), times=1)
    proxy.fail("ecs", "RegisterTaskDefinition", Refuse(Kind.THROTTLED))
    said = report(stack.make_up().text)
    assert "api-task (Service api): ECS refused RegisterTaskDefinition: Rate exceeded (ThrottlingException)" in said
    assert "AWS slows this account down: wait a minute, then run the update again, it continues" in said
    assert "S3" not in said and before < on_aws(stack)
    assert {"files-uploads-bucket", "logs-bucket"} <= on_aws(stack)


def credentials_that_expire_meanwhile(stack: Stack, proxy: Proxy) -> None:
    before = on_aws(stack)
    proxy.heal()
    proxy.fail("ecs", "CreateService", Refuse(Kind.EXPIRED))
    said = report(stack.make_up().text)
    assert "api-service (Service api): ECS refused CreateService: The security token included in the request" in said
    assert "sign in again (aws sso login), then run the update again, it continues" in said
    assert on_aws(stack) >= before | {"api-task"}


def what_the_program_looks_up(stack: Stack, proxy: Proxy) -> None:
    """Zones are asked for by the program, which can only fail as a whole: in words and without its own traceback."""
    proxy.heal()
    proxy.fail("ec2", "DescribeAvailabilityZones", Refuse(Kind.INTERNAL))
    done = stack.make_up()
    assert "Traceback" not in done.text
    said = report(done.text)
    assert "EC2 refused DescribeAvailabilityZones: An internal error has occurred (InternalError)" in said
    assert said.endswith("run the update again later, it continues")


def an_image_that_does_not_exist(stack: Stack, proxy: Proxy) -> None:
    """ECS says so long after it took the task definition: its circuit breaker gives up, and its tasks say why."""

    def gave_up(body: bytes) -> bytes:
        answer = json.loads(body)
        for service in answer["services"]:
            for deployment in service["deployments"]:
                deployment.update(rolloutState="FAILED", runningCount=0)
        return json.dumps(answer).encode()

    def stopped(body: bytes) -> bytes:
        (service,) = proxy_services
        task = {
            "taskArn": f"arn:aws:ecs:{REGION}:123456789012:task/tiny/1", "taskDefinitionArn": service,
            "lastStatus": "STOPPED", "stoppedReason": PULL, "containers": [{"name": "api"}],
        }  # fmt: skip
        return json.dumps({"tasks": [task], "failures": []}).encode()

    def listed(body: bytes) -> bytes:
        return json.dumps({"taskArns": [f"arn:aws:ecs:{REGION}:123456789012:task/tiny/1"]}).encode()

    (task,) = [one for one in stack.resources() if one["urn"].endswith("::api-task")]
    proxy_services = [task["outputs"]["arn"]]
    proxy.heal()
    proxy.fail("ecs", "DescribeServices", Change(gave_up))
    proxy.fail("ecs", "ListTasks", Change(listed))
    proxy.fail("ecs", "DescribeTasks", Change(stopped))
    done = stack.up()
    told = done.text.partition("Diagnostics:")[2]
    assert done.code != 0
    assert told.count(f"api: ECS gave up on the new version and keeps the old one; its task stopped: {PULL}") == 1, told
    assert "check the image's name and tag" in told and "Traceback" not in told
    assert "api-service" in on_aws(stack)


def a_change_that_is_refused(stack: Stack, proxy: Proxy) -> None:
    """The provider notes it in the state all the same; the next update makes it, and does not call it unchanged."""
    own: dict[str, Any] = stack.settings["aws"]
    logs = api("logs", {"region": REGION, "endpoint": proxy.endpoint})
    stack.write({"aws": {**own, "log_days": 7}})
    proxy.fail("logs", "PutRetentionPolicy", Refuse(Kind.INTERNAL))
    said = report(stack.make_up().text)
    assert "api-logs (Service api): CloudWatch Logs refused PutRetentionPolicy: " in said
    (group,) = logs.describe_log_groups(logGroupNamePrefix=f"/{stack.owner}/api")["logGroups"]
    assert group["retentionInDays"] == 30
    proxy.heal()
    stack.make_up().ok()
    (group,) = logs.describe_log_groups(logGroupNamePrefix=f"/{stack.owner}/api")["logGroups"]
    assert group["retentionInDays"] == 7
