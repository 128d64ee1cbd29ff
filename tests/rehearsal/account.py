"""What an emulated account still has of a stack, asked by boto3 and not by Pulumi."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.exceptions import ClientError

from rehearsal.emulator import REGION, Emulator


def client(emulator: Emulator, service: str) -> Any:
    return boto3.client(
        service, region_name=REGION, endpoint_url=emulator.endpoint, aws_access_key_id="test",
        aws_secret_access_key="test",
    )  # fmt: skip


def left(emulator: Emulator, owner: str) -> list[str]:
    """What the account still has with a stack's tag. AWS goes on listing some that are gone, so each is asked."""
    tagged = client(emulator, "resourcegroupstaggingapi").get_paginator("get_resources")
    pages = tagged.paginate(TagFilters=[{"Key": "strata:stack", "Values": [owner]}])
    found = [one["ResourceARN"] for page in pages for one in page["ResourceTagMappingList"]]
    return [arn for arn in found if lives(emulator, arn)]


def lives(emulator: Emulator, arn: str) -> bool:
    """Whether what an ARN names is still there. Old revisions of task definitions stay, to roll back to, and a
    destroyed key waits for its end: neither counts."""
    kind = arn.split(":")[5].partition("/")[0]
    name = arn.rpartition("/")[2]
    if kind == "natgateway":
        found = client(emulator, "ec2").describe_nat_gateways(NatGatewayIds=[name])["NatGateways"]
        return any(one["State"] != "deleted" for one in found)
    if kind == "instance":
        found = client(emulator, "ec2").describe_instances(InstanceIds=[name])["Reservations"]
        return any(one["State"]["Name"] != "terminated" for each in found for one in each["Instances"])
    if kind == "cluster":
        return any(
            one["status"] == "ACTIVE" for one in client(emulator, "ecs").describe_clusters(clusters=[arn])["clusters"]
        )
    if kind == "service" and ":ecs:" in arn:
        cluster = arn.split("/")[1]
        try:
            found = client(emulator, "ecs").describe_services(cluster=cluster, services=[name])["services"]
        except ClientError as gone:
            return gone.response["Error"]["Code"] != "ClusterNotFoundException"
        return any(one["status"] == "ACTIVE" for one in found)
    if ":kms:" in arn:
        return client(emulator, "kms").describe_key(KeyId=arn)["KeyMetadata"]["KeyState"] != "PendingDeletion"
    return kind != "task-definition"
