"""What only AWS knows of a kind: fields that `strata:services` may hold beside those of the kind. Pure.

Whatever is left out comes from the stack's profile.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from components.core.settings import StackSettings, Switch
from components.model.described import Described
from components.model.text import matching
from components.targets.aws.settings import Capacity

O = TypeVar("O", bound="Options")  # noqa: E741
Days = Annotated[int, Field(ge=0, le=35)]
DatabaseClass = Annotated[str, matching(r"^db\.[a-z0-9]+\.[a-z0-9]+$", "an RDS instance class, such as 'db.t4g.small'")]
NodeType = Annotated[
    str, matching(r"^cache\.[a-z0-9]+\.[a-z0-9]+$", "an ElastiCache node type, such as 'cache.t4g.micro'")
]
BrokerType = Annotated[
    str, matching(r"^mq\.[a-z0-9]+\.[a-z0-9]+$", "an Amazon MQ instance type, such as 'mq.m7g.medium'")
]


class Options(BaseModel):
    """The base of all options."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    OVERRIDABLE: ClassVar[tuple[str, ...]] = ()
    """What a stack that extends another may have of its own."""


class PlacedOptions(Options):
    """What a Service or a Task runs on."""

    capacity: Capacity | None = Field(
        default=None, description="fargate or ec2; by default what strata:aws.capacity says"
    )


class ServiceOptions(PlacedOptions):
    """How ECS runs a Service."""

    spot: Switch | None = Field(
        default=None, description="on Fargate Spot: cheaper, may be stopped with 2 minutes' notice"
    )
    exec: Switch = Field(default=False, description="ECS Exec: a shell in the running container")


class ScheduleOptions(PlacedOptions):
    """How EventBridge Scheduler and ECS run a Schedule."""

    spot: Switch = Field(default=False, description="on Fargate Spot: cheaper, a run may be stopped before its end")
    retries: Annotated[int, Field(ge=0, le=185)] = Field(
        default=3, description="how often a start that AWS refused is tried again; a run that failed is not"
    )
    retry_minutes: Annotated[int, Field(ge=1, le=1440)] = Field(
        default=15, description="minutes after which a start that is still refused is given up and told"
    )


class PostgresOptions(Options):
    """How RDS runs a Postgres."""

    instance_class: DatabaseClass | None = Field(default=None, description="the size: db.t4g.small")
    storage: Annotated[int, Field(ge=20, le=16384)] = Field(
        default=20, description="GiB to begin with; it grows by itself"
    )
    storage_limit: Annotated[int, Field(ge=20, le=65536)] = Field(
        default=100, description="GiB that it grows to at most"
    )
    multi_az: Switch | None = Field(default=None, description="a standby in another zone")
    backup_days: Days | None = Field(default=None, description="days that automatic backups are kept")
    read_replicas: Annotated[int, Field(ge=0, le=5)] = Field(default=0, description="read-only copies")
    uid: Annotated[int, Field(ge=1, le=65534)] | None = Field(
        default=None,
        description="variant container: the user `postgres` in its image, where that is not 999 (on Alpine 70)",
    )


class RedisOptions(Options):
    """How ElastiCache runs a Redis."""

    OVERRIDABLE: ClassVar[tuple[str, ...]] = ("tls",)

    tls: Switch = Field(
        default=True, description="encrypted on the way; off where an emulator's certificate is nobody's"
    )
    node_type: NodeType | None = Field(
        default=None, description="the size: cache.t4g.micro; by default the smallest that maxmemory fits"
    )
    nodes: Annotated[int, Field(ge=1, le=6)] | None = Field(default=None, description="one primary and its replicas")


class RabbitMQOptions(Options):
    """How Amazon MQ runs a RabbitMQ."""

    instance_type: BrokerType | None = Field(default=None, description="the size: mq.m7g.medium")
    mode: Literal["SINGLE_INSTANCE", "CLUSTER_MULTI_AZ"] | None = Field(
        default=None, description="one broker, or three"
    )


class ObjectStoreOptions(Options):
    """How S3 keeps an ObjectStore's buckets."""

    noncurrent_days: Annotated[int, Field(ge=1, le=3650)] = Field(
        default=30, description="days that overwritten and deleted objects can be brought back"
    )


class GatewayOptions(PlacedOptions):
    """How a Gateway that is a container speaks to the outside."""

    tls: Literal["self-signed", "off"] = Field(
        default="self-signed",
        description="variant container: HTTPS with a certificate that signs itself, or plain HTTP for a proxy of "
        "your own before it",
    )


OPTIONS: dict[str, type[Options]] = {
    "Service": ServiceOptions,
    "Task": PlacedOptions,
    "Gateway": GatewayOptions,
    "Prometheus": ServiceOptions,
    "Grafana": ServiceOptions,
    "Schedule": ScheduleOptions,
    "Postgres": PostgresOptions,
    "Redis": RedisOptions,
    "RabbitMQ": RabbitMQOptions,
    "ObjectStore": ObjectStoreOptions,
}
"""The options of a kind by its name."""


def options_of(service: Described, settings: StackSettings, kind: type[O]) -> O:
    """A service's options as the stack's settings say; they were validated when the stack was resolved."""
    given = settings.services.get(service.name, {})
    return kind(**{name: value for name, value in given.items() if name in kind.model_fields})
