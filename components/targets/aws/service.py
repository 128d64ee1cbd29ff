"""Service: an ECS service on Fargate or EC2, found by its name and, behind the gateway, by its routes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components.core.bound import Bound
from components.core.target import Needs, realizes
from components.model.service import Service
from components.model.units import seconds
from components.targets.aws import scaling
from components.targets.aws.bound import AwsBound
from components.targets.aws.deployment import Deployed
from components.targets.aws.options import ServiceOptions
from components.targets.aws.security import admit, aliased
from components.targets.aws.target import AwsTarget
from components.targets.aws.tasks import Definition, Secrets, aws_target, define, secrets_of

EXEC = [
    "ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel", "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
]  # fmt: skip

SPREAD = (("spread", "attribute:ecs.availability-zone"), ("binpack", "memory"))
"""On hosts: over zones first, then on as few hosts as hold everything."""


@dataclass(frozen=True)
class Extras:
    """What a container that stands for another kind has beyond what a Service describes.

    `entry` replaces the image's ENTRYPOINT, `secrets` are keys that no need and no Secret gives, `reaches` what it may
    connect to beside its needs, `more` ports that it listens on beside its own. `public` gives it an address on the
    internet. `spot` is for what the stack's settings do not say of it (default: as the profile says).
    """

    entry: Sequence[str] = ()
    secrets: Secrets = field(default_factory=Secrets)
    reaches: Sequence[AwsBound] = ()
    more: Sequence[int] = ()
    public: bool = False
    spot: bool | None = None


@realizes(Service)
def service(service: Service, needs: Needs, opts: pulumi.ResourceOptions) -> Bound:
    """Steady before anyone who waits for it starts; its address is `<name>.<project>-<stack>.internal`."""
    return realized(service, needs, opts, Extras())


def realized(service: Service, needs: Needs, opts: pulumi.ResourceOptions, extras: Extras) -> AwsBound:
    """An ECS service for a Service, or for a container of ours that stands for another kind."""
    target = aws_target(needs)
    options = target.options(service, ServiceOptions)
    own, rules = admit(service, needs, target, extras.reaches)
    local = target.shares_host(service)
    statements = [{"Effect": "Allow", "Action": EXEC, "Resource": ["*"]}] if options.exec else []
    definition = define(
        service, needs, port=service.port, health=service.health, stop=max(2, service.stop_seconds),
        statements=statements, secrets=secrets_of(service, needs).and_those_of(extras.secrets), entry=extras.entry,
        more=extras.more,
    )  # fmt: skip
    host, discovery = discover(service.name, needs, target)
    balanced = target.edge().route(service, own, needs) if target.is_balanced(service) else None
    spot = target.chosen.profile.spot if extras.spot is None else extras.spot
    made = run(
        service, needs, target, definition, None if local else [own],
        pulumi.ResourceOptions.merge(
            opts, pulumi.ResourceOptions(depends_on=[*rules, *(balanced.rules if balanced else ())])
        ),
        scaled=service.scale is not None and not local, exec=options.exec,
        spot=spot if options.spot is None else options.spot, public=extras.public,
        registry=aws.ecs.ServiceServiceRegistriesArgs(registry_arn=discovery.arn) if discovery else None,
        balancers=[balanced.attachment] if balanced else None,
        grace=round(seconds(service.health.start_period)) if balanced and service.health else None,
    )  # fmt: skip
    gate = deployed(service.name, needs, target, made, definition)
    if service.scale is not None and target.chosen.own.parts.autoscaling and not local:
        scaling.scale(service, service.scale, made, balanced, needs, target)
    facts: dict[str, pulumi.Input[str]] = {"host": host}
    if service.port:
        facts["port"] = str(target.port_of(service.name, service.port))
    return AwsBound(
        service, facts, (made,), (gate,), group=None if local else own, port=service.port, local=local,
        image=target.tag(service.image),
    )  # fmt: skip


def discover(
    name: str, needs: Needs, target: AwsTarget
) -> tuple[pulumi.Input[str], aws.servicediscovery.Service | None]:
    """A name in the stack's namespace, and the registry that answers with the addresses of running tasks; without a
    namespace the name is the host's own in every container that needs it."""
    namespace = target.found().namespace
    if namespace is None:
        return f"{name}.{target.found().domain}", None
    made = aws.servicediscovery.Service(
        f"{name}-discovery", name=name,
        dns_config=aws.servicediscovery.ServiceDnsConfigArgs(
            namespace_id=namespace.id, routing_policy="MULTIVALUE",
            dns_records=[aws.servicediscovery.ServiceDnsConfigDnsRecordArgs(ttl=10, type="A")],
        ),
        force_destroy=True, opts=needs.child(),
    )  # fmt: skip
    return pulumi.Output.concat(name, ".", namespace.name), made


def run(
    service: Service, needs: Needs, target: AwsTarget, definition: Definition, groups: list[pulumi.Input[str]] | None,
    opts: pulumi.ResourceOptions, *, scaled: bool, exec: bool, spot: bool, public: bool,
    registry: aws.ecs.ServiceServiceRegistriesArgs | None, balancers: list[aws.ecs.ServiceLoadBalancerArgs] | None,
    grace: int | None,
) -> aws.ecs.Service:  # fmt: skip
    """The ECS service itself; without groups its tasks have no addresses of their own but share their host's, where
    nothing starts beside what it replaces: the port is taken, and memory is there for one."""
    foundation = target.found()
    fleet = target.fleet_of(service)
    alone = service.singleton or groups is None
    return aws.ecs.Service(
        f"{service.name}-service", name=service.name, cluster=foundation.cluster.arn,
        task_definition=definition.task.arn, desired_count=service.count,
        capacity_provider_strategies=[
            aws.ecs.ServiceCapacityProviderStrategyArgs(capacity_provider=target.capacity_of(service, spot), weight=1)
        ],
        network_configuration=aws.ecs.ServiceNetworkConfigurationArgs(
            subnets=foundation.public_subnets() if public else foundation.service_subnets(), security_groups=groups,
            # ECS gives none to tasks on EC2.
            assign_public_ip=(public or target.chosen.public) and fleet is None,
        ) if groups is not None else None,
        ordered_placement_strategies=[
            aws.ecs.ServiceOrderedPlacementStrategyArgs(type=kind, field=field) for kind, field in SPREAD
        ] if fleet else None,
        deployment_circuit_breaker=aws.ecs.ServiceDeploymentCircuitBreakerArgs(enable=True, rollback=True),
        deployment_minimum_healthy_percent=0 if alone else 100,
        deployment_maximum_percent=100 if alone else 200,
        enable_ecs_managed_tags=True, propagate_tags="SERVICE", enable_execute_command=exec,
        wait_for_steady_state=False,
        service_registries=registry, load_balancers=balancers, health_check_grace_period_seconds=grace,
        opts=pulumi.ResourceOptions.merge(
            pulumi.ResourceOptions.merge(opts, aliased(service, needs, "service")),
            pulumi.ResourceOptions(
                depends_on=[foundation.capacity, *definition.ready],
                ignore_changes=["desiredCount"] if scaled else None, delete_before_replace=True,
            ),
        ),
    )  # fmt: skip


def deployed(name: str, needs: Needs, target: AwsTarget, service: aws.ecs.Service, definition: Definition) -> Deployed:
    """The gate of an ECS service."""
    return Deployed(
        name,
        {
            "task": definition.task.arn, "cluster": target.found().cluster.arn, "name": service.name,
            "logs": definition.logs.name, "masked": pulumi.Output.secret(list(needs.secrets.values())),
            **target.chosen.where(),
        },
        needs.child(depends_on=[service]),
    )  # fmt: skip
