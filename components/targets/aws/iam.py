"""Roles and their policies. Documents are plain values, so that a test reads them whole."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pulumi
import pulumi_aws as aws

Statement = Mapping[str, Any]
VERSION = "2012-10-17"
WILDCARDS: Mapping[str, str] = {
    "ecr:GetAuthorizationToken": "has no resource: it signs in to the account's registry as a whole",
    "ssmmessages:CreateControlChannel": "ECS Exec's channels have no ARN before they are opened",
    "ssmmessages:CreateDataChannel": "ECS Exec's channels have no ARN before they are opened",
    "ssmmessages:OpenControlChannel": "ECS Exec's channels have no ARN before they are opened",
    "ssmmessages:OpenDataChannel": "ECS Exec's channels have no ARN before they are opened",
    "ecs:DiscoverPollEndpoint": "an agent asks where its cluster is to be found, before it is of any",
    "ecs:ListTasks": "a task has no ARN before it is listed; a condition names the cluster",
    "kms:*": "in a key's own policy the resource is the key itself, and AWS wants it written as *",
}
"""Actions whose resource AWS forces to be `*`, and why. Nothing else may have it."""


def allow(actions: Sequence[str], resources: Sequence[Any], **conditions: Any) -> dict[str, Any]:
    """A statement that allows actions on resources; `conditions` is IAM's Condition block."""
    made: dict[str, Any] = {"Effect": "Allow", "Action": list(actions), "Resource": list(resources)}
    return {**made, "Condition": conditions} if conditions else made


def document(*statements: Statement) -> dict[str, Any]:
    """A policy document."""
    return {"Version": VERSION, "Statement": list(statements)}


def text(document: Any) -> pulumi.Output[str]:
    """A document that holds Outputs, as JSON with its keys sorted, so that it is no difference how it was written."""
    return pulumi.Output.from_input(document).apply(lambda known: json.dumps(known, sort_keys=True))


def trusted(service: str, **conditions: Any) -> dict[str, Any]:
    """The document that lets an AWS service take a role."""
    made: dict[str, Any] = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return document({**made, "Condition": conditions} if conditions else made)


class Granted(NamedTuple):
    """A role, and the policies without which nothing should take it yet."""

    role: aws.iam.Role
    policies: tuple[aws.iam.RolePolicy, ...]


def role(
    name: str, service: str, statements: Sequence[Statement], opts: pulumi.ResourceOptions, prefix: str,
    account: pulumi.Input[str] | None = None,
) -> Granted:  # fmt: skip
    """A role that one AWS service takes, with exactly these statements; none is a role that may do nothing.

    With `account` the service takes it on behalf of that account alone.
    """
    where = {"StringEquals": {"aws:SourceAccount": account}} if account is not None else {}
    trust = text(trusted(service, **where)) if where else json.dumps(trusted(service), sort_keys=True)
    made = aws.iam.Role(name, name_prefix=prefix[:37], assume_role_policy=trust, opts=opts)
    if not statements:
        return Granted(made, ())
    policy = aws.iam.RolePolicy(
        f"{name}-policy", role=made.id, policy=text(document(*statements)), opts=pulumi.ResourceOptions(parent=made)
    )
    return Granted(made, (policy,))
