"""The starter's prod stack: created, changed and destroyed by the real provider on an emulated AWS."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

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


def left(emulator: Emulator, owner: str) -> list[str]:
    """What the emulated account still has with a stack's tag."""
    tagging = boto3.client(
        "resourcegroupstaggingapi", region_name=REGION, endpoint_url=emulator.endpoint, aws_access_key_id="test",
        aws_secret_access_key="test",
    )  # fmt: skip
    pages = tagging.get_paginator("get_resources").paginate(TagFilters=[{"Key": "strata:stack", "Values": [owner]}])
    return [one["ResourceARN"] for page in pages for one in page["ResourceTagMappingList"]]


def test_the_whole_life_of_the_stack(starter: Round, emulator: Emulator) -> None:
    whole_life(starter, {"services": {"cache": {"variant": "container"}, "files": {"noncurrent_days": 31}}})
    # Old revisions of task definitions stay, to roll back to; AWS keeps a destroyed key until its waiting time is over.
    kept = [arn for arn in left(emulator, starter.stack.owner) if ":task-definition/" not in arn and ":kms:" not in arn]
    assert kept == []
