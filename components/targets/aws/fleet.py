"""EC2 capacity of the cluster: instances that ECS starts and ends by what its tasks need."""

from __future__ import annotations

import base64
from typing import Any

import pulumi
import pulumi_aws as aws

from components.core.naming import Names
from components.targets.aws import iam
from components.targets.aws.bound import AwsBound
from components.targets.aws.hosts import SET_ASIDE, Planned
from components.targets.aws.network import Vpc
from components.targets.aws.security import ANYWHERE, between
from components.targets.aws.settings import Chosen
from components.targets.aws.tags import STACK, stack_tags

IMAGES = {"x86_64": "amazon-linux-2023", "arm64": "amazon-linux-2023/arm64"}
"""Where AWS publishes the newest ECS-optimized image of an architecture, in its parameter store."""
PREFIX_LIMIT = 99
"""Characters of a launch template's name, the shortest of these, before the part that the provider makes up."""
ACTIONS = (
    "ecs:RegisterContainerInstance", "ecs:DeregisterContainerInstance", "ecs:SubmitAttachmentStateChanges",
    "ecs:SubmitContainerStateChange", "ecs:SubmitTaskStateChange",
)  # fmt: skip
"""What an agent does in its cluster."""
INSTANCE_ACTIONS = ("ecs:Poll", "ecs:StartTelemetrySession", "ecs:UpdateContainerInstancesState")
"""What it does as an instance of it."""
METADATA = "http://169.254.169.254/latest"
ADDRESSED = """until {{ command -v aws || dnf -q -y install awscli-2; }} &&
  token=$(curl -sf -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 300' {metadata}/api/token) &&
  host=$(curl -sf -H "X-aws-ec2-metadata-token: $token" {metadata}/meta-data/instance-id) &&
  aws ec2 associate-address --region {region} --allocation-id {address} --instance-id "$host" --allow-reassociation
do sleep 5; done
"""
"""How an instance takes the address that is kept for it. AWS's image for ECS has no command line of AWS's; its agent
starts after this, so that no task runs on a host that nobody would reach."""
OWN = {"service": "foundation", "tier": "foundation"}
"""Tags that a resource gets by itself, but not what a template or a group makes."""
Specification = aws.ec2.LaunchTemplateTagSpecificationArgs


class Fleet(pulumi.ComponentResource):
    """The auto scaling group, and the capacity provider that services and Tasks name as where they run.

    Its role may do what ECS's agent does in this cluster and nothing else: images, secrets and logs are the business of
    each task's execution role. Where the gateway is on the one host, that takes `address`, which outlives it. The image
    is a reference to AWS's parameter, read whenever an instance starts, so a new one is no difference; instances are
    replaced, one after the other, when their template changes.
    """

    def __init__(
        self, names: Names, chosen: Chosen, planned: Planned, network: Vpc, cluster: aws.ecs.Cluster,
        account: pulumi.Output[str], opts: pulumi.ResourceOptions,
    ) -> None:  # fmt: skip
        super().__init__("strata:aws:Fleet", "fleet", None, opts)
        self.names, self.chosen, self.planned, self.network = names, chosen, planned, network
        self._reached: dict[str, list[pulumi.Resource]] = {}
        self.group = aws.ec2.SecurityGroup(
            "fleet-group", vpc_id=network.vpc.id, description=f"{names.owner} hosts", revoke_rules_on_delete=True,
            opts=self._child(),
        )  # fmt: skip
        out = aws.vpc.SecurityGroupEgressRule(
            "fleet-out", security_group_id=self.group.id, cidr_ipv4=ANYWHERE, ip_protocol="tcp", from_port=443,
            to_port=443, description="HTTPS: AWS itself, and images", opts=self._child(),
        )  # fmt: skip
        self.address = (
            aws.ec2.Eip("fleet-address", domain="vpc", opts=self._child(protect=chosen.protection))
            if planned.entrance
            else None
        )
        granted = self._role(cluster, account)
        profile = aws.iam.InstanceProfile(
            "fleet-profile", name_prefix=names.prefix("hosts", PREFIX_LIMIT), role=granted.role.name,
            opts=self._child(),
        )  # fmt: skip
        template = self._template(profile, cluster)
        self.hosts = self._hosts(template, [out, *granted.policies, *network.ways_out])
        self.provider = aws.ecs.CapacityProvider(
            "fleet-provider", name=f"on-{names.project}-{names.stack}",
            auto_scaling_group_provider=aws.ecs.CapacityProviderAutoScalingGroupProviderArgs(
                auto_scaling_group_arn=self.hosts.arn, managed_draining="ENABLED",
                managed_termination_protection="ENABLED",
                managed_scaling=aws.ecs.CapacityProviderAutoScalingGroupProviderManagedScalingArgs(
                    status="ENABLED", target_capacity=100, minimum_scaling_step_size=1,
                    maximum_scaling_step_size=max(1, planned.max),
                ),
            ),
            # Its name is its own, so the old one has to go first.
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
        )  # fmt: skip
        self.register_outputs({"type": planned.type, "provider": self.provider.name})

    def _child(self, **options: Any) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, **options)

    def _role(self, cluster: aws.ecs.Cluster, account: pulumi.Output[str]) -> iam.Granted:
        instances = pulumi.Output.concat(
            "arn:aws:ecs:", self.chosen.own.region, ":", account, ":container-instance/", cluster.name, "/*"
        )
        return iam.role(
            "fleet-role", "ec2.amazonaws.com",
            [
                iam.allow(ACTIONS, [cluster.arn]),
                iam.allow(INSTANCE_ACTIONS, [instances], ArnEquals={"ecs:cluster": cluster.arn}),
                iam.allow(["ecs:DiscoverPollEndpoint"], ["*"]),
                *self._may_take_address(account),
            ],
            self._child(), f"{self.names.project}-{self.names.stack}-hosts-",
        )  # fmt: skip

    def _may_take_address(self, account: pulumi.Output[str]) -> list[dict[str, Any]]:
        """Associate this one address, and with nothing but instances of this stack."""
        if self.address is None:
            return []

        def every(kind: str, which: pulumi.Input[str]) -> pulumi.Output[str]:
            return pulumi.Output.concat("arn:aws:ec2:", self.chosen.own.region, ":", account, f":{kind}/", which)

        own = {f"aws:ResourceTag/{STACK}": stack_tags(self.names, self.chosen)[STACK]}
        action = ["ec2:AssociateAddress"]
        return [
            iam.allow(action, [every("elastic-ip", self.address.allocation_id)]),
            iam.allow(action, [every("instance", "*"), every("network-interface", "*")], StringEquals=own),
        ]

    def _template(self, profile: aws.iam.InstanceProfile, cluster: aws.ecs.Cluster) -> aws.ec2.LaunchTemplate:
        own = self.chosen.own
        tags = {**stack_tags(self.names, self.chosen), **OWN}
        market = aws.ec2.LaunchTemplateInstanceMarketOptionsArgs(market_type="spot") if own.hosts.spot else None
        return aws.ec2.LaunchTemplate(
            "fleet-template", name_prefix=self.names.prefix("hosts", PREFIX_LIMIT),
            image_id=f"resolve:ssm:/aws/service/ecs/optimized-ami/{IMAGES[own.architecture]}/recommended/image_id",
            instance_type=self.planned.type, instance_market_options=market,
            iam_instance_profile=aws.ec2.LaunchTemplateIamInstanceProfileArgs(arn=profile.arn),
            metadata_options=aws.ec2.LaunchTemplateMetadataOptionsArgs(
                # One hop: an answer does not reach a container, which would have the host's role otherwise.
                http_endpoint="enabled", http_tokens="required", http_put_response_hop_limit=1,
            ),
            block_device_mappings=[
                aws.ec2.LaunchTemplateBlockDeviceMappingArgs(
                    device_name="/dev/xvda",
                    ebs=aws.ec2.LaunchTemplateBlockDeviceMappingEbsArgs(
                        volume_type="gp3", volume_size=own.hosts.disk, encrypted="true", delete_on_termination="true"
                    ),
                )
            ],
            network_interfaces=[
                aws.ec2.LaunchTemplateNetworkInterfaceArgs(
                    associate_public_ip_address="true" if self.chosen.public else "false",
                    security_groups=[self.group.id], delete_on_termination="true",
                )
            ],
            tag_specifications=[
                Specification(resource_type=kind, tags=tags) for kind in ("instance", "volume", "network-interface")
            ],
            user_data=self._user_data(cluster), update_default_version=True, opts=self._child(),
        )  # fmt: skip

    def _user_data(self, cluster: aws.ecs.Cluster) -> pulumi.Output[str]:
        region = self.chosen.own.region
        if self.address is None:
            return cluster.name.apply(user_data)
        return pulumi.Output.all(cluster.name, self.address.allocation_id).apply(
            lambda both: user_data(both[0], ADDRESSED.format(metadata=METADATA, region=region, address=both[1]))
        )

    def _hosts(self, template: aws.ec2.LaunchTemplate, after: list[pulumi.Resource]) -> aws.autoscaling.Group:
        reach = "public" if self.chosen.public else "private"
        tags = {**OWN, "AmazonECSManaged": "true", "Name": f"{self.names.project}-{self.names.stack}-host"}
        return aws.autoscaling.Group(
            "fleet-hosts", name_prefix=self.names.prefix("hosts", PREFIX_LIMIT),
            min_size=self.planned.min, max_size=self.planned.max,
            vpc_zone_identifiers=[subnet.id for subnet in self.network.subnets[reach]],
            launch_template=aws.autoscaling.GroupLaunchTemplateArgs(
                id=template.id, version=template.latest_version.apply(str)
            ),
            # ECS lifts the protection of a host that no task runs on, and ends no other.
            protect_from_scale_in=True, health_check_type="EC2", wait_for_capacity_timeout="0",
            instance_refresh=self._refresh() if self.chosen.own.parts.host_refresh else None,
            tags=[
                aws.autoscaling.GroupTagArgs(key=key, value=value, propagate_at_launch=True)
                for key, value in {**stack_tags(self.names, self.chosen), **tags}.items()
            ],
            opts=pulumi.ResourceOptions(parent=self, depends_on=after),
        )  # fmt: skip

    def _refresh(self) -> aws.autoscaling.GroupInstanceRefreshArgs:
        return aws.autoscaling.GroupInstanceRefreshArgs(
            strategy="Rolling",
            preferences=aws.autoscaling.GroupInstanceRefreshPreferencesArgs(
                min_healthy_percentage=0 if self.planned.max == 1 else 50, scale_in_protected_instances="Refresh"
            ),
        )

    def reach(self, other: AwsBound) -> list[pulumi.Resource]:
        """Let the shared host reach a data service; one pair of rules for all who need it."""
        if other.group is None or other.port is None:
            return []
        name = other.service.name
        if name not in self._reached:
            ends, about = (("fleet", self.group.id), (name, other.group)), f"services on the host need {name}"
            self._reached[name] = between(*ends, other.port, about, self._child())
        return self._reached[name]


def user_data(cluster: str, then: str = "") -> str:
    """What an instance does when it starts: say to its agent which cluster it is of, and `then` what else. A task with
    an address of its own does not reach the host's credentials, and a Spot instance moves its tasks away when AWS takes
    it."""
    lines = [
        "#!/bin/bash", "cat >> /etc/ecs/ecs.config <<END", f"ECS_CLUSTER={cluster}", "ECS_AWSVPC_BLOCK_IMDS=true",
        "ECS_ENABLE_SPOT_INSTANCE_DRAINING=true", f"ECS_RESERVED_MEMORY={SET_ASIDE}",
        "ECS_ENABLE_TASK_IAM_ROLE=true", "END", then,
    ]  # fmt: skip
    return base64.b64encode("\n".join(lines).encode()).decode()
