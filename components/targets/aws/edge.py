"""The one door into a system: a load balancer that speaks HTTPS, and a target group for each service behind it.

It is made before the services, which have to be registered with it when they start; the gateway's own node adds what
only concerns the outside (its name, its firewall).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws

from components.core.target import Needs
from components.model.gateway import Gateway
from components.model.health import Http
from components.model.service import Service
from components.targets.aws.certificate import Certificate
from components.targets.aws.security import ANYWHERE, aliased

if TYPE_CHECKING:
    from components.targets.aws.target import AwsTarget

TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06"
IDLE_SECONDS = 3600
"""As long as the gateway on Docker lets a connection be silent: pages keep one open for events."""


@dataclass(frozen=True)
class Balanced:
    """A service behind the load balancer: how ECS registers its tasks, the rules that lead there, and ALB's label."""

    attachment: aws.ecs.ServiceLoadBalancerArgs
    rules: tuple[pulumi.Resource, ...]
    label: pulumi.Output[str]


class Edge(pulumi.ComponentResource):
    """The load balancer, its listeners and its group; `targets` are the groups behind it by their services."""

    def __init__(self, target: AwsTarget, gateway: Gateway, opts: pulumi.ResourceOptions) -> None:
        super().__init__("strata:aws:Edge", "edge", None, opts)
        self.target, self.gateway = target, gateway
        self.targets: dict[str, aws.lb.TargetGroup] = {}
        foundation, inside = target.found(), pulumi.ResourceOptions(parent=self)
        self.group = aws.ec2.SecurityGroup(
            "edge-group", vpc_id=foundation.network.vpc.id, description=f"{target.names.owner} {gateway.name}",
            revoke_rules_on_delete=True, opts=inside,
        )  # fmt: skip
        for port in (80, 443):
            aws.vpc.SecurityGroupIngressRule(
                f"edge-in-{port}", security_group_id=self.group.id, cidr_ipv4=ANYWHERE, ip_protocol="tcp",
                from_port=port, to_port=port, description="everyone" if port == 443 else "everyone, sent on to HTTPS",
                opts=inside,
            )  # fmt: skip
        self.certificate = Certificate(target, inside)
        self.balancer = aws.lb.LoadBalancer(
            "edge", load_balancer_type="application", security_groups=[self.group.id],
            subnets=[subnet.id for subnet in foundation.network.subnets["public"]], idle_timeout=IDLE_SECONDS,
            drop_invalid_header_fields=True, enable_deletion_protection=target.chosen.protection,
            access_logs=aws.lb.LoadBalancerAccessLogsArgs(bucket=target.log_bucket(), prefix="edge", enabled=True),
            opts=inside,
        )  # fmt: skip
        self.listener = aws.lb.Listener(
            "edge-https", load_balancer_arn=self.balancer.arn, port=443, protocol="HTTPS", ssl_policy=TLS_POLICY,
            certificate_arn=self.certificate.arn,
            default_actions=[
                aws.lb.ListenerDefaultActionArgs(
                    type="fixed-response",
                    fixed_response=aws.lb.ListenerDefaultActionFixedResponseArgs(
                        content_type="text/plain", message_body="not found", status_code="404"
                    ),
                )
            ],
            opts=inside,
        )  # fmt: skip
        aws.lb.Listener(
            "edge-http", load_balancer_arn=self.balancer.arn, port=80, protocol="HTTP",
            default_actions=[
                aws.lb.ListenerDefaultActionArgs(
                    type="redirect",
                    redirect=aws.lb.ListenerDefaultActionRedirectArgs(
                        port="443", protocol="HTTPS", status_code="HTTP_301"
                    ),
                )
            ],
            opts=inside,
        )  # fmt: skip
        self.register_outputs({"name": self.balancer.dns_name})

    @property
    def url(self) -> pulumi.Output[str]:
        """Where a person opens the system."""
        domain = self.target.chosen.own.domain
        return pulumi.Output.concat("https://", domain or self.balancer.dns_name)

    def route(self, service: Service, group: pulumi.Input[str], needs: Needs) -> Balanced:
        """A target group for a service, with the rules of its paths; the longest path of the system comes first."""
        shared = self.target.chosen.bridge
        port = self.target.port_of(service.name, service.port) or 80
        check = service.health.path if isinstance(service.health, Http) else "/"
        targets = self.targets[service.name] = aws.lb.TargetGroup(
            f"{service.name}-targets", port=port, protocol="HTTP", target_type="instance" if shared else "ip",
            vpc_id=self.target.found().network.vpc.id, deregistration_delay=max(5, service.stop_seconds),
            health_check=aws.lb.TargetGroupHealthCheckArgs(
                path=check, matcher="200-399", interval=10, timeout=5, healthy_threshold=2, unhealthy_threshold=3
            ),
            opts=aliased(service, needs, "targets"),
        )  # fmt: skip
        paths = sorted(self.gateway.routes, key=lambda path: (-len(path), path))
        rules = [
            aws.lb.ListenerRule(
                f"{service.name}-route-{number}", listener_arn=self.listener.arn, priority=10 * (number + 1),
                actions=[aws.lb.ListenerRuleActionArgs(type="forward", target_group_arn=targets.arn)],
                conditions=[
                    aws.lb.ListenerRuleConditionArgs(
                        path_pattern=aws.lb.ListenerRuleConditionPathPatternArgs(values=patterns(path))
                    )
                ],
                opts=needs.child(),
            )
            for number, path in enumerate(paths)
            if self.gateway.routes[path].name == service.name
        ]  # fmt: skip
        about = f"{self.gateway.name} leads to {service.name}"
        aws.vpc.SecurityGroupEgressRule(
            f"{service.name}-from-edge", security_group_id=self.group.id, referenced_security_group_id=group,
            ip_protocol="tcp", from_port=port, to_port=port, description=about, opts=needs.child(),
        )  # fmt: skip
        aws.vpc.SecurityGroupIngressRule(
            f"{service.name}-by-edge", security_group_id=group, referenced_security_group_id=self.group.id,
            ip_protocol="tcp", from_port=port, to_port=port, description=about, opts=needs.child(),
        )  # fmt: skip
        attachment = aws.ecs.ServiceLoadBalancerArgs(
            target_group_arn=targets.arn, container_name=service.name, container_port=service.port or 80
        )
        label = pulumi.Output.concat(self.balancer.arn_suffix, "/", targets.arn_suffix)
        return Balanced(attachment, tuple(rules), label)


def patterns(path: str) -> list[str]:
    """`/api` is /api itself and what is below it, not /apiary."""
    return ["/*"] if path == "/" else [path.rstrip("/"), f"{path.rstrip('/')}/*"]
