"""One change of each AWS resource type, as a transformation that a test's stack loads: a tag where there are tags."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from typing import Any

import pulumi

SWITCH = "STRATA_TEST_CHANGED"
"""The environment variable that turns the changes on."""


def denied(document: Any) -> pulumi.Output[str]:
    """A policy that forbids one thing more."""
    more = {"Sid": "changed", "Effect": "Deny", "Action": ["iam:CreateUser"], "Resource": ["*"]}

    def add(text: str) -> str:
        known = json.loads(text)
        return json.dumps({**known, "Statement": [*known["Statement"], more]}, sort_keys=True)

    return pulumi.Output.from_input(document).apply(add)


def renamed(document: Any) -> pulumi.Output[str]:
    """A resource's own policy whose first statement has another name."""

    def change(text: str) -> str:
        known = json.loads(text)
        known["Statement"][0]["Sid"] = "changed"
        return json.dumps(known, sort_keys=True)

    return pulumi.Output.from_input(document).apply(change)


def with_another(groups: Any) -> list[Any]:
    """Security groups, and the first one that the program has made."""
    return [*groups, MADE[0].id]


MADE: list[Any] = []
"""The security groups of the running program, as it makes them."""
WIDGET = {"type": "text", "x": 0, "y": 0, "width": 3, "height": 3, "properties": {"markdown": "changed"}}
PROPERTIES: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "aws:autoscaling/group:Group": ("health_check_grace_period", lambda _: 200),
    "aws:cloudwatch/dashboard:Dashboard": (
        "dashboard_body",
        lambda _: json.dumps({"widgets": [WIDGET]}),
    ),
    "aws:cloudwatch/eventTarget:EventTarget": ("retry_policy", lambda _: {"maximum_retry_attempts": 3}),
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": ("policy", lambda text: text.replace("30", "31")),
    "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders": (
        "default_capacity_provider_strategies", lambda _: [{"capacity_provider": "FARGATE", "weight": 1}],
    ),
    "aws:efs/mountTarget:MountTarget": ("security_groups", with_another),
    "aws:iam/rolePolicy:RolePolicy": ("policy", denied),
    "aws:kms/alias:Alias": ("name", lambda name: f"{name}-changed"),
    "aws:s3/bucketLogging:BucketLogging": ("target_prefix", lambda prefix: f"changed/{prefix}"),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": (
        "rule", lambda _: {"object_ownership": "BucketOwnerPreferred"},
    ),
    "aws:s3/bucketPolicy:BucketPolicy": ("policy", renamed),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": ("ignore_public_acls", lambda before: not before),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": (
        "rules",
        lambda _: [
            {"apply_server_side_encryption_by_default": {"sse_algorithm": "aws:kms"}, "bucket_key_enabled": False}
        ],
    ),
    "aws:s3/bucketVersioning:BucketVersioning": ("versioning_configuration", lambda _: {"status": "Suspended"}),
    "aws:secretsmanager/secretVersion:SecretVersion": ("secret_string", lambda _: pulumi.Output.secret("changed")),
    "aws:sns/topicPolicy:TopicPolicy": ("policy", renamed),
    "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration": (
        "redacted_fields", lambda _: [{"single_header": {"name": "cookie"}}],
    ),
}  # fmt: skip
"""What is changed of a type without tags."""
FIXED: Mapping[str, str] = {
    "aws:ec2/route:Route": "it has nothing but its two ends",
    "aws:ec2/routeTableAssociation:RouteTableAssociation": "it has nothing but its two ends",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": "it has nothing but its two ends",
    "aws:wafv2/webAclAssociation:WebAclAssociation": "it has nothing but its two ends",
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": "changed by a setting, noncurrent_days",
}
"""Types that this changes nothing of, and why."""


def changed(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
    """Change one property, while the switch is on."""
    props: Any = args.props
    if args.type_ == "aws:ec2/securityGroup:SecurityGroup":
        MADE.append(args.resource)
    if not os.environ.get(SWITCH) or not args.type_.startswith("aws:"):
        return None
    if args.type_ in PROPERTIES:
        name, change = PROPERTIES[args.type_]
        return pulumi.ResourceTransformationResult({**props, name: change(props.get(name))}, args.opts)
    if "tags" in props:
        tags = {**(props["tags"] or {}), "changed": "yes"}
        return pulumi.ResourceTransformationResult({**props, "tags": tags}, args.opts)
    return None
