"""Where a rehearsal runs: a network of its own with MiniStack and a registry in it, and whatever MiniStack starts."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docker.errors import APIError, BuildError, NotFound

from components.targets.local_daemon import client
from rehearsal.registry import IMAGE as REGISTRY_IMAGE
from rehearsal.registry import LABEL, answers

HERE = Path(__file__).resolve().parent
IMAGE = "strata/rehearsal-aws"
PORT, REGISTRY_PORT, RELAY_PORT = 4566, 5000, 8080
SOCKET = "/var/run/docker.sock"
PATIENCE = 60.0
INSIDE = "aws"
"""The emulator's name in the rehearsal's network."""


class CannotRehearse(Exception):
    """The place of a rehearsal cannot be made; the message says why, and what to do."""


@dataclass(frozen=True)
class Place:
    """A running emulated AWS. `owner` is `<project>/<stack>`, `endpoint` its address on this machine."""

    owner: str
    endpoint: str
    registry: str

    @property
    def network(self) -> str:
        """Docker's name of its network."""
        return f"{self.owner.replace('/', '_')}_aws"


def begin(owner: str, region: str, endpoint: str, registry: str) -> Place:
    """Start what is not running yet: the network, the registry and MiniStack. Raises CannotRehearse."""
    place = Place(owner, endpoint, registry)
    docker, label = client(), {LABEL: owner}
    try:
        image = built(docker)
        if not docker.networks.list(filters={"label": f"{LABEL}={owner}"}):
            docker.networks.create(place.network, labels=label)
        published = {f"{REGISTRY_PORT}/tcp": _published(registry)}
        _run(docker, f"{place.network}-registry", REGISTRY_IMAGE, label, ports=published)
        _run(
            docker, f"{place.network}-server", image, label, network=place.network, alias=INSIDE,
            ports={f"{PORT}/tcp": _published(endpoint)}, volumes=[f"{SOCKET}:{SOCKET}"],
            environment={
                "DOCKER_NETWORK": place.network, "MINISTACK_HOST": INSIDE, "MINISTACK_REGION": region,
                "STRATA_REHEARSAL": owner,
            },
        )  # fmt: skip
    except (APIError, BuildError) as wrong:
        raise CannotRehearse(
            f"the emulated AWS does not start: {getattr(wrong, 'explanation', None) or wrong}"
        ) from None
    try:
        answers(f"http://{_host(registry)}/v2/", PATIENCE)
        answers(f"{endpoint}/_ministack/health", PATIENCE)
    except TimeoutError as silent:
        raise CannotRehearse(str(silent)) from None
    return place


def built(docker: Any) -> str:
    """The emulator's image, made of its lock and what is played; the daemon's cache makes it once for each content."""
    folder = HERE / "ministack"
    docker.images.build(path=str(folder), tag=f"{IMAGE}:latest", rm=True)
    return f"{IMAGE}:latest"


def _host(address: str) -> str:
    return address.rpartition("//")[2].rstrip("/")


def _published(address: str) -> tuple[str, int]:
    host, _, port = _host(address).rpartition(":")
    return host, int(port)


def _run(
    docker: Any, name: str, image: str, label: dict[str, str], *, network: str | None = None, alias: str = "",
    **given: Any,
) -> None:  # fmt: skip
    try:
        found = docker.containers.get(name)
        if found.status == "running":
            return
        # What an emulator held in memory is gone with its process.
        found.remove(force=True, v=True)
    except NotFound:
        pass
    if network:
        given["network"] = network
        given["networking_config"] = {network: docker.api.create_endpoint_config(aliases=[alias])}
    docker.containers.run(image, detach=True, name=name, labels=label, **given)


def relay(place: Place, host: str, port: int) -> str:
    """The `host:port` on loopback that leads to a name in the rehearsal's network. Raises TimeoutError when nobody
    answers there."""
    # The server's own image: another checkout may have given the tag to another one since.
    image = client().containers.get(f"{place.network}-server").image
    made = client().containers.run(
        image.id, ["python", "-m", "played.relay", host, str(port)], detach=True, network=place.network,
        labels={LABEL: place.owner}, ports={f"{RELAY_PORT}/tcp": ("127.0.0.1", None)},
        name=f"{place.network}-relay-{host.partition('.')[0]}",
    )  # fmt: skip
    made.reload()
    [published, *_] = made.attrs["NetworkSettings"]["Ports"][f"{RELAY_PORT}/tcp"]
    return f"{published['HostIp']}:{published['HostPort']}"


def left(owner: str) -> dict[str, list[str]]:
    """Everything that Docker has of a rehearsal, by what it is."""
    docker, label = client(), {"label": f"{LABEL}={owner}"}
    return {
        "containers": sorted(one.name for one in docker.containers.list(all=True, filters=label)),
        "volumes": sorted(one.name for one in docker.volumes.list(filters=label)),
        "networks": sorted(one.name for one in docker.networks.list(filters=label)),
        "images": sorted(tag for one in docker.images.list(filters=label) for tag in one.tags),
    }


def running_of(owner: str) -> list[str]:
    """The names of a rehearsal's running containers."""
    return sorted(one.name for one in client().containers.list(filters={"label": f"{LABEL}={owner}"}))


def end(owner: str) -> None:
    """Remove everything of a rehearsal: the emulator first, which would start tasks anew."""
    docker, label = client(), {"label": f"{LABEL}={owner}"}
    found = docker.containers.list(all=True, filters=label)
    for container in sorted(found, key=lambda one: not one.name.endswith("-server")):
        with contextlib.suppress(NotFound):
            container.remove(force=True, v=True)
    for volume in docker.volumes.list(filters=label):
        volume.remove(force=True)
    for network in docker.networks.list(filters=label):
        network.remove()
    for image in docker.images.list(filters=label):
        docker.images.remove(image.id, force=True)


def tasks(place: Place, service: str) -> list[Any]:
    """The running containers of a service's tasks, the oldest first."""
    found = client().containers.list(filters={"label": [f"{LABEL}={place.owner}", f"{CONTAINER}={service}"]})
    return sorted(found, key=lambda one: one.attrs["Created"])


def databases(place: Place) -> list[Any]:
    """The running containers of RDS's databases."""
    return list(client().containers.list(filters={"label": [f"{LABEL}={place.owner}", DATABASE]}))


DATABASE = "ministack=rds"
CONTAINER = "com.amazonaws.ecs.container-name"


def ask_inside(place: Place, url: str) -> str:
    """GET a URL from inside the rehearsal's network. Raises CannotRehearse when it is not answered well."""
    code = f"import urllib.request as u; print(u.urlopen({url!r}, timeout=10).read().decode())"
    done = client().containers.get(f"{place.network}-server").exec_run(["python", "-c", code])
    if done.exit_code != 0:
        raise CannotRehearse(f"{url}: {done.output.decode(errors='replace').strip().splitlines()[-1]}")
    return str(done.output.decode())


def not_started(place: Place) -> list[str]:
    """What the emulator could not start behind a data service, in its own words: it says so in its log alone, and
    gives the address of a server that is not there."""
    log: bytes = client().containers.get(f"{place.network}-server").logs()
    return failures(log.decode(errors="replace"))


def failures(log: str) -> list[str]:
    """The lines of MiniStack's log (1.5) that say so, without their time and logger."""
    found = [line for line in log.splitlines() if "Docker failed for" in line]
    return [line.partition("] ")[2] or line for line in found]


def environment(container: Any) -> dict[str, str]:
    """A container's environment."""
    return dict(one.split("=", 1) for one in container.attrs["Config"]["Env"])
