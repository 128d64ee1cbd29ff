"""AWS's documented errors, and how each of its protocols writes one.

Codes, texts and statuses: the "Common errors" and "Errors" pages of each service's API reference; how they are written:
the error sections of the Smithy AWS protocols (awsQuery, ec2Query, awsJson1_1, restJson1, restXml).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from xml.sax.saxutils import escape

from rehearsal.aws_calls import Call

REQUEST = "7a62c49f-347e-4fc4-9331-6e8eEXAMPLE"
"""The request id of every answer here; AWS's documentation uses it so."""


class Kind(StrEnum):
    """What is wrong, whatever a service calls it."""

    THROTTLED = "throttled"
    QUOTA = "quota"
    EXPIRED = "expired credentials"
    INVALID = "invalid credentials"
    DENIED = "denied"
    INTERNAL = "internal error"


@dataclass(frozen=True)
class Error:
    """An error as AWS documents it; `status` is HTTP's."""

    code: str
    message: str
    status: int = 400


@dataclass(frozen=True)
class Row:
    """Which error a kind is for some calls; `service`, `operation` and `protocol` are shell patterns."""

    kind: Kind
    error: Error
    service: str = "*"
    operation: str = "*"
    protocol: str = "*"

    def fits(self, kind: Kind, call: Call) -> bool:
        return kind == self.kind and all(
            fnmatchcase(given, pattern)
            for given, pattern in (
                (call.service, self.service), (call.operation, self.operation), (call.protocol, self.protocol),
            )
        )  # fmt: skip


TOKEN_EXPIRED = "The security token included in the request is expired"
TOKEN_INVALID = "The security token included in the request is invalid."
TABLE: tuple[Row, ...] = (
    Row(Kind.THROTTLED, Error("RequestLimitExceeded", "Request limit exceeded.", 503), "ec2"),
    Row(Kind.THROTTLED, Error("SlowDown", "Please reduce your request rate.", 503), "s3"),
    Row(Kind.THROTTLED, Error("ThrottlingException", "Rate exceeded", 429), protocol="rest-json"),
    Row(Kind.THROTTLED, Error("ThrottlingException", "Rate exceeded"), protocol="json"),
    Row(Kind.THROTTLED, Error("Throttling", "Rate exceeded"), protocol="query"),
    Row(Kind.THROTTLED, Error("Throttling", "Rate exceeded"), "route53"),
    Row(Kind.QUOTA, Error("VpcLimitExceeded", "The maximum number of VPCs has been reached."), "ec2", "CreateVpc"),
    Row(Kind.QUOTA, Error("AddressLimitExceeded", "The maximum number of addresses has been reached."), "ec2",
        "AllocateAddress"),
    Row(Kind.QUOTA, Error("TooManyBuckets", "You have attempted to create more buckets than allowed"), "s3",
        "CreateBucket"),
    Row(Kind.QUOTA, Error("LimitExceeded", "Cannot exceed quota for RolesPerAccount: 1000", 409), "iam", "CreateRole"),
    Row(Kind.QUOTA, Error("TooManyLoadBalancers", "You've reached the limit on the number of load balancers for your "
        "AWS account."), "elasticloadbalancing", "CreateLoadBalancer"),
    Row(Kind.QUOTA, Error("InstanceQuotaExceeded", "The request would result in the user exceeding the allowed number "
        "of DB instances."), "rds", "CreateDBInstance"),
    Row(Kind.QUOTA, Error("FileSystemLimitExceeded", "You have already created the maximum number of file systems "
        "allowed for your account.", 403), "elasticfilesystem", "CreateFileSystem"),
    Row(Kind.QUOTA, Error("LimitExceededException", "The limit for the resource was exceeded."), protocol="json"),
    Row(Kind.EXPIRED, Error("RequestExpired", "Request has expired."), "ec2"),
    Row(Kind.EXPIRED, Error("ExpiredToken", "The provided token has expired."), "s3"),
    Row(Kind.EXPIRED, Error("ExpiredToken", TOKEN_EXPIRED, 403), protocol="query"),
    Row(Kind.EXPIRED, Error("ExpiredTokenException", TOKEN_EXPIRED), protocol="json"),
    Row(Kind.EXPIRED, Error("ExpiredTokenException", TOKEN_EXPIRED, 403), protocol="rest-*"),
    Row(Kind.INVALID, Error("AuthFailure", "AWS was not able to validate the provided access credentials", 401), "ec2"),
    Row(Kind.INVALID, Error("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.",
        403), "s3"),
    Row(Kind.INVALID, Error("InvalidClientTokenId", TOKEN_INVALID, 403), protocol="query"),
    Row(Kind.INVALID, Error("UnrecognizedClientException", TOKEN_INVALID), protocol="json"),
    Row(Kind.INVALID, Error("UnrecognizedClientException", TOKEN_INVALID, 403), protocol="rest-*"),
    Row(Kind.DENIED, Error("UnauthorizedOperation", "You are not authorized to perform this operation.", 403), "ec2"),
    Row(Kind.DENIED, Error("AccessDenied", "Access Denied", 403), "s3"),
    Row(Kind.DENIED, Error("AccessDenied", "User is not authorized to perform this action", 403), protocol="query"),
    Row(Kind.DENIED, Error("AccessDeniedException", "User is not authorized to perform this action"), protocol="json"),
    Row(Kind.DENIED, Error("AccessDeniedException", "User is not authorized to perform this action", 403),
        protocol="rest-*"),
    Row(Kind.INTERNAL, Error("InternalError", "An internal error has occurred", 500), "ec2"),
    Row(Kind.INTERNAL, Error("InternalError", "We encountered an internal error. Please try again.", 500), "s3"),
    Row(Kind.INTERNAL, Error("InternalFailure", "The request processing has failed because of an unknown error, "
        "exception or failure.", 500)),
)  # fmt: skip
"""The first row that fits decides."""


def documented(kind: Kind, call: Call) -> Error:
    """The error that AWS documents for a call. Raises LookupError when the table has none."""
    for row in TABLE:
        if row.fits(kind, call):
            return row.error
    raise LookupError(f"no error of the kind {kind.value!r} is known for {call} ({call.protocol})")


def written(error: Error, call: Call) -> tuple[dict[str, str], bytes]:
    """Headers and body of an error in a call's protocol."""
    if call.protocol == "json":
        head = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-RequestId": REQUEST}
        return head, json.dumps({"__type": error.code, "message": error.message}).encode()
    if call.protocol == "rest-json":
        head = {"Content-Type": "application/json", "x-amzn-ErrorType": error.code, "x-amzn-RequestId": REQUEST}
        return head, json.dumps({"message": error.message}).encode()
    inner = f"<Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>"
    if call.protocol == "ec2":
        text = f"<Response><Errors><Error>{inner}</Error></Errors><RequestID>{REQUEST}</RequestID></Response>"
    elif call.service == "s3":
        text = f"<Error>{inner}<RequestId>{REQUEST}</RequestId><HostId>EXAMPLE</HostId></Error>"
    else:
        kind = "Receiver" if error.status >= 500 else "Sender"
        text = (
            f"<ErrorResponse><Error><Type>{kind}</Type>{inner}</Error><RequestId>{REQUEST}</RequestId></ErrorResponse>"
        )
    head = {"Content-Type": "text/xml", "x-amz-request-id": REQUEST, "x-amzn-RequestId": REQUEST}
    return head, f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode()
