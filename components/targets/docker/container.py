"""Containers: what every kind that runs in one has in common."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

import pulumi
import pulumi_docker as docker

from components.core.target import Needs
from components.model.container import Contained, Publish
from components.model.health import Health
from components.model.units import memory_bytes, seconds
from components.model.volume import FileVolume, Mount
from components.targets.docker import daemon
from components.targets.docker.files import File, Files, folders, uploads
from components.targets.docker.ports import kept_ports
from components.targets.docker.ready import Check, Ready
from components.targets.docker.target import DockerTarget
from components.targets.health_checks import check_command

Ports = Mapping[int, pulumi.Input[int]]
REPLACING = ("healthcheck", "labels", "mounts", "networksAdvanced", "ports", "tmpfs", "uploads")
"""The provider declares a change inside these blocks an update and then does nothing: the old health check would go on
running. (Its schema marks the block as forcing a new container, but not the fields in it.)"""


@dataclass(frozen=True)
class Spec:
    """A container as a kind wants it; what the model's Contained says is added by `run`.

    `entrypoint` replaces the image's own and its command; `then` runs inside once it is healthy; `watched` are secret
    values whose change runs it again; `written` are volumes that were filled for it.
    """

    image: pulumi.Input[str]
    entrypoint: Sequence[str] | None = None
    environment: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, pulumi.Input[str]])
    command: Sequence[str] | None = None
    files: Sequence[File] = ()
    mounts: Sequence[Mount] = ()
    written: Sequence[Written] = ()
    health: Health | None = None
    port: int | None = None
    count: int = 1
    user: str | None = None
    read_only: bool = False
    grace: int = 10
    publish: Sequence[Publish] = ()
    then: list[str] | None = None
    watched: Sequence[pulumi.Output[str]] = ()


@dataclass(frozen=True)
class Running:
    """The containers of a service, the gate that says they are healthy, and the host port of each published one."""

    containers: tuple[docker.Container, ...]
    gate: Ready | None
    ports: Ports

    def endpoint(self, port: int, scheme: str = "http") -> pulumi.Output[str]:
        """Where a published container port is reached from this machine."""
        return pulumi.Output.from_input(self.ports[port]).apply(lambda host: f"{scheme}://127.0.0.1:{host}")

    @property
    def healthy(self) -> tuple[pulumi.Resource, ...]:
        return (self.gate,) if self.gate else ()


def docker_target(needs: Needs) -> DockerTarget:
    """The target of a handler in this folder."""
    return cast(DockerTarget, needs.target)


def go_duration(text: str) -> str:
    """A duration as the daemon reports it (`1m30s`), so that a refresh sees no difference."""
    left = seconds(text)
    if left < 1:
        return f"{round(left * 1000)}ms" if left else "0s"
    hours, rest = divmod(left, 3600)
    minutes, secs = divmod(rest, 60)
    text = f"{int(hours)}h" if hours else ""
    text += f"{int(minutes)}m" if hours or minutes else ""
    return f"{text}{secs:g}s"


def run(service: Contained, needs: Needs, opts: pulumi.ResourceOptions, spec: Spec) -> Running:
    """The service's containers, and its gate when it has a health check."""
    target = docker_target(needs)
    publish = [*service.published(), *spec.publish]
    ports: dict[int, pulumi.Input[int]]
    if target.settings.ports == "free":
        kept = kept_ports(service.name, [one.host for one in publish], target.taken_ports, needs.child())
        ports = {one.container: kept[one.host] for one in publish}
    else:
        ports = {one.container: one.host for one in publish}
    mounts = [_mount(mount, target) for mount in spec.mounts]
    written = [*spec.written]
    if spec.read_only and spec.files:
        written += [_files_volume(service, needs, spec, folder, files) for folder, files in folders(spec.files).items()]
    mounts += [
        docker.ContainerMountArgs(target=made.folder, source=made.volume, type="volume", read_only=True)
        for made in written
    ]
    containers = tuple(
        _container(service, needs, opts, spec, number, mounts, written, _port_args(publish, ports))
        for number in range(1, spec.count + 1)
    )
    return Running(containers, _gate(service, needs, spec, containers), ports)


def _gate(service: Contained, needs: Needs, spec: Spec, containers: tuple[docker.Container, ...]) -> Ready | None:
    """A gate of the service's own where something waits for it or follows its health; else the stack's last gate
    looks after it, for a gate costs every update the time that its resource takes."""
    if spec.health is None or not containers:
        return None
    check = Check(service.name, [one.id for one in containers], spec.health)
    if not needs.awaited and spec.then is None:
        docker_target(needs).last_checks.append(check)
        return None
    return Ready(
        f"{service.name}-ready", [check],
        needs.child(
            depends_on=list(containers), aliases=[pulumi.Alias(name=f"{old}-ready") for old in service.formerly]
        ),
        spec.then, list(spec.watched),
    )  # fmt: skip


def _port_args(publish: Sequence[Publish], ports: Ports) -> list[docker.ContainerPortArgs]:
    return [
        docker.ContainerPortArgs(internal=one.container, external=ports[one.container], ip=one.bind, protocol="tcp")
        for one in publish
    ]


def _mount(mount: Mount, target: DockerTarget) -> docker.ContainerMountArgs:
    source = mount.source
    if isinstance(source, FileVolume) and source.bind is None:
        name = target.volume(source).name
        return docker.ContainerMountArgs(target=mount.target, source=name, type="volume", read_only=mount.read_only)
    path = target.root / (source.bind or "" if isinstance(source, FileVolume) else source)
    return docker.ContainerMountArgs(
        target=mount.target, source=str(path.resolve()), type="bind", read_only=mount.read_only
    )


class Written(pulumi.ComponentResource):
    """A small volume, the files in it, and the folder that it is mounted at; `version` changes with the files."""

    def __init__(self, name: str, folder: str, opts: pulumi.ResourceOptions) -> None:
        super().__init__("strata:docker:Files", name, None, opts)
        self.folder = folder
        self.volume: pulumi.Input[str] = ""
        self.version: pulumi.Input[str] = ""


Content = Callable[[docker.Volume, pulumi.ResourceOptions], tuple[pulumi.CustomResource, pulumi.Input[str]]]
"""Makes what fills a volume, and says its version."""


def filled(name: str, folder: str, physical: str, needs: Needs, content: Content) -> Written:
    """A small volume with `content`, for a container to mount at `folder`; `physical` is its name in this stack."""
    target = docker_target(needs)
    made = Written(name, folder, needs.child())
    volume = docker.Volume(
        f"{name}-volume",
        name=target.names.of(physical),
        labels=[docker.VolumeLabelArgs(label=daemon.STACK_LABEL, value=target.names.owner)],
        opts=pulumi.ResourceOptions(parent=made, hooks=target.found().hooks.volume),
    )
    files, made.version = content(volume, pulumi.ResourceOptions(parent=made))
    made.volume = volume.name
    made.register_outputs({"volume": pulumi.Output.all(volume.name, files.id).apply(lambda both: both[0])})
    return made


def _files_volume(service: Contained, needs: Needs, spec: Spec, folder: str, files: Sequence[File]) -> Written:
    part = folder.strip("/").replace("/", "-") or "root"
    name = f"{service.name}-files-{part}"

    def write(volume: docker.Volume, opts: pulumi.ResourceOptions) -> tuple[Files, pulumi.Output[str]]:
        owner = docker_target(needs).names.owner
        written = Files(f"{name}-content", files, volume.name, spec.image, owner, opts)
        return written, written.version

    return filled(name, folder, f"{service.first_name}-files-{part}", needs, write)


def _container(
    service: Contained,
    needs: Needs,
    opts: pulumi.ResourceOptions,
    spec: Spec,
    number: int,
    mounts: list[docker.ContainerMountArgs],
    written: Sequence[Written],
    ports: list[docker.ContainerPortArgs],
) -> docker.Container:
    target = docker_target(needs)
    foundation = target.found()
    suffix = "" if number == 1 else f"-{number}"
    labels: dict[str, pulumi.Input[str]] = {
        daemon.STACK_LABEL: target.names.owner, daemon.SERVICE_LABEL: service.name,
    }  # fmt: skip
    if written:
        # What is written into a volume again would otherwise not reach a container that runs.
        labels[daemon.FILES_LABEL] = pulumi.Output.all(*(one.version for one in written)).apply(_joined)
    health = spec.health
    return docker.Container(
        f"{service.name}-container{suffix}",
        name=target.names.of(service.name) + suffix.replace("-", "_"),
        image=spec.image,
        entrypoints=list(spec.entrypoint) if spec.entrypoint else None,
        command=list(spec.command) if spec.command else None,
        envs=_env(spec.environment),
        uploads=uploads(spec.files) if spec.files and not spec.read_only else None,
        mounts=mounts or None,
        ports=ports or None,
        networks_advanced=[docker.ContainerNetworksAdvancedArgs(name=foundation.network.name, aliases=[service.name])],
        healthcheck=docker.ContainerHealthcheckArgs(
            tests=check_command(health, spec.port),
            interval=go_duration(health.interval),
            timeout=go_duration(health.timeout),
            retries=health.retries,
            start_period=go_duration(health.start_period),
        )
        if health
        else None,
        labels=[docker.ContainerLabelArgs(label=key, value=value) for key, value in labels.items()],
        log_driver="json-file",
        log_opts={"max-size": str(memory_bytes(service.logs.size)), "max-file": str(service.logs.files)},
        cpus=f"{service.cpus:g}" if service.cpus else None,
        memory=_megabytes(service.memory),
        # The daemon's own default, spelled out: left to it, every preview would see a difference.
        memory_swap=2 * (_megabytes(service.memory) or 0) or None,
        memory_reservation=_megabytes(service.memory_reserved),
        user=spec.user,
        read_only=spec.read_only or None,
        tmpfs={"/tmp": "rw,nosuid,nodev"} if spec.read_only else None,
        restart=service.restart,
        destroy_grace_seconds=spec.grace,
        must_run=True,
        opts=pulumi.ResourceOptions.merge(
            opts,
            pulumi.ResourceOptions(
                hooks=foundation.hooks.container,
                delete_before_replace=True,
                replace_on_changes=list(REPLACING),
                depends_on=list(written),
                aliases=[pulumi.Alias(name=f"{old}-container{suffix}") for old in service.formerly],
            ),
        ),
    )


def _joined(parts: Sequence[str | None]) -> str:
    return ".".join(part or "" for part in parts)


def _env(environment: Mapping[str, pulumi.Input[str]]) -> list[pulumi.Input[str]]:
    return [
        f"{key}={value}" if isinstance(value, str) else pulumi.Output.concat(key, "=", value)
        for key, value in sorted(environment.items())
    ]


def _megabytes(text: str | None) -> int | None:
    return math.ceil(memory_bytes(text) / 1024**2) if text else None
