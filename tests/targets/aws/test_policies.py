"""Who may do what: the roles, keys and buckets of whole stacks."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from strata import Service
from tests.ran import Ran
from tests.targets.aws.stage import KEY, arn, aws_resources, inputs, put, statements, too_wide
from tests.targets.aws.systems import every_stack, prod


def allow(actions: list[str], resources: list[str]) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resources}


def execution(name: str, *stored: str) -> list[dict[str, Any]]:
    """What ECS may do to start a container of the starter's."""
    pull = ["ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"]
    found = [
        allow(["logs:CreateLogStream", "logs:PutLogEvents"], [arn("cloudwatch", f"LogGroup/{name}-logs") + ":*"]),
        allow(["ecr:GetAuthorizationToken"], ["*"]),
        allow(pull, [arn("ecr", "repository/starter-prod/*")]),
    ]
    if not stored:
        return found
    places = [arn("secretsmanager", f"Secret/{one}-binding-secret") for one in stored]
    return [*found, allow(["secretsmanager:GetSecretValue"], places), allow(["kms:Decrypt"], [KEY])]


BUCKET = "arn:aws:s3:::files-uploads-bucket"
STORE = [
    allow(["s3:ListBucket", "s3:GetBucketLocation"], [BUCKET]),
    allow(["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"], [f"{BUCKET}/*"]),
    allow(["kms:Decrypt", "kms:GenerateDataKey"], [KEY]),
]
FLOW = arn("cloudwatch", "LogGroup/vpc-flow")
POLICIES = {
    "migrate-execution-policy": execution("migrate", "db"),
    "api-execution-policy": execution("api", "db", "jobs"),
    "worker-execution-policy": execution("worker", "db", "jobs"),
    "web-execution-policy": execution("web"),
    "api-role-policy": STORE,
    "worker-role-policy": STORE,
    "vpc-flow-role-policy": [
        allow(["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"], [FLOW, f"{FLOW}:*"])
    ],
}
"""Every policy of the starter's own roles, whole; the roles of migrate and web may do nothing."""


def test_the_starters_roles_may_do_this_and_nothing_else() -> None:
    ran = prod("starter")
    assert {one.name: statements(one) for one in ran.of("iam/rolePolicy:RolePolicy")} == POLICIES
    for name in POLICIES:
        assert ran[name]["role"] == f"{name.removesuffix('-policy')}-id"


def test_each_of_the_starters_roles_is_taken_by_one_service_of_aws() -> None:
    ran = prod("starter")
    tasks = [f"{name}-{part}" for name in ("migrate", "api", "worker", "web") for part in ("execution", "role")]
    takers = {**dict.fromkeys(tasks, "ecs-tasks"), "vpc-flow-role": "vpc-flow-logs", "backup-role": "backup"}
    assert {one.name for one in ran.of("iam/role:Role")} == set(takers)
    for name, taker in takers.items():
        assert statements(ran[name], "assumeRolePolicy") == [
            {"Effect": "Allow", "Principal": {"Service": f"{taker}.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ]
        assert ran[name].get("inlinePolicies") is None and ran[name].get("managedPolicyArns") is None


def test_the_starters_key_and_log_bucket() -> None:
    ran = prod("starter")
    root = {"AWS": "arn:aws:iam::123456789012:root"}
    account, logs = statements(ran["key"])[:2]
    assert account == {"Sid": "account", "Effect": "Allow", "Principal": root, "Action": "kms:*", "Resource": "*"}
    assert logs == {
        "Sid": "logs", "Effect": "Allow", "Principal": {"Service": "logs.eu-central-1.amazonaws.com"},
        "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
        "Resource": "*",
        "Condition": {
            "ArnLike": {"kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:eu-central-1:123456789012:*"}
        },
    }  # fmt: skip
    assert inputs(ran["key"])["enableKeyRotation"] is True and ran["key"]["deletionWindowInDays"] == 30
    assert ran["key"].protect and not prod_off()["key"].protect and prod_off()["key"]["deletionWindowInDays"] == 7
    objects = "arn:aws:s3:::logs-bucket/*"
    writers = [("logging", "logging.s3"), ("logdelivery", "logdelivery.elasticloadbalancing")]
    assert statements(ran["logs-bucket-policy"]) == [
        {
            "Sid": "tls", "Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "s3:*",
            "Resource": ["arn:aws:s3:::logs-bucket", objects],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
        *(
            {
                "Sid": sid, "Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"},
                "Action": "s3:PutObject", "Resource": objects,
                "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}},
            }
            for sid, service in writers
        ),
    ]  # fmt: skip


@functools.cache
def prod_off() -> Ran:
    return put(Service("api", image="a:1"))


@every_stack
def test_no_identity_policy_is_wider_than_it_must_be(system: str, profile: str) -> None:
    found = [one for one in aws_resources(prod(system, profile)) if one.type.startswith("aws:iam/")]
    policies = [one for one in found if one.get("policy") is not None]
    assert len(policies) >= 7
    assert [(one.name, wide) for one in policies for each in statements(one) for wide in too_wide(each)] == []


@pytest.mark.parametrize(
    ("statement", "wide"),
    [
        (allow(["s3:GetObject"], ["*"]), ["s3:GetObject on *"]),
        (allow(["s3:*"], ["arn:aws:s3:::a"]), ["action s3:*"]),
        (allow(["ecr:GetAuthorizationToken", "ecr:BatchGetImage"], ["*"]), ["ecr:BatchGetImage on *"]),
        ({"Effect": "Allow", "NotAction": "iam:*", "Action": [], "Resource": []}, ["all but a few"]),
        (allow(["ecr:GetAuthorizationToken"], ["*"]), []),
        ({"Effect": "Deny", "Action": "s3:*", "Resource": "*"}, []),
    ],
)  # fmt: skip
def test_a_policy_that_is_too_wide_is_found(statement: dict[str, Any], wide: list[str]) -> None:
    assert list(too_wide(statement)) == wide
