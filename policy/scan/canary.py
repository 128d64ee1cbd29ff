"""A stack that is wrong on purpose: a judge that does not find exactly that is not to be believed about others."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pulumi
import pulumi_aws as aws

from policy.scan.kinds import Kind
from policy.scan.record import record
from policy.scan.stack import Stack

NAME, REGION = "canary", "eu-central-1"
EXPECTED_IN = Path(__file__).with_name("canary.txt")
KEY_ID, KEY = "AKIA" + "Z7QXV4LM2RTPKD3W", "u8Jx2QmVt0+bW9cRzK4e" + "YhN7sLpDf3Ga6TqXo1Zi"
"""An access key that was never one; in two parts, or it would be found in this file."""


def expected() -> frozenset[str]:
    """What has to be found: `RULE resource`, one a line."""
    lines = (line.strip() for line in EXPECTED_IN.read_text().splitlines())
    return frozenset(line for line in lines if line and not line.startswith("#"))


def recorded(kinds: Mapping[str, Kind]) -> Stack:
    return record(program, kinds, project=NAME, stack="scan", label=NAME, region=REGION)


def source(folder: Path) -> None:
    """Write a program with an access key in it."""
    folder.mkdir(parents=True)
    (folder / "settings.py").write_text(f'aws_access_key_id = "{KEY_ID}"\naws_secret_access_key = "{KEY}"\n')


def program() -> None:
    """Everything open, unencrypted and allowed."""
    provider = aws.Provider("aws", region=REGION)
    opts = pulumi.ResourceOptions(provider=provider)
    network = aws.ec2.Vpc("network", cidr_block="10.0.0.0/16", opts=opts)
    subnet = aws.ec2.Subnet(
        "open-subnet", vpc_id=network.id, cidr_block="10.0.0.0/24", map_public_ip_on_launch=True, opts=opts
    )
    group = aws.ec2.SecurityGroup(
        "open-group", vpc_id=network.id,
        ingress=[
            aws.ec2.SecurityGroupIngressArgs(protocol="tcp", from_port=22, to_port=22, cidr_blocks=["0.0.0.0/0"])
        ],
        opts=opts,
    )  # fmt: skip
    aws.vpc.SecurityGroupIngressRule(
        "open-rule", security_group_id=group.id, ip_protocol="tcp", from_port=3389, to_port=3389,
        cidr_ipv4="0.0.0.0/0", opts=opts,
    )  # fmt: skip
    aws.rds.Instance(
        "open-database", engine="postgres", instance_class="db.t4g.micro", allocated_storage=20, username="shop",
        password=pulumi.Output.secret("made-up-for-the-scan"), storage_encrypted=False, publicly_accessible=True,
        backup_retention_period=0, skip_final_snapshot=True, vpc_security_group_ids=[group.id], opts=opts,
    )  # fmt: skip
    bucket = aws.s3.Bucket("open-bucket", opts=opts)
    aws.s3.BucketPublicAccessBlock(
        "open-bucket-access", bucket=bucket.id, block_public_acls=False, block_public_policy=False,
        ignore_public_acls=False, restrict_public_buckets=False, opts=opts,
    )  # fmt: skip
    aws.s3.BucketPolicy(
        "open-bucket-policy", bucket=bucket.id,
        policy=bucket.arn.apply(lambda arn: _policy(Principal="*", Action="s3:*", Resource=f"{arn}/*")), opts=opts,
    )  # fmt: skip
    role = aws.iam.Role(
        "open-role", assume_role_policy=_policy(Principal={"AWS": "*"}, Action="sts:AssumeRole"), opts=opts
    )
    aws.iam.RolePolicy("open-role-policy", role=role.id, policy=_policy(Action="*", Resource="*"), opts=opts)
    aws.ecs.TaskDefinition(
        "open-task", family="open", network_mode="awsvpc", requires_compatibilities=["FARGATE"], cpu="256",
        memory="512", execution_role_arn=role.arn, task_role_arn=role.arn, opts=opts,
        container_definitions=json.dumps(
            [
                {
                    "name": "open", "image": "nginx", "privileged": True, "essential": True,
                    "environment": [{"name": "DATABASE_PASSWORD", "value": "made-up-for-the-scan"}],
                }
            ]
        ),
    )  # fmt: skip
    balancer = aws.lb.LoadBalancer(
        "open-edge", load_balancer_type="application", security_groups=[group.id], subnets=[subnet.id], opts=opts
    )
    aws.lb.Listener(
        "open-listener", load_balancer_arn=balancer.arn, port=80, protocol="HTTP", opts=opts,
        default_actions=[
            aws.lb.ListenerDefaultActionArgs(
                type="fixed-response",
                fixed_response=aws.lb.ListenerDefaultActionFixedResponseArgs(content_type="text/plain"),
            )
        ],
    )  # fmt: skip
    aws.elasticache.ReplicationGroup(
        "open-cache", description="open", engine="redis", node_type="cache.t4g.micro", num_cache_clusters=1,
        at_rest_encryption_enabled=False, transit_encryption_enabled=False, opts=opts,
    )  # fmt: skip
    aws.efs.FileSystem("open-files", encrypted=False, opts=opts)
    aws.ecr.Repository("open-images", name="open", image_tag_mutability="MUTABLE", opts=opts)
    aws.kms.Key("open-key", enable_key_rotation=False, opts=opts)


def _policy(**statement: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})
