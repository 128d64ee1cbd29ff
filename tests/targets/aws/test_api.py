"""The gates' own way to AWS, and its errors in a person's words."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError

from components.targets.aws.api import ADVICE, api, refusals, said
from components.targets.failure import Failure
from tests.targets.aws.fakes import refusal

QUOTA = "; ask for a higher quota in the console's Service Quotas, then run the update again"
SIGN_IN = "; the credentials have expired: sign in again (aws sso login)"
INVALID = "; the credentials are not valid in this account or region"
EXPECTED = {
    "ExpiredTokenException": SIGN_IN, "ExpiredToken": SIGN_IN,
    "UnrecognizedClientException": INVALID, "InvalidClientTokenId": INVALID,
    "ThrottlingException": "; AWS slows this account down: run the update again, it continues",
    "ServiceQuotaExceededException": QUOTA, "LimitExceededException": QUOTA,
    "AccessDeniedException": "; the role that runs the update lacks this permission",
}  # fmt: skip


@pytest.mark.parametrize("code", ADVICE)
def test_each_usual_error_says_what_to_do(code: str) -> None:
    wrong = said(refusal(code, "AWS says no"), "api: asking ECS")
    assert isinstance(wrong, Failure) and str(wrong) == f"api: asking ECS: AWS says no ({code}){EXPECTED[code]}"


def test_every_advice_is_known_to_these_tests() -> None:
    assert set(ADVICE) == set(EXPECTED)


def test_any_other_error_is_told_as_it_is() -> None:
    assert str(said(refusal("Strange", "odd"), "x")) == "x: odd (Strange)"
    assert str(said(ClientError({}, "Call"), "x")).startswith("x: An error occurred (Unknown)")
    away = EndpointConnectionError(endpoint_url="https://ecs")
    assert str(said(away, "x")) == 'x: Could not connect to the endpoint URL: "https://ecs"'


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
