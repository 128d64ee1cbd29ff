"""Services: what runs all the time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from components.model.binding import Bindable, Binding, Condition
from components.model.container import Contained
from components.model.described import Described, Map, Part, Seq, description
from components.model.health import Health, Tcp
from components.model.image import Build, ImageName, is_secret_key
from components.model.object_store import env_name
from components.model.rabbitmq import Queue
from components.model.secret import Secret
from components.model.text import matching
from components.model.units import Port
from components.model.volume import Mount, Reload

User = Annotated[
    str,
    matching(r"^[A-Za-z0-9_-]+(:[A-Za-z0-9_-]+)?$", "a user, or a user and a group, such as 'app' or '1000:1000'"),
]


@description
class Scale(Part):
    """How many replicas: between `min` and `max`, by `cpu` or `memory` (per cent), `requests` (a second and replica)
    or `length` messages of a `queue` for each replica. Docker runs `min`."""

    _: KW_ONLY
    min: Annotated[int, Field(ge=1, le=1000)] = 1
    max: Annotated[int, Field(ge=1, le=1000)]
    cpu: Annotated[int, Field(ge=10, le=95)] | None = None
    memory: Annotated[int, Field(ge=10, le=95)] | None = None
    requests: Annotated[int, Field(ge=1)] | None = None
    queue: Queue | None = None
    length: Annotated[int, Field(ge=1)] | None = None

    def contradictions(self) -> Iterable[tuple[str, str]]:
        if self.max < self.min:
            yield "max", f"given {self.max}; allowed is at least min, {self.min}"
        if (self.queue is None) != (self.length is None):
            yield "length", "queue and length belong together; give both or neither"
        if self.max > self.min and not (self.cpu or self.memory or self.requests or self.queue):
            yield "max", f"given {self.max} with nothing to scale by; give cpu, memory, requests or queue and length"


@description
class Workload(Contained):
    """What Service, Task and DevTool share: an image, its command, what it needs and what it is given.

    `image` is a Build or an image in a registry; `command` replaces the image's own, a string is split into words.
    `needs` are the services whose connection facts go into its environment; it starts once they are healthy (those
    without a health check: started). `after` adds conditions or changes that of a need. `environment` holds plain
    values; `secrets` maps environment keys to Secrets, given as environment or, with `secrets_as="files"`, as files in
    /run/secrets named by `<KEY>_FILE`. `user` and `read_only` (root file system; /tmp stays writable) harden it.
    """

    _: KW_ONLY
    image: Build | ImageName
    command: str | Seq[str] | None = None
    needs: Seq[Described | Binding] = ()
    after: Seq[Condition] = ()
    environment: Map[str] = Field(default_factory=dict[str, str])
    secrets: Map[Secret] = Field(default_factory=dict[str, Secret])
    secrets_as: Literal["environment", "files"] = "environment"
    volumes: Seq[Mount] = ()
    user: User | None = None
    read_only: bool = False

    def contradictions(self) -> Iterable[tuple[str, str]]:
        yield from Contained.contradictions(self)
        for key in self.environment:
            if not key.replace("_", "a").isalnum() or key[:1].isdigit():
                yield "environment", f"given the key {key!r}; allowed are letters, digits and '_'"
            if is_secret_key(key) and not key.endswith("_FILE"):
                yield "environment", f"{key!r} is a secret by its name; give it by secrets={{{key!r}: Secret(...)}}"
        for key in sorted(set(self.environment) & set(self.secrets)):
            yield "secrets", f"{key!r} is also under environment; give it once"
        targets = [mount.target for mount in self.volumes]
        for target in sorted({target for target in targets if targets.count(target) > 1}):
            yield "volumes", f"{target!r} is mounted {targets.count(target)} times; one source fits a path"

    def bindings(self) -> tuple[tuple[Described, Mapping[str, str]], ...]:
        """Each needed service with the environment keys that it hands over and their templates."""
        return tuple(
            (need.service, need.keys()) if isinstance(need, Binding) else (need, need.binding()) for need in self.needs
        )


@description
class Service(Bindable, Workload):
    """A program that runs all the time.

    `port` is where it listens in its container; `health` says when it is up; `replicas` or `scale` how many run;
    `singleton` that it must never run twice, not even during an update; `metrics` the path Prometheus scrapes, on
    `metrics_port` where that is not `port`; `reload` mounts its source in development; `stop_seconds` how long it may
    take to end.

    Whoever needs it gets <NAME>_URL, <NAME>_HOST and <NAME>_PORT.
    """

    _: KW_ONLY
    port: Port | None = None
    health: Health | None = None
    replicas: Annotated[int, Field(ge=0, le=1000)] = 1
    scale: Scale | None = None
    singleton: bool = False
    metrics: Annotated[str, matching(r"^/\S*$", "a path that begins with '/' and has no blanks")] | None = None
    metrics_port: Port | None = None
    reload: Mount | Reload | None = None
    stop_seconds: Annotated[int, Field(ge=0, le=120)] = 10

    TIER: ClassVar[str] = "app"

    def contradictions(self) -> Iterable[tuple[str, str]]:
        yield from Workload.contradictions(self)
        if self.scale is not None and self.replicas != 1:
            yield "replicas", f"given {self.replicas} with scale=; the number comes from scale"
        if self.singleton and (self.scale is not None or self.replicas > 1):
            given = "scale=" if self.scale else f"replicas={self.replicas}"
            yield "singleton", f"given {given}; a singleton runs once, leave it out"
        if self.health is not None and self.port is None and not getattr(self.health, "command", None):
            port = getattr(self.health, "port", None)
            if port is None:
                kind = "Tcp" if isinstance(self.health, Tcp) else "Http"
                yield "health", f"{kind} has no port to ask; give the service a port or the check one"
        if self.metrics is not None and self.port is None and self.metrics_port is None:
            yield "metrics", "there is no port to scrape; give port or metrics_port"
        if self.count > 1 and self.publish:
            yield "publish", f"given with {self.count} replicas; a host port fits one, put a Gateway in front"

    @property
    def count(self) -> int:
        """How many containers run to begin with: `replicas`, or the minimum of `scale`."""
        return self.scale.min if self.scale else self.replicas

    def binding(self) -> Mapping[str, str]:
        prefix = env_name(self.name)
        if self.port is None:
            return {f"{prefix}_HOST": "{host}"}
        return {f"{prefix}_URL": "http://{host}:{port}", f"{prefix}_HOST": "{host}", f"{prefix}_PORT": "{port}"}
