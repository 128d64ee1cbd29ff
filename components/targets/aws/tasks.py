"""Task definitions: what Service and Task have in common on ECS."""

from __future__ import annotations

import json
import shlex
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
from components.model.units import seconds
from components.model.volume import FileVolume
from components.targets.aws import fargate, iam
from components.targets.aws.bound import aws_bound, needed
from components.targets.aws.security import aliased
from components.targets.aws.target import AwsTarget
from components.targets.health_checks import check_command

SECRETS = "/run/secrets"
UMASK = "umask 022; "


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


def aws_target(needs: Needs) -> AwsTarget:
    """The target of a handler in this folder."""
    return cast(AwsTarget, needs.target)


def words(command: str | Sequence[str] | None) -> list[str] | None:
    """A command as a list: a string is split as a shell splits words."""
    if command is None:
        return None
    return shlex.split(command) if isinstance(command, str) else list(command)


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
        values[key], arns[f"secret {secret.name}"] = stored.value_from(), stored.arn
    return Secrets(values, list(arns.values()))


def define(
    service: Workload, needs: Needs, *, port: int | None = None, health: Health | None = None, stop: int = 30,
    statements: Sequence[Mapping[str, Any]] = (), environment: Mapping[str, pulumi.Input[str]] | None = None,
    secrets: Secrets | None = None, image: pulumi.Input[str] | None = None,
) -> Definition:  # fmt: skip
    """The task definition of a workload: its container, and one before it that writes secret files where wanted."""
    target = aws_target(needs)
    foundation = target.found()
    logs = aws.cloudwatch.LogGroup(
        f"{service.name}-logs", name=f"/{target.names.project}/{target.names.stack}/{service.name}",
        retention_in_days=target.chosen.log_days, kms_key_id=foundation.key.arn, opts=needs.child(),
    )  # fmt: skip
    secrets = secrets or secrets_of(service, needs)
    execution = iam.role(
        f"{service.name}-execution", "ecs-tasks.amazonaws.com", _execution(service, target, logs, secrets),
        aliased(service, needs, "execution"), f"{target.names.project}-{target.names.stack}-{service.name}-",
    )  # fmt: skip
    granted = [one for other in needed(service) if (found := aws_bound(needs, other)) for one in found.policy]
    volumes = {mount.target: mount for mount in service.volumes if isinstance(mount.source, FileVolume)}
    mounted = {path: target.files().access_point(cast(FileVolume, mount.source)) for path, mount in volumes.items()}
    role = iam.role(
        f"{service.name}-role", "ecs-tasks.amazonaws.com",
        [*granted, *statements, *(point.statement for point in mounted.values())], aliased(service, needs, "role"),
        f"{target.names.project}-{target.names.stack}-{service.name}-",
    )  # fmt: skip
    size = fargate.plan(service.cpus, service.memory)
    if size.note:
        pulumi.log.info(f"{service.name}: {size.note}", needs.node)
    chosen = image if image is not None else target.image(service.image)
    own = needs.environment if environment is None else environment
    containers = pulumi.Output.all(
        image=chosen, logs=logs.name, environment=dict(own), secrets=dict(secrets.values),
    ).apply(
        lambda known: json.dumps(
            _containers(service, known, target.chosen.own.region, port, health, stop), sort_keys=True
        )
    )  # fmt: skip
    definition = aws.ecs.TaskDefinition(
        f"{service.name}-task", family=f"{target.names.project}-{target.names.stack}-{service.name}",
        cpu=str(size.cpu), memory=str(size.memory), network_mode="awsvpc", requires_compatibilities=["FARGATE"],
        execution_role_arn=execution.role.arn, task_role_arn=role.role.arn, container_definitions=containers,
        runtime_platform=aws.ecs.TaskDefinitionRuntimePlatformArgs(
            cpu_architecture=target.chosen.own.architecture.upper(), operating_system_family="LINUX"
        ),
        volumes=[
            *(aws.ecs.TaskDefinitionVolumeArgs(name=name) for name in _scratch(service, secrets)),
            *(target.files().task_volume(path, point) for path, point in mounted.items()),
        ] or None,
        # Old revisions stay: a roll-back starts one of them.
        skip_destroy=True, opts=aliased(service, needs, "task"),
    )  # fmt: skip
    ready = (*execution.policies, *role.policies, *foundation.network.ways_out)
    return Definition(definition, logs, ready)


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


def _scratch(service: Workload, secrets: Secrets) -> list[str]:
    """Volumes that live as long as the task: secret files, and a writable /tmp beside a read-only root."""
    return [*(["secrets"] if _file_keys(service, secrets.values) else []), *(["tmp"] if service.read_only else [])]


def _file_keys(service: Workload, given: Mapping[str, Any]) -> list[str]:
    """The secrets that become files: those that there are, since access keys that the role gives are none."""
    return sorted(given) if service.secrets_as == "files" else []


def volume_name(path: str) -> str:
    """A task's name for the volume that is mounted at a path."""
    return "efs-" + path.strip("/").replace("/", "-").replace(".", "-").replace("_", "-")


def _containers(
    service: Workload, known: Mapping[str, Any], region: str, port: int | None, health: Health | None, stop: int
) -> list[dict[str, Any]]:
    """The container definitions, as ECS keeps them: values that are its defaults are left out."""
    given: dict[str, str] = known["secrets"]
    files = _file_keys(service, given)
    environment = dict(known["environment"]) | {f"{key}_FILE": f"{SECRETS}/{key}" for key in files}
    log = {
        "logDriver": "awslogs",
        "options": {"awslogs-group": known["logs"], "awslogs-region": region, "awslogs-stream-prefix": "task"},
    }
    main: dict[str, Any] = {
        "name": service.name, "image": known["image"], "essential": True, "logConfiguration": log, "stopTimeout": stop,
        "environment": [{"name": key, "value": value} for key, value in sorted(environment.items())],
    }  # fmt: skip
    if not files and given:
        main["secrets"] = _values(given)
    if service.command is not None:
        main["command"] = words(service.command)
    if port:
        main["portMappings"] = [{"containerPort": port, "hostPort": port, "protocol": "tcp"}]
    if service.user:
        main["user"] = service.user
    if service.read_only:
        main["readonlyRootFilesystem"] = True
    if health is not None:
        main["healthCheck"] = _health(health, port)
    mounts = [{"sourceVolume": "tmp", "containerPath": "/tmp", "readOnly": False}] if service.read_only else []
    for mount in service.volumes:
        mounts.append(
            {"sourceVolume": volume_name(mount.target), "containerPath": mount.target, "readOnly": mount.read_only}
        )
    if not files:
        return [{**main, "mountPoints": mounts} if mounts else main]
    place = {"sourceVolume": "secrets", "containerPath": SECRETS, "readOnly": False}
    script = UMASK + " && ".join(f'printf %s "${key}" > {SECRETS}/{key}' for key in files)
    writer: dict[str, Any] = {
        "name": "secrets", "image": known["image"], "essential": False, "logConfiguration": log, "user": "0",
        "entryPoint": ["sh", "-c"], "command": [script], "secrets": _values(given), "mountPoints": [place],
        "readonlyRootFilesystem": True,
    }  # fmt: skip
    main["dependsOn"] = [{"containerName": "secrets", "condition": "SUCCESS"}]
    return [writer, {**main, "mountPoints": [*mounts, {**place, "readOnly": True}]}]


def _values(given: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": key, "valueFrom": place} for key, place in sorted(given.items())]


def _health(health: Health, port: int | None) -> dict[str, Any]:
    """ECS wants 5 to 300 s between checks, 2 to 60 s for one, 1 to 10 of them, and at most 300 s to start."""
    return {
        "command": check_command(health, port),
        "interval": _within(seconds(health.interval), 5, 300), "timeout": _within(seconds(health.timeout), 2, 60),
        "retries": _within(health.retries, 1, 10), "startPeriod": _within(seconds(health.start_period), 0, 300),
    }  # fmt: skip


def _within(value: float, least: int, most: int) -> int:
    return max(least, min(most, round(value)))
