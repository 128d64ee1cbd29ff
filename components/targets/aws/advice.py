"""What AWS's errors mean for a person, by their codes: what to do, and then the next update continues. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from components.core.advice import Refused

SIGN_IN = "the credentials have expired: sign in again (aws sso login), then run the update again, it continues"
INVALID = "the credentials are not valid in this account or region: sign in again, or set another AWS_PROFILE"
QUOTA = (
    "ask for a higher quota in the console's Service Quotas, or remove what is not needed any more, then run the "
    "update again, it continues"
)
SLOW = "AWS slows this account down: wait a minute, then run the update again, it continues"
DENIED = "the role that runs the update lacks this permission: have it granted, then run the update again, it continues"
BROKEN = "AWS itself has trouble (health.aws.amazon.com says where): run the update again later, it continues"
SILENT = "no answer came; is there a network? Then run the update again: it continues, and says what is left over"
"""A call whose answer is lost may have been done."""
ADVICE: Mapping[str, str] = {
    **dict.fromkeys(("ExpiredToken", "ExpiredTokenException", "RequestExpired"), SIGN_IN),
    **dict.fromkeys(
        ("UnrecognizedClientException", "InvalidClientTokenId", "AuthFailure", "InvalidAccessKeyId",
         "SignatureDoesNotMatch"), INVALID,
    ),
    **dict.fromkeys(
        ("Throttling", "ThrottlingException", "ThrottledException", "TooManyRequestsException", "RequestLimitExceeded",
         "SlowDown", "RequestThrottled"), SLOW,
    ),
    **dict.fromkeys(("AccessDenied", "AccessDeniedException", "UnauthorizedOperation"), DENIED),
    **dict.fromkeys(
        ("InternalFailure", "InternalError", "InternalServerError", "InternalServiceError", "ServerException",
         "ServiceUnavailable", "ServiceUnavailableException"), BROKEN,
    ),
}  # fmt: skip
"""What to do about an error, by its code."""
LEFT = (
    "an interrupted update made it, or its answer was lost: `make repair` takes it into the state, then run the update "
    "again, it continues; what is not this stack's is left alone and has to go, or get another name"
)
GONE = "it is gone already, as when an answer was lost: run the same command again, it looks first and continues"
NOT_THERE = re.compile("NotFound|NonExistent|DoesNotExist")
"""In the code of AWS's answer about something that is no more."""
REMOVES = re.compile("Delete|Detach|Deregister|Disassociate|Remove|Terminate")
EXISTS = re.compile(
    r"AlreadyExist|AlreadyOwned|Duplicate|ResourceExists|AlreadyAssociated|ResourceConflict|^MountTarget"
)
"""How services say that there is one of this name, or in this place, already."""
OVER_QUOTA = re.compile(r"^TooMany(?!Requests)|LimitExceeded|QuotaExceeded|Quota$")
"""How services name that there may be no more of something: almost every one in its own way."""
OPERATION = re.compile(r"operation error (?P<service>[^:]+): (?P<operation>\w+)")
CODES = (
    re.compile(r"api error (?P<code>[A-Za-z][\w.]+): (?P<text>.+)", re.S),
    re.compile(r"RequestID: [^,]*,(?: HostID: [^,]*,)? (?P<code>[A-Za-z][\w.]+): (?P<text>.+)", re.S),
)
"""How the AWS SDK for Go, which the provider uses, writes what was asked and what was answered."""
UNANSWERED = re.compile(r"request send failed, \w+ \"[^\"]*\": (?P<text>.+)", re.S)
"""How it writes that nothing was."""


def advice(code: str) -> str | None:
    """What to do about an error of AWS's; None for one that says it itself."""
    return ADVICE.get(code) or (QUOTA if OVER_QUOTA.search(code) else LEFT if EXISTS.search(code) else None)


def explain(message: str) -> Refused | None:
    """An error of the provider's in short; None for one that is not AWS's, or that nobody need explain."""
    asked = OPERATION.search(message)
    lost = UNANSWERED.search(message)
    if lost is not None:
        where = f"{asked['service']} did not answer {asked['operation']}: " if asked else "AWS did not answer: "
        return Refused(where + _line(lost["text"]), SILENT)
    code = next((found for pattern in CODES if (found := pattern.search(message))), None)
    todo = advice(code["code"]) if code else None
    if code is not None and asked and REMOVES.match(asked["operation"]) and NOT_THERE.search(code["code"]):
        todo = GONE
    if code is None or todo is None:
        return None
    said = _line(code["text"])
    where = f"{asked['service']} refused {asked['operation']}: " if asked else "AWS refused: "
    return Refused(f"{where}{said} ({code['code']})", todo)


def _line(text: str) -> str:
    return " ".join(text.split()).rstrip(".")
