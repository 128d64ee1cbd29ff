"""What is played beside MiniStack, asked of the emulator itself: a deletion that is asked for a second time."""

from __future__ import annotations

import secrets
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from components.targets.aws.api import api
from rehearsal import place
from rehearsal.emulator import REGION, free_port
from tests.rehearsal.pieces import in_one_piece

pytestmark = [pytest.mark.aws, pytest.mark.timeout(300)]
SIGNED = f"AWS4-HMAC-SHA256 Credential=test/20260101/{REGION}/monitoring/aws4_request, SignedHeaders=host, Signature=0"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    owner = f"scratch/emulator-{secrets.token_hex(3)}"
    try:
        addresses = [f"127.0.0.1:{free_port()}" for _ in range(2)]
        yield place.begin(owner, REGION, f"http://{addresses[0]}", addresses[1]).endpoint
    finally:
        place.end(owner)


def query(endpoint: str, **said: str) -> tuple[int, str]:
    """A call of CloudWatch in the query protocol, which the provider speaks; boto3 speaks another one."""
    asked = urllib.request.Request(endpoint, urlencode(said).encode(), {"Authorization": SIGNED})
    try:
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


def test_a_dashboard_that_is_gone_is_said_so_by_aws_s_code(endpoint: str) -> None:
    delete = {"Action": "DeleteDashboards", "Version": "2010-08-01", "DashboardNames.member.1": "shop"}
    body = '{"widgets": []}'
    put = {"Action": "PutDashboard", "Version": "2010-08-01", "DashboardName": "shop", "DashboardBody": body}
    assert query(endpoint, **put)[0] == 200
    assert query(endpoint, **delete)[0] == 200
    status, said = query(endpoint, **delete)
    assert status == 404 and "<Code>ResourceNotFound</Code>" in said


def test_a_target_group_can_be_deleted_twice(endpoint: str) -> None:
    where: dict[str, Any] = {"region": REGION, "endpoint": endpoint}
    vpc = api("ec2", where).create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    made = api("elbv2", where).create_target_group(
        Name="shop", Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip"
    )  # fmt: skip
    [group] = made["TargetGroups"]
    for _ in range(2):
        api("elbv2", where).delete_target_group(TargetGroupArn=group["TargetGroupArn"])
    assert api("elbv2", where).describe_target_groups()["TargetGroups"] == []


def test_an_answer_comes_in_one_piece(endpoint: str) -> None:
    assert all(in_one_piece(endpoint, "GET /_ministack/health") for _ in range(20))
