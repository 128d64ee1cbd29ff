"""Task definitions: what Service and Task have in common on ECS."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import pulumi
import pulumi_aws as aws

from components.core.target import Needs
from components.core.template import is_secret
from components.model.binding import Binding
from components.model.health import Health
from components.model.image import Build
from components.model.service import Workload
from components.model.volume import FileVolume
from components.targets.aws import fargate, iam
from components.targets.aws.bound import aws_bound, needed
from components.targets.aws.containers import Place, containers, scratch
from components.targets.aws.security import aliased
from components.targets.aws.settings import BRIDGE
from components.targets.aws.target import AwsTarget


@dataclass(frozen=True)
class Definition:
    """A task definition, the group that its containers log to, and what has to be there before one starts: the
    policies of its roles and the ways out of the network."""

    task: aws.ecs.TaskDefinition
    logs: aws.cloudwatch.LogGroup
    ready: tuple[pulumi.Resource, ...]


@dataclass(frozen=True)
class Secrets:
    """Secret values of a container: environment key to what ECS asks Secrets Manager for, and the secrets' ARNs."""

    values: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, pulumi.Input[str]])
    arns: Sequence[pulumi.Input[str]] = ()

    def and_those_of(self, other: Secrets) -> Secrets:
        """These and some more."""
        return Secrets({**self.values, **other.values}, [*self.arns, *other.arns])


def aws_target(needs: Needs) -> AwsTarget:
    """The target of a handler in this folder."""
    return cast(AwsTarget, needs.target)


def secrets_of(service: Workload, needs: Needs) -> Secrets:
    """Where each secret key of a workload comes from: one JSON secret for each need, one for each declared Secret."""
    values: dict[str, pulumi.Input[str]] = {}
    arns: dict[str, pulumi.Input[str]] = {}
    for need in service.needs:
        other = need.service if isinstance(need, Binding) else need
        found = aws_bound(needs, other)
        if found is None or found.secret is None:
            continue
        prefix = f"{need.prefix}_" if isinstance(need, Binding) else ""
        for key, template in found.templates(other.binding()).items():
            if is_secret(template):
                values[f"{prefix}{key}"] = found.secret.value_from(key)
                arns[other.name] = found.secret.arn
    target = aws_target(needs)
    for key, secret in service.secrets.items():
        stored = target.stored(secret)
        values[key], arns["declared" if stored.key else f"secret {secret.name}"] = stored.value_from(), stored.arn
    return Secrets(values, list(arns.values()))


def define(
    service: Workload, needs: Needs, *, port: int | None = None, health: Health | None = None, stop: int = 30,
    statements: Sequence[Mapping[str, Any]] = (), secrets: Secrets | None = None, entry: Sequence[str] = (),
    more: Sequence[int] = (),
) -> Definition:  # fmt: skip
    """The task definition of a workload: its container, and one before it that writes secret files where wanted. `more`
    are ports that it listens on beside `port`."""
    target = aws_target(needs)
    foundation = target.found()
    logs = aws.cloudwatch.LogGroup(
        f"{service.name}-logs", name=f"/{target.names.project}/{target.names.stack}/{service.name}",
        retention_in_days=target.chosen.log_days, kms_key_id=foundation.key.arn, opts=needs.child(),
    )  # fmt: skip
    secrets = secrets or secrets_of(service, needs)
    execution = iam.role(
        f"{service.name}-execution", "ecs-tasks.amazonaws.com", _execution(service, target, logs, secrets),
        aliased(service, needs, "execution"), f"{target.names.full(service.name)}-",
    )  # fmt: skip
    granted = [one for other in needed(service) if (found := aws_bound(needs, other)) for one in found.policy]
    volumes = {mount.target: mount for mount in service.volumes if isinstance(mount.source, FileVolume)}
    mounted = {path: target.files().access_point(cast(FileVolume, mount.source)) for path, mount in volumes.items()}
    role = iam.role(
        f"{service.name}-role", "ecs-tasks.amazonaws.com",
        [*granted, *statements, *(point.statement for point in mounted.values())], aliased(service, needs, "role"),
        f"{target.names.full(service.name)}-",
    )  # fmt: skip
    hosted = target.on_hosts(service)
    place = _place(service, needs, port, more)
    defined = pulumi.Output.all(
        image=target.image(service.image), logs=logs.name, environment=dict(needs.environment),
        secrets=dict(secrets.values),
    ).apply(
        lambda known: json.dumps(containers(service, known, place, port, health, stop, entry), sort_keys=True)
    )  # fmt: skip
    definition = aws.ecs.TaskDefinition(
        f"{service.name}-task", family=target.names.full(service.name),
        network_mode=target.chosen.host_network if hosted else "awsvpc", **_size(service, needs, hosted),
        execution_role_arn=execution.role.arn, task_role_arn=role.role.arn, container_definitions=defined,
        runtime_platform=aws.ecs.TaskDefinitionRuntimePlatformArgs(
            cpu_architecture=target.chosen.own.architecture.upper(), operating_system_family="LINUX"
        ),
        volumes=[
            *(aws.ecs.TaskDefinitionVolumeArgs(name=name) for name in scratch(service, secrets.values)),
            *(target.files().task_volume(path, point) for path, point in mounted.items()),
        ] or None,
        # Old revisions stay: a roll-back starts one of them.
        skip_destroy=True, opts=aliased(service, needs, "task"),
    )  # fmt: skip
    ready = (*execution.policies, *role.policies, *foundation.network.ways_out)
    return Definition(definition, logs, ready)


def _size(service: Workload, needs: Needs, hosted: bool) -> dict[str, Any]:
    """Fargate wants one of its sizes for the task; on hosts each container says what it sets aside."""
    if hosted:
        return {"requires_compatibilities": ["EC2"]}
    size = fargate.plan(service.cpus, service.memory)
    if size.note:
        pulumi.log.info(f"{service.name}: {size.note}", needs.node)
    return {"cpu": str(size.cpu), "memory": str(size.memory), "requires_compatibilities": ["FARGATE"]}


def _place(service: Workload, needs: Needs, port: int | None, more: Sequence[int]) -> Place:
    target = aws_target(needs)
    region = target.chosen.own.region
    if not target.shares_host(service):
        return Place(region, target.on_hosts(service))
    local = [other for other in needed(service) if (found := aws_bound(needs, other)) and found.local]
    names = {f"{other.name}.{target.found().domain}": BRIDGE for other in local}
    return Place(region, True, target.port_of(service.name, port), more, names)


def _execution(
    service: Workload, target: AwsTarget, logs: aws.cloudwatch.LogGroup, secrets: Secrets
) -> list[dict[str, Any]]:
    """What ECS itself may do to start the task: pull its image, read its secrets, write its log."""
    foundation = target.found()
    statements = [iam.allow(["logs:CreateLogStream", "logs:PutLogEvents"], [pulumi.Output.concat(logs.arn, ":*")])]
    if isinstance(service.image, Build) and not target.chosen.own.registry:
        repositories = pulumi.Output.concat(
            "arn:aws:ecr:", foundation.region, ":", foundation.account,
            f":repository/{target.names.project}-{target.names.stack}/*",
        )  # fmt: skip
        statements.append(iam.allow(["ecr:GetAuthorizationToken"], ["*"]))
        statements.append(
            iam.allow(
                ["ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"], [repositories]
            )
        )
    if secrets.arns:
        statements.append(iam.allow(["secretsmanager:GetSecretValue"], secrets.arns))
        statements.append(iam.allow(["kms:Decrypt"], [foundation.key.arn]))
    return statements
