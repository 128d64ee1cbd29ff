"""A bucket as every bucket is: closed, encrypted, versioned, by TLS alone, and cleaned up behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pulumi
import pulumi_aws as aws

from components.targets.aws import iam

PUBLIC_READ: Mapping[str, Any] = {
    "Sid": "everyone",
    "Effect": "Allow",
    "Principal": {"AWS": "*"},
    "Action": "s3:GetObject",
}


class Made(NamedTuple):
    """A bucket, and the policy that lets others write into it: whoever needs that asks `policy.bucket` for its name."""

    bucket: aws.s3.Bucket
    policy: aws.s3.BucketPolicy


def bucket(
    name: str, prefix: str, opts: pulumi.ResourceOptions, *, key: pulumi.Input[str] | None, public: bool = False,
    keep_days: int = 30, expire_days: int | None = None, force_destroy: bool = False,
    statements: Sequence[Mapping[str, Any]] = (), logs: tuple[pulumi.Input[str], str] | None = None,
) -> Made:  # fmt: skip
    """A bucket with its settings as children.

    `key` encrypts it (None: S3's own key, which anonymous readers and log writers need); `keep_days` is how long
    overwritten objects stay, `expire_days` how long any does. `statements` are added to its policy; in their Resource
    `*` stands for its objects. `logs` is the bucket, and the prefix in it, that requests are logged to.
    """
    made = aws.s3.Bucket(f"{name}-bucket", bucket_prefix=prefix, force_destroy=force_destroy, opts=opts)
    inside = pulumi.ResourceOptions(parent=made)
    closed = aws.s3.BucketPublicAccessBlock(
        f"{name}-bucket-access", bucket=made.id, block_public_acls=True, ignore_public_acls=True,
        block_public_policy=not public, restrict_public_buckets=not public, opts=inside,
    )  # fmt: skip
    aws.s3.BucketOwnershipControls(
        f"{name}-bucket-owner", bucket=made.id,
        rule=aws.s3.BucketOwnershipControlsRuleArgs(object_ownership="BucketOwnerEnforced"), opts=inside,
    )  # fmt: skip
    versioned = aws.s3.BucketVersioning(
        f"{name}-bucket-versions", bucket=made.id,
        versioning_configuration=aws.s3.BucketVersioningVersioningConfigurationArgs(status="Enabled"), opts=inside,
    )  # fmt: skip
    default = aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
        sse_algorithm="aws:kms" if key is not None else "AES256", kms_master_key_id=key
    )
    aws.s3.BucketServerSideEncryptionConfiguration(
        f"{name}-bucket-encryption", bucket=made.id,
        rules=[
            aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
                bucket_key_enabled=key is not None, apply_server_side_encryption_by_default=default
            )
        ],
        opts=inside,
    )  # fmt: skip
    rule = aws.s3.BucketLifecycleConfigurationRuleArgs(
        id="clean", status="Enabled", filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
        noncurrent_version_expiration=aws.s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(
            noncurrent_days=keep_days
        ),
        abort_incomplete_multipart_upload=aws.s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(
            days_after_initiation=7
        ),
        expiration=aws.s3.BucketLifecycleConfigurationRuleExpirationArgs(days=expire_days) if expire_days else None,
    )  # fmt: skip
    aws.s3.BucketLifecycleConfiguration(
        f"{name}-bucket-lifecycle", bucket=made.id, rules=[rule],
        opts=pulumi.ResourceOptions(parent=made, depends_on=[versioned]),
    )  # fmt: skip
    policy = aws.s3.BucketPolicy(
        f"{name}-bucket-policy", bucket=made.id, policy=_policy(made.arn, public, statements),
        opts=pulumi.ResourceOptions(parent=made, depends_on=[closed]),
    )  # fmt: skip
    if logs is not None:
        aws.s3.BucketLogging(
            f"{name}-bucket-log", bucket=made.id, target_bucket=logs[0], target_prefix=logs[1], opts=inside
        )
    return Made(made, policy)


def _policy(arn: pulumi.Output[str], public: bool, statements: Sequence[Mapping[str, Any]]) -> pulumi.Output[str]:
    objects = pulumi.Output.concat(arn, "/*")
    whole: list[Mapping[str, Any]] = [
        {
            "Sid": "tls", "Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "s3:*", "Resource": [arn, objects],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
        *({**one, "Resource": objects} for one in ([PUBLIC_READ] if public else [])),
        *({**one, "Resource": objects} for one in statements),
    ]  # fmt: skip
    return iam.text(iam.document(*whole))
