"""What an emulated AWS holds, counted by its own descriptions, against a state; and what is somebody else's there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from components.targets.aws.api import api
from drills.stage import Wrong

Where = dict[str, Any]


def _ec2(call: str, key: str, own: Callable[[Any], bool] = lambda _: True) -> Callable[[Where], int]:
    return lambda where: sum(own(one) for one in getattr(api("ec2", where), call)()[key])


def _listed(service: str, call: str, key: str) -> Callable[[Where], int]:
    def count(where: Where) -> int:
        pages = api(service, where).get_paginator(call).paginate()
        return sum(len(page[key]) for page in pages)

    return count


def _services(where: Where) -> int:
    ecs = api("ecs", where)
    return sum(len(ecs.list_services(cluster=one)["serviceArns"]) for one in ecs.list_clusters()["clusterArns"])


def _keys(where: Where) -> int:
    kms = api("kms", where)
    every = [kms.describe_key(KeyId=one["KeyId"])["KeyMetadata"] for one in kms.list_keys()["Keys"]]
    return sum(one["KeyState"] == "Enabled" and one["KeyManager"] == "CUSTOMER" for one in every)


def _gateways(where: Where) -> int:
    every = api("ec2", where).describe_nat_gateways()["NatGateways"]
    return sum(one["State"] not in {"deleting", "deleted"} for one in every)


COUNTS: Mapping[str, Callable[[Where], int]] = {
    "aws:ec2/vpc:Vpc": _ec2("describe_vpcs", "Vpcs"),
    "aws:ec2/subnet:Subnet": _ec2("describe_subnets", "Subnets"),
    "aws:ec2/securityGroup:SecurityGroup": _ec2(
        "describe_security_groups", "SecurityGroups", lambda one: one["GroupName"] != "default"
    ),
    "aws:ec2/internetGateway:InternetGateway": _ec2("describe_internet_gateways", "InternetGateways"),
    "aws:ec2/natGateway:NatGateway": _gateways,
    "aws:ec2/eip:Eip": _ec2("describe_addresses", "Addresses"),
    "aws:ec2/vpcEndpoint:VpcEndpoint": _ec2("describe_vpc_endpoints", "VpcEndpoints"),
    "aws:ec2/flowLog:FlowLog": _ec2("describe_flow_logs", "FlowLogs"),
    "aws:kms/key:Key": _keys,
    "aws:rds/instance:Instance": _listed("rds", "describe_db_instances", "DBInstances"),
    "aws:rds/subnetGroup:SubnetGroup": _listed("rds", "describe_db_subnet_groups", "DBSubnetGroups"),
    "aws:efs/fileSystem:FileSystem": _listed("efs", "describe_file_systems", "FileSystems"),
    "aws:efs/accessPoint:AccessPoint": lambda where: len(api("efs", where).describe_access_points()["AccessPoints"]),
    "aws:s3/bucket:Bucket": lambda where: len(api("s3", where).list_buckets()["Buckets"]),
    "aws:secretsmanager/secret:Secret": _listed("secretsmanager", "list_secrets", "SecretList"),
    "aws:cloudwatch/logGroup:LogGroup": _listed("logs", "describe_log_groups", "logGroups"),
    "aws:iam/role:Role": _listed("iam", "list_roles", "Roles"),
    "aws:ecs/cluster:Cluster": lambda where: len(api("ecs", where).list_clusters()["clusterArns"]),
    "aws:ecs/service:Service": _services,
    "aws:servicediscovery/privateDnsNamespace:PrivateDnsNamespace": _listed(
        "servicediscovery", "list_namespaces", "Namespaces"
    ),
    "aws:servicediscovery/service:Service": _listed("servicediscovery", "list_services", "Services"),
    "aws:sns/topic:Topic": _listed("sns", "list_topics", "Topics"),
    "aws:backup/vault:Vault": lambda where: len(api("backup", where).list_backup_vaults()["BackupVaultList"]),
    "aws:backup/plan:Plan": lambda where: len(api("backup", where).list_backup_plans()["BackupPlansList"]),
    "aws:cloudwatch/eventRule:EventRule": lambda where: len(api("events", where).list_rules()["Rules"]),
}
"""A type to how many there are in the whole account, which is the drill's own."""


def counted(where: Where) -> Counter[str]:
    """How many of each type the account holds."""
    return Counter({kind: count(where) for kind, count in COUNTS.items()})


def in_state(resources: Sequence[Mapping[str, Any]]) -> Counter[str]:
    """How many of each type a state holds."""
    return Counter(str(one["type"]) for one in resources if one["type"] in COUNTS)


class Foreign:
    """A bucket with an object, a secret, a queue, a log group and a VPC of somebody else's, with names like a stack's
    and, as a tag, the name of another stack that begins like its own."""

    def __init__(self, where: Where, owner: str) -> None:
        self.where, name = where, owner.replace("/", "-")
        tags = {"strata:stack": f"{owner}2"}
        pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
        self.name = name
        s3 = api("s3", where)
        s3.create_bucket(Bucket=f"{name}-uploads-2", CreateBucketConfiguration={"LocationConstraint": where["region"]})
        s3.put_bucket_tagging(Bucket=f"{name}-uploads-2", Tagging={"TagSet": pairs})
        s3.put_object(Bucket=f"{name}-uploads-2", Key="theirs", Body=b"theirs")
        api("secretsmanager", where).create_secret(Name=f"{owner}/db-2", SecretString="theirs", Tags=pairs)
        api("sqs", where).create_queue(QueueName=f"{name}-2", tags=tags)
        api("logs", where).create_log_group(logGroupName=f"/{owner}/api2", tags=tags)
        spec = [{"ResourceType": "vpc", "Tags": pairs}]
        self.vpc = str(api("ec2", where).create_vpc(CidrBlock="10.9.0.0/16", TagSpecifications=spec)["Vpc"]["VpcId"])
        self.before = self.seen()
        self.account = counted(where)
        """The account before the drill: what every account has, and this."""

    def seen(self) -> dict[str, Any]:
        """All of it, as it is now. Raises the SDK's errors where something is gone."""
        name, where = self.name, self.where
        queue = api("sqs", where).get_queue_url(QueueName=f"{name}-2")["QueueUrl"]
        group = f"/{name.replace('-', '/', 1)}/api2"
        return {
            "object": api("s3", where).get_object(Bucket=f"{name}-uploads-2", Key="theirs")["Body"].read(),
            "bucket's tags": api("s3", where).get_bucket_tagging(Bucket=f"{name}-uploads-2")["TagSet"],
            "secret": api("secretsmanager", where).get_secret_value(SecretId=f"{name.replace('-', '/', 1)}/db-2")[
                "SecretString"
            ],
            "queue": api("sqs", where).list_queue_tags(QueueUrl=queue)["Tags"],
            "log group": [
                one["arn"] for one in api("logs", where).describe_log_groups(logGroupNamePrefix=group)["logGroups"]
            ],
            "vpc": api("ec2", where).describe_vpcs(VpcIds=[self.vpc])["Vpcs"][0]["Tags"],
        }

    def check(self) -> None:
        """Raise Wrong when anything of it is gone or another."""
        try:
            now = self.seen()
        except Exception as gone:
            raise Wrong(f"something that is not ours was touched: {gone}") from None
        if now != self.before:
            changed = [key for key in now if now[key] != self.before[key]]
            raise Wrong(f"something that is not ours was touched: {', '.join(changed)}")
