"""The gates' own way to AWS, and its errors in a person's words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
)

from components.targets.aws.advice import SIGN_IN, SILENT
from components.targets.aws.api import api, refusals, refused, said
from components.targets.failure import Failure
from tests.targets.aws.fakes import refusal


def test_a_usual_error_says_what_to_do() -> None:
    wrong = said(refusal("ExpiredToken", "AWS says no"), "api: asking ECS")
    assert isinstance(wrong, Failure)
    assert str(wrong) == f"api: asking ECS: AWS says no (ExpiredToken); {SIGN_IN}"


def test_any_other_error_is_told_as_it_is() -> None:
    assert str(said(refusal("Strange", "odd"), "x")) == "x: odd (Strange)"
    assert str(said(ClientError({}, "Call"), "x")).startswith("x: An error occurred (Unknown)")
    assert "no answer" not in str(said(ParamValidationError(report="odd"), "x"))


def test_an_answer_that_does_not_come_says_what_to_do() -> None:
    away = EndpointConnectionError(endpoint_url="https://ecs")
    assert str(said(away, "x")) == f'x: Could not connect to the endpoint URL: "https://ecs"; {SILENT}'
    for lost in (ConnectionClosedError(endpoint_url="u"), ReadTimeoutError(endpoint_url="u")):
        assert str(said(lost, "x")).endswith(f"; {SILENT}")


def test_without_credentials_it_says_how_to_sign_in() -> None:
    text = "x: there are no AWS credentials; sign in (aws sso login) or set AWS_PROFILE"
    assert str(said(NoCredentialsError(), "x")) == text


@pytest.mark.parametrize("wrong", [refusal("A"), NoCredentialsError(), EndpointConnectionError(endpoint_url="u")])
def test_all_that_a_client_raises_is_caught(wrong: Exception) -> None:
    assert isinstance(wrong, refusals())


def credentials(client: Any) -> Any:
    return client._request_signer._credentials


def test_a_client_has_the_region_and_credentials_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "mine")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "own")
    client = api("ecs", {"region": "eu-west-3", "endpoint": ""})
    assert client.meta.region_name == "eu-west-3" and client.meta.endpoint_url == "https://ecs.eu-west-3.amazonaws.com"
    assert credentials(client).access_key == "mine"


def test_an_emulated_aws_gets_no_credentials_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "mine")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "own")
    client = api("ecs", {"region": "eu-west-3", "endpoint": "http://127.0.0.1:5000"})
    assert client.meta.endpoint_url == "http://127.0.0.1:5000" and credentials(client).access_key == "test"


def test_whoever_has_no_credentials_is_told_before_anything_is_made(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    text = "asking AWS who is signed in: there are no AWS credentials; sign in (aws sso login) or set AWS_PROFILE"
    assert refused({"region": "eu-west-3", "endpoint": ""}) == text
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    assert str(refused({"region": "eu-west-3", "endpoint": ""})).startswith(
        "asking AWS who is signed in: AWS_PROFILE names a profile that ~/.aws/config does not have"
    )


def test_an_aws_that_does_not_answer_is_told_with_its_region() -> None:
    text = refused({"region": "eu-west-3", "endpoint": "http://127.0.0.1:9"})
    assert text is not None and text.startswith("AWS does not answer: Could not connect to the endpoint URL")
    assert text.endswith("is there a network, and is eu-west-3 (strata:aws.region) a region?")
