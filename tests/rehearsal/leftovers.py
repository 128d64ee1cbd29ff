"""An emulated account with what two stacks made, one of each kind that their tags tell apart; made by boto3."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from rehearsal.emulator import REGION, Emulator
from tests.rehearsal.account import client

TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})
MACHINE = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})
NOT_FOUND = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}


@dataclass
class Leftovers:
    """What a stack made. `word` tells the names of one stack's things from another's."""

    emulator: Emulator
    owner: str
    word: str

    def aws(self, service: str) -> Any:
        return client(self.emulator, service)

    def flat(self, name: str) -> dict[str, str]:
        """The tags of a resource as a mapping."""
        return {"strata:stack": self.owner, "strata:resource": name}

    def tags(self, name: str) -> list[dict[str, str]]:
        return [{"Key": key, "Value": value} for key, value in self.flat(name).items()]

    def small(self, name: str) -> list[dict[str, str]]:
        """The tags as ECS wants them."""
        return [{"key": key, "value": value} for key, value in self.flat(name).items()]

    def spec(self, kind: str, name: str) -> list[dict[str, Any]]:
        return [{"ResourceType": kind, "Tags": self.tags(name)}]

    @property
    def begins(self) -> str:
        """How the names of its roles begin."""
        return self.owner.replace("/", "-")

    @cached_property
    def vpc(self) -> str:
        spec = self.spec("vpc", "vpc")
        return str(self.aws("ec2").create_vpc(CidrBlock="10.7.0.0/16", TagSpecifications=spec)["Vpc"]["VpcId"])

    @cached_property
    def subnet(self) -> str:
        given = {"VpcId": self.vpc, "CidrBlock": "10.7.1.0/24", "AvailabilityZone": f"{REGION}a"}
        made = self.aws("ec2").create_subnet(**given, TagSpecifications=self.spec("subnet", "subnet"))
        return str(made["Subnet"]["SubnetId"])

    @cached_property
    def other_subnet(self) -> str:
        given = {"VpcId": self.vpc, "CidrBlock": "10.7.2.0/24", "AvailabilityZone": f"{REGION}b"}
        made = self.aws("ec2").create_subnet(**given, TagSpecifications=self.spec("subnet", "subnet-b"))
        return str(made["Subnet"]["SubnetId"])

    @cached_property
    def group(self) -> str:
        spec = self.spec("security-group", "group")
        made = self.aws("ec2").create_security_group(
            GroupName=f"{self.word}-group", Description="x", VpcId=self.vpc, TagSpecifications=spec
        )
        return str(made["GroupId"])

    @cached_property
    def rule_in(self) -> str:
        return self._rule("in", egress=False)

    @cached_property
    def rule_out(self) -> str:
        return self._rule("out", egress=True)

    def _rule(self, name: str, *, egress: bool) -> str:
        permission = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "10.7.0.0/16"}]}
        ec2 = self.aws("ec2")
        call = ec2.authorize_security_group_egress if egress else ec2.authorize_security_group_ingress
        spec = self.spec("security-group-rule", name)
        made = call(GroupId=self.group, IpPermissions=[permission], TagSpecifications=spec)
        return str(made["SecurityGroupRules"][0]["SecurityGroupRuleId"])

    @cached_property
    def address(self) -> str:
        return str(self.aws("ec2").allocate_address(TagSpecifications=self.spec("elastic-ip", "eip"))["AllocationId"])

    @cached_property
    def table(self) -> str:
        made = self.aws("ec2").create_route_table(
            VpcId=self.vpc, TagSpecifications=self.spec("route-table", "table")
        )  # fmt: skip
        return str(made["RouteTable"]["RouteTableId"])

    @cached_property
    def gateway(self) -> str:
        spec = self.spec("natgateway", "nat")
        made = self.aws("ec2").create_nat_gateway(
            SubnetId=self.subnet, AllocationId=self.address, TagSpecifications=spec
        )
        return str(made["NatGateway"]["NatGatewayId"])

    @cached_property
    def logs(self) -> str:
        name = f"/{self.owner}/api"
        self.aws("logs").create_log_group(logGroupName=name, tags=self.flat("api-logs"))
        return name

    @cached_property
    def key(self) -> str:
        pairs = [{"TagKey": key, "TagValue": value} for key, value in self.flat("key").items()]
        return str(self.aws("kms").create_key(Tags=pairs)["KeyMetadata"]["KeyId"])

    @cached_property
    def secret(self) -> str:
        made = self.aws("secretsmanager").create_secret(
            Name=f"{self.owner}/db", SecretString="x", Tags=self.tags("db-secret")
        )  # fmt: skip
        return str(made["ARN"])

    @cached_property
    def database(self) -> str:
        name = f"{self.word}-db"
        self.aws("rds").create_db_instance(
            DBInstanceIdentifier=name, DBInstanceClass="db.t4g.small", Engine="postgres", AllocatedStorage=20,
            MasterUsername="u", MasterUserPassword="not-a-secret", Tags=self.tags("db-instance"),
        )  # fmt: skip
        return name

    @cached_property
    def files(self) -> str:
        made = self.aws("efs").create_file_system(CreationToken=self.word, Tags=self.tags("files"))
        return str(made["FileSystemId"])

    @cached_property
    def bucket(self) -> str:
        name, s3 = f"{self.word}-uploads-{'0' * 24}1a", self.aws("s3")
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": self.tags("files-uploads-bucket")})
        return name

    @cached_property
    def cluster(self) -> str:
        made = self.aws("ecs").create_cluster(clusterName=self.word, tags=self.small("cluster"))
        return str(made["cluster"]["clusterArn"])

    @cached_property
    def service(self) -> str:
        ecs = self.aws("ecs")
        containers = [{"name": "api", "image": "example.com/api:1"}]
        ecs.register_task_definition(
            family=self.word, cpu="256", memory="512", networkMode="awsvpc", requiresCompatibilities=["FARGATE"],
            containerDefinitions=containers, tags=self.small("api-task"),
        )  # fmt: skip
        made = ecs.create_service(
            cluster=self.cluster, serviceName="api", taskDefinition=self.word, desiredCount=1, launchType="FARGATE",
            networkConfiguration={"awsvpcConfiguration": {"subnets": [self.subnet], "securityGroups": [self.group]}},
            tags=self.small("api-service"),
        )  # fmt: skip
        return str(made["service"]["serviceArn"])

    @cached_property
    def balancer(self) -> str:
        made = self.aws("elbv2").create_load_balancer(
            Name=self.word, Subnets=[self.subnet, self.other_subnet], Tags=self.tags("balancer")
        )
        return str(made["LoadBalancers"][0]["LoadBalancerArn"])

    @cached_property
    def listener(self) -> str:
        made = self.aws("elbv2").create_listener(
            LoadBalancerArn=self.balancer, Protocol="HTTP", Port=80, DefaultActions=[NOT_FOUND],
            Tags=self.tags("listener"),
        )  # fmt: skip
        return str(made["Listeners"][0]["ListenerArn"])

    @cached_property
    def role(self) -> str:
        name = f"{self.begins}-api"
        self.aws("iam").create_role(RoleName=name, AssumeRolePolicyDocument=TRUST, Tags=self.tags("api-role"))
        return name

    @cached_property
    def profile(self) -> str:
        name = f"{self.begins}-hosts"
        self.aws("iam").create_instance_profile(InstanceProfileName=name, Tags=self.tags("fleet-profile"))
        return name

    @cached_property
    def topic(self) -> str:
        return str(self.aws("sns").create_topic(Name=self.word, Tags=self.tags("topic"))["TopicArn"])

    @cached_property
    def queue(self) -> str:
        made = self.aws("sqs").create_queue(QueueName=f"{self.word}-not-started", tags=self.flat("report-not-started"))
        return str(made["QueueUrl"])

    @cached_property
    def machine(self) -> str:
        made = self.aws("stepfunctions").create_state_machine(
            name=self.word, definition=MACHINE, roleArn="arn:aws:iam::123456789012:role/x", tags=self.small("machine")
        )
        return str(made["stateMachineArn"])

    @cached_property
    def alarm(self) -> str:
        name = f"{self.word}-high"
        self.aws("cloudwatch").put_metric_alarm(
            AlarmName=name, MetricName="m", Namespace="n", Statistic="Sum", Period=60, EvaluationPeriods=1,
            Threshold=1, ComparisonOperator="GreaterThanThreshold", Tags=self.tags("high-alarm"),
        )  # fmt: skip
        return name

    @cached_property
    def vault(self) -> str:
        self.aws("backup").create_backup_vault(BackupVaultName=self.word, BackupVaultTags=self.flat("backup-vault"))
        return self.word

    def all(self) -> Mapping[str, Callable[[], str]]:
        """One of each, by the type that the provider has for it: what makes it and gives the provider's id."""
        return {
            "aws:ec2/vpc:Vpc": lambda: self.vpc,
            "aws:ec2/subnet:Subnet": lambda: self.subnet,
            "aws:ec2/securityGroup:SecurityGroup": lambda: self.group,
            "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": lambda: self.rule_in,
            "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": lambda: self.rule_out,
            "aws:ec2/eip:Eip": lambda: self.address,
            "aws:ec2/routeTable:RouteTable": lambda: self.table,
            "aws:ec2/natGateway:NatGateway": lambda: self.gateway,
            "aws:cloudwatch/logGroup:LogGroup": lambda: self.logs,
            "aws:kms/key:Key": lambda: self.key,
            "aws:secretsmanager/secret:Secret": lambda: self.secret,
            "aws:rds/instance:Instance": lambda: self.database,
            "aws:efs/fileSystem:FileSystem": lambda: self.files,
            "aws:s3/bucket:Bucket": lambda: self.bucket,
            "aws:ecs/cluster:Cluster": lambda: self.cluster.rpartition("/")[2],
            "aws:ecs/service:Service": lambda: "/".join(self.service.split("/")[-2:]),
            "aws:lb/loadBalancer:LoadBalancer": lambda: self.balancer,
            "aws:lb/listener:Listener": lambda: self.listener,
            "aws:iam/role:Role": lambda: self.role,
            "aws:iam/instanceProfile:InstanceProfile": lambda: self.profile,
            "aws:sns/topic:Topic": lambda: self.topic,
            "aws:sqs/queue:Queue": lambda: self.queue,
            "aws:sfn/stateMachine:StateMachine": lambda: self.machine,
            "aws:cloudwatch/metricAlarm:MetricAlarm": lambda: self.alarm,
            "aws:backup/vault:Vault": lambda: self.vault,
        }
