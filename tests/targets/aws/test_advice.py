"""What AWS's errors mean for a person. The texts are those of the real provider, answered by rehearsal/faults.py."""

from __future__ import annotations

import pytest

from components.core import catalog
from components.core.advice import Refused
from components.targets.aws.advice import (
    BROKEN,
    DENIED,
    GONE,
    INVALID,
    QUOTA,
    SIGN_IN,
    SILENT,
    SLOW,
    advice,
    explain,
)  # fmt: skip
from rehearsal.aws_errors import TABLE, Kind

BUCKET = (
    "creating S3 Bucket (shop-prod-uploads-2026): operation error S3: CreateBucket, https response error StatusCode: "
    "400, RequestID: 7a62c49f, HostID: EXAMPLE, api error TooManyBuckets: You have attempted to create more buckets "
    "than allowed\n"
)
TASK = (
    "1 error occurred:\n\t* creating ECS Task Definition (api): operation error ECS: RegisterTaskDefinition, exceeded "
    "maximum number of attempts, 2, https response error StatusCode: 400, RequestID: 7a62c49f, api error "
    "ThrottlingException: Rate exceeded\n\n"
)
KEY = (
    "creating KMS Key: operation error KMS: CreateKey, https response error StatusCode: 400, RequestID: 7a62c49f, "
    "LimitExceededException: The limit for the resource was exceeded."
)
LOST = (
    "creating EC2 VPC: operation error EC2: CreateVpc, exceeded maximum number of attempts, 2, https response error "
    'StatusCode: 0, RequestID: , request send failed, Post "http://127.0.0.1:40123/": EOF\n'
)
DASHBOARD = (
    "deleting CloudWatch Dashboard (shop-prod): operation error CloudWatch: DeleteDashboards, https response error "
    "StatusCode: 404, RequestID: 3aeffc07, ResourceNotFound: Dashboard shop-prod does not exist"
)
EXPECTED = {
    Kind.THROTTLED: SLOW, Kind.QUOTA: QUOTA, Kind.EXPIRED: SIGN_IN, Kind.INVALID: INVALID, Kind.DENIED: DENIED,
    Kind.INTERNAL: BROKEN,
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "what", "todo"),
    [
        (BUCKET, "S3 refused CreateBucket: You have attempted to create more buckets than allowed (TooManyBuckets)",
            QUOTA),
        (TASK, "ECS refused RegisterTaskDefinition: Rate exceeded (ThrottlingException)", SLOW),
        (KEY, "KMS refused CreateKey: The limit for the resource was exceeded (LimitExceededException)", QUOTA),
        (DASHBOARD,
            "CloudWatch refused DeleteDashboards: Dashboard shop-prod does not exist (ResourceNotFound)", GONE),
        (LOST, "EC2 did not answer CreateVpc: EOF", SILENT),
    ],
)  # fmt: skip
def test_an_error_of_the_provider_in_short(text: str, what: str, todo: str) -> None:
    assert explain(text) == Refused(what, todo)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.kind}-{row.error.code}")
def test_every_documented_error_says_what_to_do(row: object) -> None:
    assert advice(row.error.code) == EXPECTED[row.kind]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "code",
    ["ServiceQuotaExceededException", "ClusterQuotaExceeded", "NatGatewayLimitExceeded", "TooManyTargetGroups",
     "LimitExceededFault", "MaxSpotInstanceCountExceededQuota"],
)  # fmt: skip
def test_a_quota_by_any_name(code: str) -> None:
    assert advice(code) == QUOTA


@pytest.mark.parametrize(
    "text",
    [
        "update failed",
        "api: ECS gave up on the new version and keeps the old one; its task stopped",
        BUCKET.replace("TooManyBuckets", "InvalidBucketName"),
    ],
)
def test_what_says_itself_or_is_not_of_aws_is_left(text: str) -> None:
    assert explain(text) is None


def test_requests_that_are_too_many_are_no_quota() -> None:
    assert advice("TooManyRequestsException") == SLOW


def test_the_target_is_found_by_its_name() -> None:
    assert catalog.advisor("aws") is explain
