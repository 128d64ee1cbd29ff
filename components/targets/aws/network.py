"""The VPC of a stack: subnets, routes and the ways out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

from components.core.naming import Names
from components.targets.aws import iam
from components.targets.aws.settings import Chosen
from components.targets.aws.subnets import Reach, plan
from components.targets.failure import Failure

ENDPOINTS = ("ecr.api", "ecr.dkr", "logs", "secretsmanager", "ssmmessages", "kms")
"""AWS's services that a container needs to start, log and be looked into, where there is no way to the internet."""
HOST_ENDPOINTS = ("ecs", "ecs-agent", "ecs-telemetry")
"""What ECS's agent on an EC2 instance needs besides."""


def zone_of(names: Sequence[str], number: int) -> str:
    """A zone's name. Raises Failure where the region has not as many as the stack wants."""
    if number >= len(names):
        raise Failure(
            f"strata:aws.region has {len(names)} zones that are open to this account ({', '.join(names)}), and the "
            f"stack wants {number + 1}; set strata:aws.zones to {len(names)} or choose another region"
        )
    return names[number]


class Vpc(pulumi.ComponentResource):
    """The network: `subnets` by their reach, one of each in every zone.

    `ways_out` are what a container needs to fetch its image and its secrets: routes and endpoints.
    """

    def __init__(
        self, names: Names, chosen: Chosen, zones: pulumi.Output[list[str]], key: aws.kms.Key,
        opts: pulumi.ResourceOptions, hosts: bool = False,
    ) -> None:  # fmt: skip
        super().__init__("strata:aws:Vpc", "vpc", None, opts)
        self.names, self.chosen, self.zones = names, chosen, zones
        inside = pulumi.ResourceOptions(parent=self)
        self.vpc = aws.ec2.Vpc(
            "vpc-network", cidr_block=chosen.own.cidr, enable_dns_hostnames=True, enable_dns_support=True, opts=inside
        )
        # Nothing uses the group that comes with every VPC; without rules it lets nothing through either.
        aws.ec2.DefaultSecurityGroup("vpc-default", vpc_id=self.vpc.id, ingress=[], egress=[], opts=inside)
        self.subnets = self._subnets()
        self.ways_out: list[pulumi.Resource] = []
        self._routes()
        if chosen.nat == "none" and chosen.endpoints:
            self._endpoints((*ENDPOINTS, *HOST_ENDPOINTS) if hosts else ENDPOINTS)
        if chosen.own.parts.flow_logs:
            self._flow_logs(key)
        self.register_outputs({"id": self.vpc.id})

    def _child(self) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self)

    def _subnets(self) -> Mapping[Reach, list[aws.ec2.Subnet]]:
        found: dict[Reach, list[aws.ec2.Subnet]] = {}
        for one in plan(self.chosen.own.cidr, self.chosen.zones):
            subnet = aws.ec2.Subnet(
                f"vpc-{one.reach}-{one.zone}",
                vpc_id=self.vpc.id,
                cidr_block=one.cidr,
                availability_zone=self.zones.apply(lambda names, zone=one.zone: zone_of(names, zone)),
                map_public_ip_on_launch=False,
                opts=self._child(),
            )
            found.setdefault(one.reach, []).append(subnet)
        return found

    def _routes(self) -> None:
        gateway = aws.ec2.InternetGateway("vpc-internet", vpc_id=self.vpc.id, opts=self._child())
        tables = [self._table("public", self.subnets["public"])]
        self.ways_out.append(
            aws.ec2.Route(
                "vpc-public-out", route_table_id=tables[0].id, destination_cidr_block="0.0.0.0/0",
                gateway_id=gateway.id, opts=self._child(),
            )
        )  # fmt: skip
        nats = self._nats(gateway)
        for zone, subnet in enumerate(self.subnets["private"]):
            table = self._table(f"private-{zone}", [subnet])
            tables.append(table)
            if nats:
                self.ways_out.append(
                    aws.ec2.Route(
                        f"vpc-private-{zone}-out", route_table_id=table.id, destination_cidr_block="0.0.0.0/0",
                        nat_gateway_id=nats[zone % len(nats)].id, opts=self._child(),
                    )
                )  # fmt: skip
        self._table("isolated", self.subnets["isolated"])
        self.ways_out.append(
            aws.ec2.VpcEndpoint(
                "vpc-s3", vpc_id=self.vpc.id, service_name=f"com.amazonaws.{self.chosen.own.region}.s3",
                vpc_endpoint_type="Gateway", route_table_ids=[table.id for table in tables], opts=self._child(),
            )
        )  # fmt: skip

    def _table(self, name: str, subnets: list[aws.ec2.Subnet]) -> aws.ec2.RouteTable:
        table = aws.ec2.RouteTable(f"vpc-{name}-routes", vpc_id=self.vpc.id, opts=self._child())
        for number, subnet in enumerate(subnets):
            self.ways_out.append(
                aws.ec2.RouteTableAssociation(
                    f"vpc-{name}-routes-{number}", route_table_id=table.id, subnet_id=subnet.id, opts=self._child()
                )
            )
        return table

    def _nats(self, gateway: aws.ec2.InternetGateway) -> list[aws.ec2.NatGateway]:
        count = {"none": 0, "one": 1, "per-zone": self.chosen.zones}[self.chosen.nat]
        made: list[aws.ec2.NatGateway] = []
        for zone in range(count):
            address = aws.ec2.Eip(f"vpc-nat-{zone}-address", domain="vpc", opts=self._child())
            made.append(
                aws.ec2.NatGateway(
                    f"vpc-nat-{zone}", allocation_id=address.id, subnet_id=self.subnets["public"][zone].id,
                    opts=pulumi.ResourceOptions(parent=self, depends_on=[gateway]),
                )
            )  # fmt: skip
        return made

    def _endpoints(self, services: Sequence[str]) -> None:
        group = aws.ec2.SecurityGroup(
            "vpc-endpoints", vpc_id=self.vpc.id, description="AWS's own services inside the network", opts=self._child()
        )
        self.ways_out.append(
            aws.vpc.SecurityGroupIngressRule(
                "vpc-endpoints-in", security_group_id=group.id, cidr_ipv4=self.chosen.own.cidr, ip_protocol="tcp",
                from_port=443, to_port=443, description="from services of this network", opts=self._child(),
            )
        )  # fmt: skip
        self.ways_out += [
            aws.ec2.VpcEndpoint(
                f"vpc-{name.replace('.', '-')}", vpc_id=self.vpc.id,
                service_name=f"com.amazonaws.{self.chosen.own.region}.{name}", vpc_endpoint_type="Interface",
                subnet_ids=[subnet.id for subnet in self.subnets["private"]], security_group_ids=[group.id],
                private_dns_enabled=True, opts=self._child(),
            )
            for name in services
        ]  # fmt: skip

    def _flow_logs(self, key: aws.kms.Key) -> None:
        project, stack = self.names.project, self.names.stack
        group = aws.cloudwatch.LogGroup(
            "vpc-flow", name=f"/{project}/{stack}/flow", retention_in_days=self.chosen.log_days, kms_key_id=key.arn,
            opts=self._child(),
        )  # fmt: skip
        statement = iam.allow(
            ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
            [group.arn, pulumi.Output.concat(group.arn, ":*")],
        )
        granted = iam.role(
            "vpc-flow-role", "vpc-flow-logs.amazonaws.com", [statement], self._child(), f"{self.names.full('flow')}-"
        )
        aws.ec2.FlowLog(
            "vpc-flow-log", vpc_id=self.vpc.id, traffic_type="ALL", iam_role_arn=granted.role.arn,
            log_destination=group.arn, log_destination_type="cloud-watch-logs", max_aggregation_interval=600,
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(granted.policies)),
        )  # fmt: skip


def key_policy(account: str, region: str) -> str:
    """Who may use the stack's key: the account by its own IAM, CloudWatch's logs of this account, and what
    publishes to the encrypted topic."""
    return json.dumps(
        iam.document(
            {
                "Sid": "account", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
                "Action": "kms:*", "Resource": "*",
            },
            {
                "Sid": "logs", "Effect": "Allow", "Principal": {"Service": f"logs.{region}.amazonaws.com"},
                "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
                "Resource": "*",
                "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:{region}:{account}:*"}},
            },
            {
                # Without it an alarm fires and its encrypted topic stays silent.
                "Sid": "alarms", "Effect": "Allow",
                "Principal": {"Service": ["cloudwatch.amazonaws.com", "events.amazonaws.com"]},
                "Action": ["kms:Decrypt", "kms:GenerateDataKey*"], "Resource": "*",
            },
        ),
        sort_keys=True,
    )  # fmt: skip
