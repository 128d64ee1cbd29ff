"""What emulators answer otherwise than AWS: fields that differ after a refresh although nobody changed them.

A stack that runs on an emulator loads its transformation by `strata:transforms`; no other stack knows of this table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pulumi

Transformation = Callable[[pulumi.ResourceTransformationArgs], pulumi.ResourceTransformationResult | None]


@dataclass(frozen=True)
class Drift:
    """Fields of a resource type that an emulator gets wrong, and why they are left alone."""

    emulator: str
    type: str
    fields: tuple[str, ...]
    reason: str


LOST = "not returned when it is read again"
TABLE: tuple[Drift, ...] = (
    Drift("moto", "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", ("description",), LOST),
    Drift("moto", "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", ("description",), LOST),
    Drift(
        "moto",
        "aws:rds/instance:Instance",
        ("performanceInsightsEnabled", "performanceInsightsKmsKeyId"),
        "always off, and without a key",
    ),
    Drift("moto", "aws:rds/parameterGroup:ParameterGroup", ("parameters",), LOST),
    Drift(
        "moto",
        "aws:ec2/launchTemplate:LaunchTemplate",
        ("tagSpecifications",),
        "returned with the template's own tags among those that it gives to what it makes",
    ),
    Drift(
        "moto",
        "aws:ecs/service:Service",
        (
            "availabilityZoneRebalancing", "capacityProviderStrategies", "enableEcsManagedTags", "enableExecuteCommand",
            "healthCheckGracePeriodSeconds", "orderedPlacementStrategies",
        ),
        LOST,
    ),
    Drift(
        "ministack",
        "aws:rds/instance:Instance",
        ("enabledCloudwatchLogsExports", "performanceInsightsKmsKeyId"),
        LOST,
    ),
    Drift(
        "ministack",
        "aws:elasticache/replicationGroup:ReplicationGroup",
        ("autoMinorVersionUpgrade", "kmsKeyId"),
        LOST,
    ),
    Drift(
        "ministack",
        "aws:elasticache/parameterGroup:ParameterGroup",
        ("parameters",),
        "returned with those that are the engine's defaults",
    ),
    Drift(
        "ministack",
        "aws:ecs/service:Service",
        ("availabilityZoneRebalancing", "capacityProviderStrategies"),
        LOST,
    ),
)  # fmt: skip


def ignoring(emulator: str) -> Transformation:
    """A transformation that leaves an emulator's drift alone."""
    fields = {row.type: list(row.fields) for row in TABLE if row.emulator == emulator}

    def leave(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        found = fields.get(args.type_)
        if found is None:
            return None
        left = pulumi.ResourceOptions(ignore_changes=found)
        return pulumi.ResourceTransformationResult(args.props, pulumi.ResourceOptions.merge(args.opts, left))

    return leave


moto = ignoring("moto")
ministack = ignoring("ministack")
