"""AWS's API for what the provider does not do: the same region, endpoint and credentials as the provider's."""

from __future__ import annotations

import importlib
from typing import Any

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


def said(wrong: Exception, what: str) -> Failure:
    """An error of the API as one line: what was asked, AWS's code and text, and what to do about the usual ones."""
    if type(wrong).__name__ == "NoCredentialsError":
        return Failure(f"{what}: there are no AWS credentials; sign in (aws sso login) or set AWS_PROFILE")
    response: dict[str, Any] = getattr(wrong, "response", None) or {}
    error: dict[str, Any] = response.get("Error") or {}
    if not error:
        return Failure(f"{what}: {wrong}")
    code = str(error.get("Code", ""))
    return Failure(f"{what}: {error.get('Message') or wrong} ({code}){ADVICE.get(code, '')}")


QUOTA = "; ask for a higher quota in the console's Service Quotas, then run the update again"
ADVICE = {
    "ExpiredTokenException": "; the credentials have expired: sign in again (aws sso login)",
    "ExpiredToken": "; the credentials have expired: sign in again (aws sso login)",
    "UnrecognizedClientException": "; the credentials are not valid in this account or region",
    "InvalidClientTokenId": "; the credentials are not valid in this account or region",
    "ThrottlingException": "; AWS slows this account down: run the update again, it continues",
    "ServiceQuotaExceededException": QUOTA,
    "LimitExceededException": QUOTA,
    "AccessDeniedException": "; the role that runs the update lacks this permission",
}
"""What to do about an error, by its code."""
