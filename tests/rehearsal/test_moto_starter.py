"""The starter's prod stack: created, changed and destroyed by the real provider on an emulated AWS."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from rehearsal.emulator import REGION, Emulator, moto
from rehearsal.registry import registry
from tests.integration.harness import ROOT, Stack
from tests.rehearsal.moto_round import Round, settings, whole_life

pytestmark = [pytest.mark.aws, pytest.mark.timeout(1500)]


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with moto(tmp_path_factory.mktemp("moto") / "moto.log") as running:
        yield running


@pytest.fixture(scope="module")
def images() -> Iterator[str]:
    with registry(f"strata-test-registry-{secrets.token_hex(3)}") as place:
        yield place


@pytest.fixture
def starter(emulator: Emulator, images: str, tmp_path: Path) -> Iterator[Round]:
    stack = Stack(ROOT, tmp_path / "state", settings("starter", emulator, images, cache={"variant": "container"}))
    yield Round(stack)
    stack.destroy()
    stack.file.unlink(missing_ok=True)


def client(emulator: Emulator, service: str) -> Any:
    return boto3.client(
        service, region_name=REGION, endpoint_url=emulator.endpoint, aws_access_key_id="test",
        aws_secret_access_key="test",
    )  # fmt: skip


def left(emulator: Emulator, owner: str) -> list[str]:
    """What the account still has with a stack's tag. AWS goes on listing some that are gone, so each is asked."""
    tagged = client(emulator, "resourcegroupstaggingapi").get_paginator("get_resources")
    pages = tagged.paginate(TagFilters=[{"Key": "strata:stack", "Values": [owner]}])
    found = [one["ResourceARN"] for page in pages for one in page["ResourceTagMappingList"]]
    return [arn for arn in found if lives(emulator, arn)]


def lives(emulator: Emulator, arn: str) -> bool:
    """Whether what an ARN names is still there. Old revisions of task definitions stay, to roll back to, and a
    destroyed key waits for its end: neither counts."""
    kind = arn.split(":")[5].partition("/")[0]
    name = arn.rpartition("/")[2]
    if kind == "natgateway":
        found = client(emulator, "ec2").describe_nat_gateways(NatGatewayIds=[name])["NatGateways"]
        return any(one["State"] != "deleted" for one in found)
    if kind == "cluster":
        return any(
            one["status"] == "ACTIVE" for one in client(emulator, "ecs").describe_clusters(clusters=[arn])["clusters"]
        )
    if kind == "service" and ":ecs:" in arn:
        cluster = arn.split("/")[1]
        try:
            found = client(emulator, "ecs").describe_services(cluster=cluster, services=[name])["services"]
        except ClientError as gone:
            return gone.response["Error"]["Code"] != "ClusterNotFoundException"
        return any(one["status"] == "ACTIVE" for one in found)
    if ":kms:" in arn:
        return client(emulator, "kms").describe_key(KeyId=arn)["KeyMetadata"]["KeyState"] != "PendingDeletion"
    return kind != "task-definition"


def test_the_whole_life_of_the_stack(starter: Round, emulator: Emulator) -> None:
    whole_life(starter, {"services": {"cache": {"variant": "container"}, "files": {"noncurrent_days": 31}}})
    assert left(emulator, starter.stack.owner) == []
