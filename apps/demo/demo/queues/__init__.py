"""The job queue: one protocol, carried by RabbitMQ or by Redis, whichever is bound."""

from dataclasses import dataclass
from typing import Literal, Protocol
from uuid import UUID

from demo.settings import Settings


class QueueUnavailable(Exception):
    """The broker does not answer; trying later may help."""


@dataclass(frozen=True)
class Delivery:
    """A job that has been handed to this worker, which owes the queue an `ack` or a `release`."""

    job_id: UUID
    queue: str
    redelivered: bool
    """Another worker had it before and is gone."""
    tag: object
    """What the queue itself needs to recognise the delivery."""


class JobQueue(Protocol):
    """Carries job ids to workers, each at least once, urgent queues first.

    Every method raises `QueueUnavailable` while the broker is away, and connects again on the next call.
    """

    @property
    def kind(self) -> Literal["rabbitmq", "redis"]: ...

    async def send(self, queue: str, job_id: UUID) -> None:
        """Put a job at the end of a queue; returns once the broker has it."""
        ...

    async def receive(self, wait: float) -> Delivery | None:
        """The next job of the most urgent queue that has one, or None after about `wait` seconds."""
        ...

    async def ack(self, delivery: Delivery) -> None:
        """The job has ended: forget it."""
        ...

    async def release(self, delivery: Delivery) -> None:
        """The job has not ended: let another worker have it, before the others."""
        ...

    async def depth(self, queue: str) -> int:
        """How many jobs wait in a queue, not counting those in work."""
        ...

    async def recover(self) -> int:
        """Return the jobs of dead workers to their queues, and say how many there were."""
        ...

    async def ping(self) -> None:
        """Raise `QueueUnavailable` unless the broker answers."""
        ...

    async def close(self) -> None:
        """Disconnect."""
        ...


def make_queue(settings: Settings) -> JobQueue | None:
    """The queue of the bound broker, not connected yet, or None when no broker is bound."""
    if settings.amqp_url:
        from demo.queues.rabbit import RabbitQueue

        return RabbitQueue(settings.amqp_url, settings.queues)
    if settings.redis_url:
        from demo.queues.redis_lists import RedisQueue

        return RedisQueue(settings.redis_url, settings.queues)
    return None
