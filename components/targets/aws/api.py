"""AWS's API for what the provider does not do: the same region, endpoint and credentials as the provider's."""

from __future__ import annotations

import importlib
from typing import Any

from components.targets.aws.advice import SILENT, advice
from components.targets.failure import Failure


def api(service: str, where: dict[str, Any]) -> Any:
    """A boto3 client; `where` holds `region` and, for an emulated AWS, `endpoint`.

    boto3 is imported here and not above: only the processes of the gates need it, and it has no types.
    """
    boto3: Any = importlib.import_module("boto3")
    config: Any = importlib.import_module("botocore.config")
    emulated = where.get("endpoint") or None
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"} if emulated else {}
    retries = config.Config(retries={"mode": "standard"})
    return boto3.client(service, region_name=where["region"], endpoint_url=emulated, config=retries, **keys)


def refusals() -> tuple[type[Exception], ...]:
    """What a client raises when AWS refuses, or does not answer."""
    exceptions: Any = importlib.import_module("botocore.exceptions")
    return exceptions.ClientError, exceptions.BotoCoreError


def code_of(wrong: Exception) -> str:
    """AWS's code for what it refused; nothing where it did not answer."""
    return str(_error(wrong).get("Code", ""))


def _error(wrong: Exception) -> dict[str, Any]:
    """What AWS answered, as boto3 keeps it; empty where it did not answer."""
    response: dict[str, Any] = getattr(wrong, "response", None) or {}
    return response.get("Error") or {}


def said(wrong: Exception, what: str) -> Failure:
    """An error of the API as one line: what was asked, AWS's code and text, and what to do about the usual ones."""
    known = MISSING.get(type(wrong).__name__)
    if known is not None:
        return Failure(f"{what}: {known}")
    error = _error(wrong)
    if not error:
        exceptions: Any = importlib.import_module("botocore.exceptions")
        lost = isinstance(wrong, (exceptions.HTTPClientError, exceptions.ConnectionError))
        return Failure(f"{what}: {wrong}{f'; {SILENT}' if lost else ''}")
    code = code_of(wrong)
    found = advice(code)
    return Failure(f"{what}: {error.get('Message') or wrong} ({code}){f'; {found}' if found else ''}")


NONE = "there are no AWS credentials; sign in (aws sso login) or set AWS_PROFILE"
STALE = "the sign-in has expired; sign in again (aws sso login)"
MISSING = {
    "NoCredentialsError": NONE, "PartialCredentialsError": NONE, "UnauthorizedSSOTokenError": STALE,
    "SSOTokenLoadError": STALE, "TokenRetrievalError": STALE,
    "ProfileNotFound": "AWS_PROFILE names a profile that ~/.aws/config does not have; correct it, or sign in",
}  # fmt: skip
"""What the SDK says before it asks AWS at all, by the names of its exceptions."""


def refused(where: dict[str, Any]) -> str | None:
    """Why AWS would refuse whatever is asked: no credentials, expired ones, or no answer. None when it would not."""
    try:
        api("sts", where).get_caller_identity()
    except refusals() as wrong:
        if type(wrong).__name__ in ("EndpointConnectionError", "ConnectTimeoutError"):
            region = where["region"]
            return f"AWS does not answer: {wrong}; is there a network, and is {region} (strata:aws.region) a region?"
        return str(said(wrong, "asking AWS who is signed in"))
    return None
