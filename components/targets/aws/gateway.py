"""Gateway: the system's load balancer, under its name."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components.core.bound import Bound
from components.core.target import Needs, realizes
from components.model.gateway import Gateway
from components.targets.aws.bound import AwsBound
from components.targets.aws.tasks import aws_target


@realizes(Gateway)
def gateway(gateway: Gateway, needs: Needs, opts: pulumi.ResourceOptions) -> Bound:
    """Reached once every service that it leads to is steady; with a zone, by the domain in it."""
    target = aws_target(needs)
    edge = target.edge()
    domain, zone = target.chosen.own.domain, edge.certificate.zone
    started: list[pulumi.Resource] = [edge.listener]
    steady = [one for service in gateway.routes.values() for one in needs.bound[service.name].ready()]
    if domain and zone is not None:
        started.append(
            aws.route53.Record(
                f"{gateway.name}-name", zone_id=zone, name=domain, type="A",
                aliases=[
                    aws.route53.RecordAliasArgs(
                        name=edge.balancer.dns_name, zone_id=edge.balancer.zone_id, evaluate_target_health=True
                    )
                ],
                opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=steady)),
            )
        )  # fmt: skip
    if target.chosen.own.parts.firewall and target.chosen.profile.firewall:
        from components.targets.aws.firewall import protect

        protect(target, gateway, edge, needs.child())
    facts: dict[str, pulumi.Input[str]] = {"host": edge.balancer.dns_name, "port": "443"}
    return AwsBound(gateway, facts, tuple(started), endpoints={"": edge.url}, group=edge.group.id, port=443)
