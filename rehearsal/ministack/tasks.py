"""What ECS gives a task's containers and MiniStack does not: names in Cloud Map, volumes, a user, health checks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import docker
from docker.types import EndpointConfig
from ministack.services import ecs, efs, servicediscovery

from played.containers import OWNER, labels
from played.shapes import environment, health

PATIENCE = 900.0
"""Seconds until a task that is never healthy is given up."""
_making = threading.Lock()


def service_of(task: dict[str, Any]) -> dict[str, Any] | None:
    """The service that a task belongs to."""
    kind, _, name = str(task.get("group", "")).partition(":")
    cluster = str(task.get("clusterArn", "")).rpartition("/")[2]
    return ecs._services.get(f"{cluster}/{name}") if kind == "service" else None


def names(task_arn: str) -> list[str]:
    """The names under which Cloud Map answers with the address of a service's task."""
    service = service_of(ecs._tasks.get(task_arn) or {}) or {}
    found = []
    for registry in service.get("serviceRegistries") or []:
        known = servicediscovery._services.get(str(registry.get("registryArn")).rpartition("/")[2]) or {}
        space = known.get("NamespaceId") or (known.get("DnsConfig") or {}).get("NamespaceId")
        zone = (servicediscovery._namespaces.get(space) or {}).get("Name")
        if zone:
            found.append(f"{known['Name']}.{zone}")
    return found


def volumes(definition: Mapping[str, Any], container: Mapping[str, Any], task_id: str, image: str) -> list[str]:
    """A container's mounts: an access point of EFS is a volume that outlives tasks, any other lives with its task."""
    known = {one["name"]: one for one in definition.get("volumes") or []}
    found = []
    for mount in container.get("mountPoints") or []:
        elastic = known[mount["sourceVolume"]].get("efsVolumeConfiguration")
        if elastic:
            point = (elastic.get("authorizationConfig") or {}).get("accessPointId") or elastic["fileSystemId"]
            name, copied = volume(point, image, efs._access_points.get(point) or {}), ",nocopy"
        else:
            name, copied = volume(f"{task_id[:8]}-{mount['sourceVolume']}"), ""
        found.append(f"{name}:{mount['containerPath']}:{'ro' if mount.get('readOnly') else 'rw'}{copied}")
    return found


def volume(name: str, image: str = "", point: Mapping[str, Any] | None = None) -> str:
    """A Docker volume, made where it is missing; an access point's root belongs to the user that it names."""
    client = docker.from_env()
    full = f"{OWNER.replace('/', '-')}-{name}"
    with _making:
        if any(one.name == full for one in client.volumes.list(filters={"name": full})):
            return full
        client.volumes.create(full, labels=labels())
        user = (point or {}).get("PosixUser") or {}
        if user:
            owner = f"{user['Uid']}:{user['Gid']}"
            helper = client.containers.run(
                image, ["-R", owner, "/volume"], entrypoint=["chown"], user="0", detach=True,
                volumes=[f"{full}:/volume:rw,nocopy"], network="none",
            )  # fmt: skip
            try:
                if helper.wait()["StatusCode"]:
                    raise RuntimeError(f"{full} cannot be given to {owner}: {helper.logs().decode(errors='replace')}")
            finally:
                # With the volumes that its image asks for.
                helper.remove(force=True, v=True)
    return full


def applied(original: Any) -> Any:
    """MiniStack's arguments of a container, and what it leaves out of its definition."""

    def arguments(
        container: dict[str, Any], definition: dict[str, Any], env: dict[str, str], ports: Any, network: str | None,
        host_mode: bool, task_id: str, task_arn: str, address: str | None, cluster_arn: str,
    ) -> dict[str, Any]:  # fmt: skip
        given = original(
            container, definition, environment(env), ports, network, host_mode, task_id, task_arn, address, cluster_arn
        )
        given["volumes"] = volumes(definition, container, task_id, container["image"])
        given["mem_limit"] = f"{int(definition.get('memory') or 512)}m"
        if container.get("entryPoint"):
            given["entrypoint"] = container["entryPoint"]
        if container.get("user"):
            given["user"] = container["user"]
        if container.get("readonlyRootFilesystem"):
            given["read_only"] = True
        if container.get("healthCheck"):
            given["healthcheck"] = health(container["healthCheck"])
        found = names(task_arn)
        if network and found:
            given["networking_config"] = {network: EndpointConfig("1.44", aliases=found)}
        return given

    return arguments


def in_order(original: Any) -> Any:
    """A container that others wait for (`dependsOn`: SUCCESS, COMPLETE) ends before they start."""

    def attach(task: dict[str, Any], container: Any, index: int, *more: Any) -> Any:
        attached = original(task, container, index, *more)
        definition = ecs._task_defs.get(ecs._resolve_td_key(task["taskDefinitionArn"])) or {}
        every = definition.get("containerDefinitions") or []
        mine = every[index]["name"]
        if any(
            wait["containerName"] == mine and wait["condition"] in {"SUCCESS", "COMPLETE"}
            for one in every[index + 1 :] for wait in one.get("dependsOn") or []
        ):  # fmt: skip
            container.wait(timeout=300)
        return attached

    return attach


def healthy(task: dict[str, Any]) -> bool | None:
    """Whether a task's containers pass their health checks; None while that is open."""
    client = docker.from_env()
    states = []
    for identity in list(task.get("_docker_ids") or []):
        try:
            state = client.containers.get(identity).attrs["State"]
        except docker.errors.NotFound:
            return None
        states.append((state.get("Health") or {}).get("Status", "healthy"))
    if "unhealthy" in states:
        return False
    return True if states and all(state == "healthy" for state in states) else None


CHECKS: dict[str, Callable[[dict[str, Any]], bool | None]] = {"Task failed container health checks": healthy}
"""What has to be true of a service's task before it counts: the reason that ECS gives when it is not, and the check."""


def stable(original: Any) -> Any:
    """A service's task counts once its health checks pass; one that fails them is stopped and counts as a failure."""

    def record(key: str, task: dict[str, Any]) -> None:
        until = time.monotonic() + PATIENCE
        while ecs._task_is_active(task["taskArn"], task) and time.monotonic() < until:
            states = {reason: check(task) for reason, check in CHECKS.items()}
            if all(states.values()):
                original(key, task)
                return
            for reason, state in states.items():
                if state is False:
                    stop(task, reason)
                    return
            time.sleep(0.5)

    return record


def stop(task: dict[str, Any], reason: str) -> None:
    """End a task of a service that ECS itself has given up."""
    ecs._mark_task_stopped(task["taskArn"], task, reason, "ServiceSchedulerInitiated")
    ecs._cleanup_task_resources(task, ecs._get_docker())
    ecs._record_service_task_failure(task)


def begun(original: Any) -> Any:
    """A service's first deployment is complete when its tasks are steady, not when it is asked for."""

    def make(task_definition: str, desired: int, status: str = "PRIMARY") -> dict[str, Any]:
        made = original(task_definition, desired, status)
        if desired:
            made.update(rolloutState="IN_PROGRESS", rolloutStateReason="")
        return made

    return make


def in_its_namespace(original: Any) -> Any:
    """AWS takes a name's namespace from its DNS settings too."""

    def create(data: dict[str, Any]) -> Any:
        space = (data.get("DnsConfig") or {}).get("NamespaceId")
        return original({"NamespaceId": space, **data} if space else data)

    return create


def changed_in_part(original: Any) -> Any:
    """A change of a name is one of its records and its health check: AWS keeps the rest of its DNS settings."""

    def update(data: dict[str, Any]) -> Any:
        known: dict[str, Any] = servicediscovery._services.get(data.get("Id")) or {}
        before = known.get("DnsConfig")
        answer = original(data)
        if before and known.get("DnsConfig"):
            known["DnsConfig"] = {**before, **known["DnsConfig"]}
        return answer

    return update


def put(module: Any, name: str, change: Any) -> Callable[[], None]:
    """A patch: what changes one of MiniStack's functions."""
    return lambda: setattr(module, name, change(getattr(module, name)))


PATCHES = {
    "definitions": put(ecs, "_build_run_kwargs", applied),
    "order": put(ecs, "_attach_started_container", in_order),
    "health": put(ecs, "_record_service_task_healthy", stable),
    "first": put(ecs, "_make_deployment", begun),
    "namespaces": put(servicediscovery, "_create_service", in_its_namespace),
    "names": put(servicediscovery, "_update_service", changed_in_part),
}
