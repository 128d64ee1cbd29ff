"""What a stack stands on: the provider, the network, the key, the cluster and the namespace of its services."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws

from components.core.naming import Names
from components.targets.aws.fleet import Fleet
from components.targets.aws.hosts import Planned
from components.targets.aws.network import Vpc, key_policy
from components.targets.aws.settings import Chosen
from components.targets.aws.tags import stack_tags, tagged


class Foundation(pulumi.ComponentResource):
    """Made once for each target; `account` and `region` are those of the provider. `fleet` are its EC2 instances, and
    `namespace` where tasks find each other by name: on one host they share its address and need none."""

    def __init__(
        self, names: Names, chosen: Chosen, hosts: Planned | None = None, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        options = pulumi.ResourceOptions(transformations=[tagged("foundation", "foundation")])
        super().__init__("strata:index:Foundation", "foundation", None, pulumi.ResourceOptions.merge(opts, options))
        self.names, self.chosen = names, chosen
        self.region = chosen.own.region
        self.provider = aws.Provider(
            "aws", region=self.region, default_tags={"tags": stack_tags(names, chosen)}, **_emulated(chosen),
            opts=pulumi.ResourceOptions(parent=self),
        )  # fmt: skip
        invoke = pulumi.InvokeOptions(provider=self.provider)
        self.account = aws.get_caller_identity_output(opts=invoke).account_id
        # Another zone that opens in the region later must not move what is there.
        found = aws.get_availability_zones_output(
            state="available", filters=[{"name": "opt-in-status", "values": ["opt-in-not-required"]}], opts=invoke
        )
        kept = pulumi.Stash(
            "zones", input=found.names.apply(lambda every: sorted(every)[:3]),
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["input"]),
        )  # fmt: skip
        self.key = aws.kms.Key(
            "key", description=f"{names.owner}: data, secrets and logs", enable_key_rotation=True,
            deletion_window_in_days=30 if chosen.protection else 7,
            policy=self.account.apply(lambda account: key_policy(account, self.region)),
            opts=self.child(protect=chosen.protection),
        )  # fmt: skip
        aws.kms.Alias(
            "key-alias", name=f"alias/{names.project}-{names.stack}", target_key_id=self.key.key_id, opts=self.child()
        )
        self.network = Vpc(names, chosen, kept.output.apply(list), self.key, self.child(), hosts is not None)
        self.namespace = None if chosen.bridge else aws.servicediscovery.PrivateDnsNamespace(
            "namespace", name=self.domain, vpc=self.network.vpc.id, description=f"services of {names.owner}",
            opts=self.child(),
        )  # fmt: skip
        self.cluster = aws.ecs.Cluster(
            "cluster", name=f"{names.project}-{names.stack}",
            settings=[
                aws.ecs.ClusterSettingArgs(
                    name="containerInsights", value="enabled" if chosen.profile.insights else "disabled"
                )
            ],
            opts=self.child(),
        )  # fmt: skip
        self.fleet = (
            Fleet(names, chosen, hosts, self.network, self.cluster, self.account, self.child()) if hosts else None
        )
        on_hosts = [self.fleet.provider.name] if self.fleet else []
        self.capacity = aws.ecs.ClusterCapacityProviders(
            "cluster-capacity", cluster_name=self.cluster.name,
            capacity_providers=["FARGATE", "FARGATE_SPOT", *on_hosts], opts=self.child(),
        )  # fmt: skip
        self.register_outputs({"vpc": self.network.vpc.id, "cluster": self.cluster.name})

    @property
    def domain(self) -> str:
        """What the names of services end in."""
        return f"{self.names.project}-{self.names.stack}.internal"

    def child(self, **options: Any) -> pulumi.ResourceOptions:
        """Options of a resource that belongs to the foundation."""
        return pulumi.ResourceOptions(parent=self, provider=self.provider, **options)

    def service_subnets(self) -> list[pulumi.Output[str]]:
        """Where services and Tasks run."""
        return self.public_subnets() if self.chosen.public else [one.id for one in self.network.subnets["private"]]

    def public_subnets(self) -> list[pulumi.Output[str]]:
        """Where what has an address on the internet runs."""
        return [subnet.id for subnet in self.network.subnets["public"]]

    def data_subnets(self) -> list[pulumi.Output[str]]:
        """Where data services run: nothing there has a route out."""
        return [subnet.id for subnet in self.network.subnets["isolated"]]


def _emulated(chosen: Chosen) -> Mapping[str, Any]:
    """What the provider needs in front of an emulated AWS: no credentials, few retries, buckets by path."""
    endpoint = chosen.own.endpoint
    if endpoint is None:
        return {}
    return {
        "access_key": "test", "secret_key": "test", "skip_credentials_validation": True, "max_retries": 2,
        "skip_metadata_api_check": True, "skip_region_validation": True, "s3_use_path_style": True,
        "endpoints": [dict.fromkeys(ENDPOINTS, endpoint)],
    }  # fmt: skip


ENDPOINTS = (
    "acm", "appautoscaling", "cloudwatch", "ec2", "ecr", "ecs", "efs", "elasticache", "elbv2", "events", "iam", "kms",
    "logs", "mq", "rds", "route53", "s3", "scheduler", "secretsmanager", "servicediscovery", "sfn", "sns", "sqs", "sts",
    "wafv2", "backup", "budgets", "autoscaling",
)  # fmt: skip
"""The provider's names of AWS's services that stacks use."""
