"""A service of a resolved system in a few words."""

from __future__ import annotations

from collections.abc import Iterator

from components.model.binding import Binding
from components.model.container import Contained, Publish
from components.model.described import Described
from components.model.gateway import Gateway
from components.model.graph import referred
from components.model.image import Build
from components.model.object_store import ObjectStore
from components.model.rabbitmq import RabbitMQ
from components.model.schedule import Schedule
from components.model.service import Scale, Service, Workload
from components.model.volume import FileVolume, Mount


def image_and_details(service: Described) -> tuple[str, list[str]]:
    """Its image or version, and what else there is to say."""
    return _image(service), [*_details(service)]


def _image(service: Described) -> str:
    image: Build | str | None = getattr(service, "image", None)
    if isinstance(image, Build):
        return f"built from {image.context}"
    return image or str(getattr(service, "version", ""))


def _details(service: Described) -> Iterator[str]:
    if isinstance(service, Contained):
        yield from _size(service)
        yield from _ports(service)
    if isinstance(service, RabbitMQ) and service.queues:
        yield f"queues {', '.join(service.queues)}"
    if isinstance(service, ObjectStore) and service.buckets:
        names = [f"{bucket.name} (public)" if bucket.public else bucket.name for bucket in service.buckets]
        yield f"buckets {', '.join(names)}"
    if isinstance(service, Gateway):
        yield f"routes {', '.join(f'{path} to {to.name}' for path, to in service.routes.items())}"
        if service.rate:
            yield f"{service.rate} requests a minute and client"
    if isinstance(service, Schedule):
        yield f"at {service.cron} {service.timezone}, overlap {service.overlap}"
    if isinstance(service, Workload):
        yield from _order(service)
    yield from _volumes(service)


def _size(service: Contained) -> Iterator[str]:
    if isinstance(service, Service):
        if service.scale:
            yield f"{service.scale.min} to {service.scale.max} replicas{_reason(service.scale)}"
        elif service.replicas != 1:
            yield f"{service.replicas} replicas"
        if service.singleton:
            yield "never twice"
    if service.variant:
        yield f"variant {service.variant}"
    if service.cpus:
        yield f"{service.cpus:g} cpus"
    if service.memory:
        yield f"memory {service.memory}"


def _reason(scale: Scale) -> str:
    by = [f"{name} {value}" for name in ("cpu", "memory", "requests") if (value := getattr(scale, name))]
    if scale.queue:
        by.append(f"{scale.length} messages in {scale.queue.name}")
    return f" by {' or '.join(by)}" if by else ""


def _ports(service: Contained) -> Iterator[str]:
    port: int | None = getattr(service, "port", None)
    if isinstance(service, Gateway):
        yield f"host port {service.port}"
    elif port:
        yield f"port {port}"
    hosts = [_host(one) for one in service.published()]
    if hosts:
        yield f"host port{'s' if len(hosts) > 1 else ''} {', '.join(hosts)}"


def _host(one: Publish) -> str:
    """A published port; the address is only worth a word where others than this machine reach it."""
    address = "" if one.bind == "127.0.0.1" else f"{one.bind}:"
    return f"{address}{one.host}" + ("" if one.host == one.container else f" to {one.container}")


def _order(service: Workload) -> Iterator[str]:
    needs = [
        f"{need.service.name} as {need.prefix}" if isinstance(need, Binding) else need.name for need in service.needs
    ]
    if needs:
        yield f"needs {', '.join(needs)}"
    if service.after:
        yield f"after {', '.join(f'{one.service.name} {one.state}' for one in service.after)}"


def _volumes(service: Described) -> Iterator[str]:
    mounts = list(service.volumes) if isinstance(service, Workload) else []
    mounted = [_mounted(mount) for mount in mounts]
    inside = {id(mount.source) for mount in mounts}
    own = [
        f"{found.bind or found.name} ({found.backup})"
        for found in referred(service)
        if isinstance(found, FileVolume) and id(found) not in inside and not isinstance(service, Workload)
    ]
    if isinstance(service, FileVolume):
        own.append(f"{service.bind or service.name} ({service.backup})")
    if own or mounted:
        yield f"volume{'s' if len(own + mounted) > 1 else ''} {', '.join(own + mounted)}"


def _mounted(mount: Mount) -> str:
    source = mount.source.name if isinstance(mount.source, FileVolume) else mount.source
    return f"{source} at {mount.target}{' (read-only)' if mount.read_only else ''}"
