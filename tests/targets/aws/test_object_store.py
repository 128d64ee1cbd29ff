"""What an ObjectStore becomes: buckets, who may use them, and their logs."""

from __future__ import annotations

from typing import Any

from strata import Bucket, ObjectStore, Service
from tests.targets.aws.stage import KEY, below, containers, environment, inputs, put, statements


def test_object_store() -> None:
    store = ObjectStore("files", buckets=[Bucket("uploads"), Bucket("pages", public=True)])
    ran = put(store, services={"files": {"noncurrent_days": 5}})
    parts = {
        "bucket": "Bucket", "bucket-access": "BucketPublicAccessBlock", "bucket-owner": "BucketOwnershipControls",
        "bucket-versions": "BucketVersioning", "bucket-encryption": "BucketServerSideEncryptionConfiguration",
        "bucket-lifecycle": "BucketLifecycleConfiguration", "bucket-policy": "BucketPolicy",
        "bucket-log": "BucketLogging",
    }  # fmt: skip
    assert below(ran, "files") == {
        f"{name}-{part}": kind for name in ("uploads", "pages") for part, kind in parts.items()
    }
    assert inputs(ran["files-uploads-bucket"]) == {"bucketPrefix": "shop-prod-uploads-", "forceDestroy": True}
    closed = {"blockPublicAcls": True, "ignorePublicAcls": True, "bucket": "files-uploads-bucket-id"}
    assert inputs(ran["files-uploads-bucket-access"]) == {
        **closed, "blockPublicPolicy": True, "restrictPublicBuckets": True
    }  # fmt: skip
    assert inputs(ran["files-pages-bucket-access"]) == {
        **closed, "bucket": "files-pages-bucket-id", "blockPublicPolicy": False, "restrictPublicBuckets": False
    }  # fmt: skip
    assert ran["files-uploads-bucket-owner"]["rule"] == {"objectOwnership": "BucketOwnerEnforced"}
    assert ran["files-uploads-bucket-versions"]["versioningConfiguration"] == {"status": "Enabled"}
    assert ran["files-uploads-bucket-encryption"]["rules"] == [{
        "bucketKeyEnabled": True,
        "applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": KEY},
    }]  # fmt: skip
    assert ran["files-pages-bucket-encryption"]["rules"] == [
        {"bucketKeyEnabled": False, "applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}
    ]
    assert ran["files-uploads-bucket-lifecycle"]["rules"] == [{
        "id": "clean", "status": "Enabled", "filter": {"prefix": ""},
        "noncurrentVersionExpiration": {"noncurrentDays": 5},
        "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
    }]  # fmt: skip
    assert inputs(ran["files-uploads-bucket-log"]) == {
        "bucket": "files-uploads-bucket-id", "targetBucket": "logs-bucket-id", "targetPrefix": "s3/uploads/",
    }  # fmt: skip
    assert ran.value["files"]["facts"] == {
        "scheme": "https", "host": "s3.eu-central-1.amazonaws.com", "port": "443", "path_style": "false",
        "region": "eu-central-1", "bucket_uploads": "files-uploads-bucket-1", "bucket_pages": "files-pages-bucket-1",
    }  # fmt: skip


def test_a_buckets_policy_lets_nobody_in_without_tls_and_everyone_read_only_what_is_public() -> None:
    ran = put(ObjectStore("files", buckets=[Bucket("uploads"), Bucket("pages", public=True)]))

    def tls(name: str) -> dict[str, Any]:
        return {
            "Sid": "tls", "Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "s3:*",
            "Resource": [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }  # fmt: skip

    assert statements(ran["files-uploads-bucket-policy"]) == [tls("files-uploads-bucket")]
    assert statements(ran["files-pages-bucket-policy"]) == [
        tls("files-pages-bucket"),
        {
            "Sid": "everyone", "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::files-pages-bucket/*",
        },
    ]  # fmt: skip


def test_a_protected_object_store_and_the_log_bucket() -> None:
    ran = put(ObjectStore("files", buckets=[Bucket("uploads")]), protection=True, aws={"log_days": 14})
    assert ran["files-uploads-bucket"].protect and ran["files-uploads-bucket"]["forceDestroy"] is False
    logs = ran["logs-bucket"]
    assert logs["bucketPrefix"] == "shop-prod-logs-" and logs["forceDestroy"] is False and not logs.protect
    assert ran["logs-bucket-lifecycle"]["rules"][0]["expiration"] == {"days": 14}
    assert "logs-bucket-log" not in ran, "a bucket that logs to itself never ends"


def test_access_to_buckets_is_by_role_and_only_for_who_needs_them() -> None:
    store = ObjectStore("files", buckets=[Bucket("uploads")])
    ran = put(store, Service("api", image="a:1", needs=[store]), Service("other", image="a:1"))
    bucket = "arn:aws:s3:::files-uploads-bucket"
    assert statements(ran["api-role-policy"]) == [
        {"Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetBucketLocation"], "Resource": [bucket]},
        {
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"],
            "Resource": [f"{bucket}/*"],
        },
        {"Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": [KEY]},
    ]  # fmt: skip
    assert "other-role-policy" not in ran
    assert not [key for key in environment(containers(ran["api-task"])["api"]) if "ACCESS_KEY" in key]
