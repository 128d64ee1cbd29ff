"""Container definitions, as ECS keeps them: values that are its defaults are left out. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from components.model.health import Health
from components.model.service import Workload
from components.model.units import memory_bytes, seconds
from components.targets.aws import hosts
from components.targets.command import words
from components.targets.health_checks import check_command

SECRETS = "/run/secrets"
UMASK = "umask 022; "
PREPARE = "prepare"
"""The container that gets a task's volumes ready; it needs a shell in the service's image."""
TMP: Mapping[str, Any] = {"sourceVolume": "tmp", "containerPath": "/tmp", "readOnly": False}
KEPT: Mapping[str, Any] = {"sourceVolume": "secrets", "containerPath": SECRETS, "readOnly": False}


@dataclass(frozen=True)
class Place:
    """Where a task's containers run: `hosted` on an EC2 instance; on one that all share `port` is that of the instance,
    `more` are further ports that are the container's own and the instance's alike, and `names` are the others on it,
    which are found at its own address."""

    region: str
    hosted: bool = False
    port: int | None = None
    more: Sequence[int] = ()
    names: Mapping[str, str] = field(default_factory=dict[str, str])


def scratch(service: Workload, secrets: Mapping[str, Any]) -> list[str]:
    """Volumes that live as long as the task: secret files, and a writable /tmp beside a read-only root."""
    return [*(["secrets"] if _file_keys(service, secrets) else []), *(["tmp"] if service.read_only else [])]


def _file_keys(service: Workload, given: Mapping[str, Any]) -> list[str]:
    """The secrets that become files: those that there are, since access keys that the role gives are none."""
    return sorted(given) if service.secrets_as == "files" else []


def volume_name(path: str) -> str:
    """A task's name for the volume that is mounted at a path."""
    return "efs-" + path.strip("/").replace("/", "-").replace(".", "-").replace("_", "-")


def containers(
    service: Workload, known: Mapping[str, Any], place: Place, port: int | None, health: Health | None, stop: int,
    entry: Sequence[str] = (),
) -> list[dict[str, Any]]:  # fmt: skip
    """A workload's container, and one before it where its volumes have to be prepared."""
    given: dict[str, str] = known["secrets"]
    files = _file_keys(service, given)
    environment = dict(known["environment"]) | {f"{key}_FILE": f"{SECRETS}/{key}" for key in files}
    log = {
        "logDriver": "awslogs",
        "options": {"awslogs-group": known["logs"], "awslogs-region": place.region, "awslogs-stream-prefix": "task"},
    }
    main: dict[str, Any] = {
        "name": service.name, "image": known["image"], "essential": True, "logConfiguration": log, "stopTimeout": stop,
        "environment": [{"name": key, "value": value} for key, value in sorted(environment.items())],
        **(_reserving(service) if place.hosted else {}),
    }  # fmt: skip
    if not files and given:
        main["secrets"] = _values(given)
    if entry:
        main["entryPoint"] = list(entry)
    if service.command is not None:
        main["command"] = words(service.command)
    if port:
        pairs = [(port, place.port or port), *((one, one) for one in place.more)]
        main["portMappings"] = [{"containerPort": own, "hostPort": host, "protocol": "tcp"} for own, host in pairs]
    if place.names:
        main["extraHosts"] = [{"hostname": name, "ipAddress": found} for name, found in sorted(place.names.items())]
    if service.user:
        main["user"] = service.user
    if service.read_only:
        main["readonlyRootFilesystem"] = True
    if health is not None:
        main["healthCheck"] = _health(health, port)
    mounts = [TMP] if service.read_only else []
    for mount in service.volumes:
        mounts.append(
            {"sourceVolume": volume_name(mount.target), "containerPath": mount.target, "readOnly": mount.read_only}
        )
    if files:
        mounts.append({**KEPT, "readOnly": True})
    if mounts:
        main["mountPoints"] = mounts
    if not scratch(service, given):
        return [main]
    main["dependsOn"] = [{"containerName": PREPARE, "condition": "SUCCESS"}]
    return [_prepare(service, known["image"], given, log, place), main]


def _prepare(
    service: Workload, image: str, given: Mapping[str, str], log: Mapping[str, Any], place: Place
) -> dict[str, Any]:
    """The container that ends before the service starts: it writes secret files, and opens /tmp to the service's user.

    ECS makes a task's volumes root's own, 0755, unless the image declares the path as a VOLUME with other owners
    (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/bind-mounts.html); here it is /tmp's own 1777.
    """
    files = _file_keys(service, given)
    steps = [f'printf %s "${key}" > {SECRETS}/{key}' for key in files]
    steps += [f"chmod 1777 {TMP['containerPath']}"] if service.read_only else []
    made: dict[str, Any] = {
        "name": PREPARE, "image": image, "essential": False, "logConfiguration": log, "user": "0",
        "entryPoint": ["sh", "-c"], "command": [UMASK + " && ".join(steps)], "readonlyRootFilesystem": True,
        "mountPoints": [*([KEPT] if files else []), *([TMP] if service.read_only else [])],
        **({"memoryReservation": hosts.PREPARING} if place.hosted else {}),
    }  # fmt: skip
    return {**made, "secrets": _values(given)} if files else made


def _values(given: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": key, "valueFrom": place} for key, place in sorted(given.items())]


def _reserving(service: Workload) -> dict[str, int]:
    """What the container of a hosted task sets aside, and the memory that it may have at most."""
    cpu, memory = hosts.reserve(service)
    most = math.ceil(memory_bytes(service.memory) / hosts.MIB) if service.memory else None
    return {"cpu": cpu, "memoryReservation": memory, **({"memory": most} if most is not None else {})}


def _health(health: Health, port: int | None) -> dict[str, Any]:
    """ECS wants 5 to 300 s between checks, 2 to 60 s for one, 1 to 10 of them, and at most 300 s to start."""
    return {
        "command": check_command(health, port),
        "interval": _within(seconds(health.interval), 5, 300), "timeout": _within(seconds(health.timeout), 2, 60),
        "retries": _within(health.retries, 1, 10), "startPeriod": _within(seconds(health.start_period), 0, 300),
    }  # fmt: skip


def _within(value: float, least: int, most: int) -> int:
    return max(least, min(most, round(value)))
