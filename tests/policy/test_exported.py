"""Reading what `pulumi stack export --show-secrets` writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from policy.scan import ScanError
from policy.scan.exported import read
from policy.scan.render import render
from policy.scan.wire import MARK, SECRET
from tests.policy.provider import KINDS, TYPES

HIDDEN = "k3QwZ9vTt2-made-up"


def urn(kind: str, name: str) -> str:
    return f"urn:pulumi:prod::shop::{kind}::{name}"


def entry(kind: str, name: str, **more: Any) -> dict[str, Any]:
    return {"urn": urn(kind, name), "custom": True, "id": f"{name}-0a1", "type": kind, **more}


def secret(value: Any, encrypted: bool = False) -> dict[str, Any]:
    return {MARK: SECRET, **({"ciphertext": "v1:x"} if encrypted else {"plaintext": json.dumps(value)})}


NETWORK = entry(
    TYPES["vpc"], "net", inputs={"__defaults": [], "cidrBlock": "10.0.0.0/16"},
    outputs={"arn": "arn:aws:ec2:eu-west-1:000000000000:vpc/net-0a1", "cidrBlock": "10.0.0.0/16"},
)  # fmt: skip
GROUP = entry(
    TYPES["group"], "web", inputs={"__defaults": ["name"], "name": "web-1", "vpcId": "net-0a1"},
    outputs={"name": "web-1", "vpcId": "net-0a1"}, propertyDependencies={"vpcId": [NETWORK["urn"]], "name": None},
)  # fmt: skip
PROVIDER = entry("pulumi:providers:aws", "aws", inputs={"region": "eu-west-1"}, outputs={"region": "eu-west-1"})
WHOLE = [entry("pulumi:pulumi:Stack", "shop-prod"), PROVIDER, NETWORK, GROUP]


def export(tmp_path: Path, resources: list[dict[str, Any]], **deployment: Any) -> Path:
    path = tmp_path / "state.json"
    path.write_text(json.dumps({"version": 3, "deployment": {"resources": resources, **deployment}}))
    return path


def test_a_state_renders_like_a_recording(tmp_path: Path) -> None:
    stack = read(export(tmp_path, WHOLE))
    assert (stack.name, stack.region) == ("shop-prod", "eu-west-1")
    assert render(stack, KINDS).document["resource"] == {
        "aws_vpc": {"net": {"cidr_block": "10.0.0.0/16"}},
        "aws_security_group": {"web": {"name": "web-1", "vpc_id": "${aws_vpc.net.id}"}},
    }


def test_a_state_is_judged_by_the_reasons_of_the_name_that_it_is_given(tmp_path: Path) -> None:
    assert read(export(tmp_path, WHOLE), "shop-frugal").name == "shop-frugal"


def test_secrets_are_read_and_remembered(tmp_path: Path) -> None:
    group = {**GROUP, "inputs": {"description": secret(HIDDEN)}, "outputs": {"description": secret(HIDDEN)}}
    stack = read(export(tmp_path, [WHOLE[0], group]))
    assert stack.secrets == {HIDDEN}
    assert stack.resources[1].inputs == {"description": HIDDEN}


def test_what_waits_to_be_deleted_is_not_part_of_the_stack(tmp_path: Path) -> None:
    old = {**GROUP, "delete": True, "id": "old"}
    assert len(read(export(tmp_path, [*WHOLE, old])).resources) == len(WHOLE)


@pytest.mark.parametrize(
    ("resources", "deployment", "words"),
    [
        ([WHOLE[0], {**GROUP, "inputs": {"description": secret(HIDDEN, True)}}], {}, "web .*--show-secrets"),
        ([WHOLE[0]], {}, "no resource on AWS"),
        (WHOLE, {"pending_operations": [{"type": "creating"}]}, "interrupted"),
        ([*WHOLE, entry("gcp:compute/instance:Instance", "vm")], {}, "gcp:compute/instance:Instance"),
    ],
)
def test_a_state_that_would_be_judged_wrongly_is_an_error(
    tmp_path: Path, resources: list[dict[str, Any]], deployment: dict[str, Any], words: str
) -> None:
    with pytest.raises(ScanError, match=words):
        read(export(tmp_path, resources, **deployment))


@pytest.mark.parametrize("text", ["", "[]", '{"version": 1, "deployment": {}}', '{"resources": []}'])
def test_a_file_that_is_no_export_is_an_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(text)
    with pytest.raises(ScanError, match="pulumi stack export --show-secrets"):
        read(path)


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ScanError, match=r"none\.json"):
        read(tmp_path / "none.json")
