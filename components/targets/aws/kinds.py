"""The kinds of resource that a stack has at AWS: by their ARNs, and by what the provider calls them. Pure.

ARNs: the "Resource types" tables of AWS's Service Authorization Reference; ids: the provider's `import` sections.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Kind:
    """A kind that AWS lists by its tags. `arn` matches what follows the account in an ARN, after the service and a
    colon, and `id` in it is the provider's id (without it, the ARN is); `data`: it may hold what is nowhere else.
    `removed` is what the provider has to be told before it removes one that is not empty."""

    types: tuple[str, ...]
    arn: re.Pattern[str]
    data: bool = False
    removed: Mapping[str, Any] = field(default_factory=dict[str, Any])


def _kind(arn: str, *types: str, data: bool = False, **removed: Any) -> Kind:
    return Kind(types, re.compile(arn), data, removed)


def _type(module: str, name: str) -> str:
    """Pulumi's token of a type: ec2, Vpc."""
    return f"aws:{module}/{name[0].lower()}{name[1:]}:{name}"


RULES = (_type("vpc", "SecurityGroupIngressRule"), _type("vpc", "SecurityGroupEgressRule"))
BUCKET = _type("s3", "Bucket")
KINDS: tuple[Kind, ...] = (
    *(_kind(rf"ec2:{name}/(?P<id>.+)", _type("ec2", kind)) for name, kind in (
        ("vpc", "Vpc"), ("subnet", "Subnet"), ("internet-gateway", "InternetGateway"), ("natgateway", "NatGateway"),
        ("elastic-ip", "Eip"), ("route-table", "RouteTable"), ("security-group", "SecurityGroup"),
        ("vpc-endpoint", "VpcEndpoint"), ("vpc-flow-log", "FlowLog"), ("launch-template", "LaunchTemplate"),
    )),
    _kind(r"ec2:security-group-rule/(?P<id>.+)", *RULES),
    _kind(r"kms:key/(?P<id>.+)", _type("kms", "Key"), data=True, deletionWindowInDays=7),
    _kind(r"rds:db:(?P<id>.+)", _type("rds", "Instance"), data=True, skipFinalSnapshot=True),
    _kind(r"rds:pg:(?P<id>.+)", _type("rds", "ParameterGroup")),
    _kind(r"rds:subgrp:(?P<id>.+)", _type("rds", "SubnetGroup")),
    _kind(r"elasticache:replicationgroup:(?P<id>.+)", _type("elasticache", "ReplicationGroup"), data=True),
    _kind(r"elasticache:parametergroup:(?P<id>.+)", _type("elasticache", "ParameterGroup")),
    _kind(r"elasticache:subnetgroup:(?P<id>.+)", _type("elasticache", "SubnetGroup")),
    _kind(r"mq:broker:[^:]+:(?P<id>.+)", _type("mq", "Broker"), data=True),
    _kind(r"elasticfilesystem:file-system/(?P<id>.+)", _type("efs", "FileSystem"), data=True),
    _kind(r"elasticfilesystem:access-point/(?P<id>.+)", _type("efs", "AccessPoint")),
    _kind(r"s3:(?P<id>[^:/]+)", BUCKET, data=True, forceDestroy=True),
    _kind(r"secretsmanager:secret:.+", _type("secretsmanager", "Secret"), recoveryWindowInDays=0),
    _kind(r"logs:log-group:(?P<id>[^:]+)(:\*)?", _type("cloudwatch", "LogGroup")),
    _kind(r"ecr:repository/(?P<id>.+)", _type("ecr", "Repository"), forceDelete=True),
    _kind(r"ecs:cluster/.+", _type("ecs", "Cluster")),
    _kind(r"ecs:service/.+", _type("ecs", "Service"), forceDelete=True),
    _kind(r"ecs:capacity-provider/.+", _type("ecs", "CapacityProvider")),
    _kind(r"elasticloadbalancing:loadbalancer/.+", _type("lb", "LoadBalancer")),
    _kind(r"elasticloadbalancing:targetgroup/.+", _type("lb", "TargetGroup")),
    _kind(r"elasticloadbalancing:listener/.+", _type("lb", "Listener")),
    _kind(r"elasticloadbalancing:listener-rule/.+", _type("lb", "ListenerRule")),
    _kind(r"acm:certificate/.+", _type("acm", "Certificate")),
    _kind(r"wafv2:regional/webacl/(?P<name>[^/]+)/(?P<id>.+)", _type("wafv2", "WebAcl")),
    _kind(r"servicediscovery:namespace/(?P<id>.+)", _type("servicediscovery", "PrivateDnsNamespace")),
    _kind(r"servicediscovery:service/(?P<id>.+)", _type("servicediscovery", "Service")),
    _kind(r"iam:role/(.+/)?(?P<id>[^/]+)", _type("iam", "Role"), forceDetachPolicies=True),
    _kind(r"iam:instance-profile/(.+/)?(?P<id>[^/]+)", _type("iam", "InstanceProfile")),
    _kind(r"sns:[^:]+", _type("sns", "Topic")),
    _kind(r"sqs:[^:]+", _type("sqs", "Queue"), data=True),
    _kind(r"states:stateMachine:.+", _type("sfn", "StateMachine")),
    _kind(r"events:rule/(?P<id>[^/]+)", _type("cloudwatch", "EventRule"), forceDestroy=True),
    _kind(r"cloudwatch:alarm:(?P<id>.+)", _type("cloudwatch", "MetricAlarm"), _type("cloudwatch", "CompositeAlarm")),
    _kind(r"backup:backup-vault:(?P<id>.+)", _type("backup", "Vault"), data=True, forceDestroy=True),
    _kind(r"backup:backup-plan:(?P<id>.+)", _type("backup", "Plan")),
)  # fmt: skip
"""What AWS tags beside these is its own or a stack's past: tasks, snapshots, recovery points, old task definitions."""

TAGGED = frozenset(type for kind in KINDS for type in kind.types)


@dataclass(frozen=True)
class Listed:
    """Something that carries a stack's tag: its kind, the provider's id, and the name that Pulumi gave it."""

    arn: str
    kind: Kind
    id: str
    name: str
    said: Mapping[str, str] = field(default_factory=dict[str, str])
    """What else its ARN says of it."""


def listed(arn: str, name: str) -> Listed | None:
    """What an ARN is; None for what no stack makes itself."""
    parts = arn.split(":", 5)
    if len(parts) < 6:
        return None
    what = f"{parts[2]}:{parts[5]}"
    for kind in KINDS:
        found = kind.arn.fullmatch(what)
        if found is not None:
            return Listed(arn, kind, found.groupdict().get("id") or arn, name, found.groupdict())
    return None


def _named(key: str) -> Callable[[Mapping[str, Any]], str]:
    return lambda inputs: str(inputs[key])


def route_id(inputs: Mapping[str, Any]) -> str:
    """The provider's own: a table and the CRC-32 of where it leads."""
    return f"r-{inputs['routeTableId']}{zlib.crc32(str(inputs['destinationCidrBlock']).encode())}"


BY_NAME: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    **dict.fromkeys(
        (_type("cloudwatch", "LogGroup"), _type("kms", "Alias"), _type("ecr", "Repository"),
         _type("rds", "ParameterGroup"), _type("rds", "SubnetGroup"), _type("elasticache", "ParameterGroup"),
         _type("elasticache", "SubnetGroup"), _type("backup", "Vault"), _type("cloudwatch", "EventRule"),
         _type("cloudwatch", "MetricAlarm")), _named("name"),
    ),
    _type("cloudwatch", "CompositeAlarm"): _named("alarmName"),
    _type("elasticache", "ReplicationGroup"): _named("replicationGroupId"),
    _type("ec2", "Route"): route_id,
    _type("iam", "RolePolicy"): lambda inputs: f"{inputs['role']}:{inputs['name']}",
    _type("scheduler", "Schedule"): lambda inputs: f"{inputs.get('groupName') or 'default'}/{inputs['name']}",
    _type("route53", "Record"): lambda inputs: f"{inputs['zoneId']}_{inputs['name']}_{inputs['type']}",
}  # fmt: skip
"""Kinds whose id follows from what was asked for: the provider's refresh says whether there is one."""
AGAIN: frozenset[str] = frozenset({
    _type("iam", "RolePolicyAttachment"), _type("s3", "BucketOwnershipControls"),
    _type("s3", "BucketPublicAccessBlock"),
    _type("s3", "BucketServerSideEncryptionConfiguration"), _type("s3", "BucketPolicy"), _type("s3", "BucketLogging"),
    _type("s3", "BucketVersioning"), _type("s3", "BucketLifecycleConfiguration"), _type("sns", "TopicPolicy"),
    _type("sns", "TopicSubscription"), _type("secretsmanager", "SecretVersion"), _type("ecr", "LifecyclePolicy"),
    _type("ecs", "ClusterCapacityProviders"), _type("cloudwatch", "Dashboard"), _type("appautoscaling", "Target"),
    _type("appautoscaling", "Policy"), _type("wafv2", "WebAclAssociation"),
    _type("wafv2", "WebAclLoggingConfiguration"),
    _type("acm", "CertificateValidation"), _type("ec2", "DefaultSecurityGroup"), _type("cloudwatch", "EventTarget"),
    _type("ecs", "TaskDefinition"),
})  # fmt: skip
"""Kinds of which nothing is left behind: AWS takes the same call a second time, for the same thing. A task definition
has a revision more then, as it has one for each update."""


def _after(arn: str) -> str:
    """The last name in an ARN, or in an id."""
    return arn[max(arn.rfind("/"), arn.rfind(":")) + 1 :]


IMPORTED: Mapping[str, Callable[[str, Mapping[str, Any]], str]] = {
    _type("ecs", "Cluster"): lambda id, _: _after(id),
    _type("ecs", "Service"): lambda id, _: "/".join(id.split("/")[-2:]),
    _type("ecs", "CapacityProvider"): lambda id, _: _after(id),
    # Which network it is for is not read again, but has to be said.
    _type("servicediscovery", "PrivateDnsNamespace"): lambda id, inputs: f"{id}:{inputs.get('vpc', 'vpc-0')}",
    _type("wafv2", "WebAcl"): lambda id, inputs: f"{id}/{inputs['name']}/REGIONAL",
    _type("ec2", "Route"): lambda _, inputs: f"{inputs['routeTableId']}_{inputs['destinationCidrBlock']}",
    _type("ec2", "RouteTableAssociation"): lambda _, inputs: f"{inputs['subnetId']}/{inputs['routeTableId']}",
    _type("backup", "Selection"): lambda id, inputs: f"{inputs['planId']}|{id}",
}
"""What the provider wants to be told of one that it has not made itself, where that is not its id."""


def imported(type: str, id: str, inputs: Mapping[str, Any]) -> str:
    """The id by which the provider reads what it has not made itself."""
    return IMPORTED[type](id, inputs) if type in IMPORTED else id
