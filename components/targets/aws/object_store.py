"""ObjectStore: S3. Applications get in by their task's role, not by keys."""

from __future__ import annotations

import pulumi

from components.core.bound import Bound
from components.core.target import Needs, realizes
from components.model.object_store import ObjectStore
from components.targets.aws import iam
from components.targets.aws.bound import AwsBound
from components.targets.aws.buckets import bucket
from components.targets.aws.options import ObjectStoreOptions
from components.targets.aws.tasks import aws_target

PREFIX_LIMIT = 37
"""Characters of a bucket's name before the part that the provider makes up."""


@realizes(ObjectStore)
def object_store(store: ObjectStore, needs: Needs, opts: pulumi.ResourceOptions) -> Bound:
    """A bucket is public only where the description says so; its first name stays after a rename."""
    target = aws_target(needs)
    foundation, options = target.found(), target.options(store, ObjectStoreOptions)
    made = {
        one.name: bucket(
            f"{store.name}-{one.name}",
            target.names.prefix(one.name, PREFIX_LIMIT),
            needs.child(
                protect=target.chosen.protection,
                aliases=[pulumi.Alias(name=f"{old}-{one.name}-bucket") for old in store.formerly],
            ),
            key=None if one.public else foundation.key.arn, public=one.public, keep_days=options.noncurrent_days,
            force_destroy=not target.chosen.protection, logs=(target.log_bucket(), f"s3/{one.name}/"),
        ).bucket
        for one in store.buckets
    }  # fmt: skip
    facts: dict[str, pulumi.Input[str]] = {
        "scheme": "https", "host": f"s3.{foundation.region}.amazonaws.com", "port": "443", "path_style": "false",
        "region": foundation.region, **{f"bucket_{name}": one.bucket for name, one in made.items()},
    }  # fmt: skip
    arns = [one.arn for one in made.values()]
    granted = (
        iam.allow(["s3:ListBucket", "s3:GetBucketLocation"], arns),
        iam.allow(
            ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"],
            [pulumi.Output.concat(arn, "/*") for arn in arns],
        ),
        iam.allow(["kms:Decrypt", "kms:GenerateDataKey"], [foundation.key.arn]),
    )
    return AwsBound(
        store, facts, tuple(made.values()), tuple(made.values()), policy=granted if made else (),
        by_role=frozenset({"access_key", "secret_key"}),
    )  # fmt: skip
