"""RabbitMQ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY
from typing import Annotated, Any, ClassVar

from pydantic import Field

from components.model.binding import Bindable
from components.model.container import Contained
from components.model.described import Part, Seq, description
from components.model.health import Health, Tcp
from components.model.image import ImageName
from components.model.problems import DescriptionError, Problem, nearest
from components.model.secret import Secret, password_of
from components.model.text import matching
from components.model.volume import FileVolume, volume_of

QueueName = Annotated[
    str, matching(r"^[A-Za-z0-9_.:-]{1,80}$", "a queue's name of at most 80 letters, digits, '_', '.', ':' and '-'")
]
User = Annotated[
    str,
    matching(
        r"^[a-z][a-z0-9_]{0,31}$",
        "a name of at most 32 lower-case letters, digits and '_' that begins with a letter",
    ),
]


def _password(data: dict[str, Any]) -> Secret:
    return password_of(data, "rabbitmq")


def _volume(data: dict[str, Any]) -> FileVolume:
    return volume_of(data, "rabbitmq", "important")


@description
class RabbitMQ(Bindable, Contained):
    """A RabbitMQ broker; its queues are durable and made by the applications that use them.

    `version` is the image's tag without `-management` (default `4`); `management` adds the management page on port
    15672 (default on).

    Whoever needs it gets AMQP_URL, AMQP_HOST, AMQP_PORT, AMQP_USER, AMQP_PASSWORD and AMQP_QUEUES.
    """

    _: KW_ONLY
    version: Annotated[str, matching(r"^\d+(\.\d+)*$", "a version such as '4' or '4.1'")] = "4"
    user: User = "app"
    password: Secret = Field(default_factory=_password)
    management: bool = True
    queues: Seq[QueueName] = ()
    image: ImageName | None = None
    volume: FileVolume = Field(default_factory=_volume)
    health: Health = Tcp(port=5672, interval="2s", timeout="5s", retries=60)

    TIER: ClassVar[str] = "data"
    PORT: ClassVar[int] = 5672
    MANAGEMENT_PORT: ClassVar[int] = 15672

    def queue(self, name: str) -> Queue:
        """A reference to one of its queues, for Scale. Raises DescriptionError when it declares none of that name."""
        if name not in self.queues:
            text = f"given {name!r}; the broker declares no such queue{nearest(name, self.queues)}"
            raise DescriptionError([Problem(f"{self.name} (RabbitMQ)", "queue", text)])
        return Queue(self, name)

    def binding(self) -> Mapping[str, str]:
        return {
            "AMQP_URL": "{scheme}://{user}:{password}@{host}:{port}/",
            "AMQP_HOST": "{host}",
            "AMQP_PORT": "{port}",
            "AMQP_USER": "{user}",
            "AMQP_PASSWORD": "{password}",
            "AMQP_QUEUES": ",".join(self.queues),
        }


@description
class Queue(Part):
    """One queue of a broker."""

    broker: RabbitMQ
    name: QueueName
