"""The alerts of a system: what is measured of which service, when that is wrong, and what a person then does.

One model for every target: a target renders an Alert in the terms of its own monitoring.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

from components.model.described import Described
from components.model.gateway import Gateway
from components.model.postgres import Postgres
from components.model.rabbitmq import RabbitMQ
from components.model.redis import Redis
from components.model.schedule import Schedule
from components.model.service import Service
from components.model.system import System
from components.model.task import Task

Severity = Literal["page", "warn"]
"""page: users notice, or soon will, so somebody looks at once; warn: somebody looks within a day."""


class Unit(StrEnum):
    """What a threshold counts."""

    PERCENT = "%"
    TASKS = "tasks"
    REQUESTS = "requests"
    SECONDS = "s"
    BYTES = "bytes"
    EVICTIONS = "keys a minute"
    MESSAGES = "messages"
    FAILURES = "failures"


class Measure(StrEnum):
    """What can be measured of a service, on any target."""

    SERVICE_CPU = "service cpu"
    SERVICE_MEMORY = "service memory"
    RUNNING_BELOW_DESIRED = "running below desired"
    HTTP_5XX_SHARE = "http 5xx share"
    LATENCY_P95 = "latency p95"
    UNANSWERED = "requests unanswered"
    DATABASE_CPU = "database cpu"
    DATABASE_STORAGE_LEFT = "database storage left"
    DATABASE_CONNECTIONS = "database connections"
    CACHE_MEMORY = "cache memory"
    CACHE_EVICTIONS = "cache evictions"
    BROKER_MEMORY = "broker memory"
    QUEUE_LENGTH = "queue length"
    TASK_FAILED = "task failed"
    RUNS_NOT_STARTED = "runs not started"


@dataclass(frozen=True)
class Alert:
    """`measure` of `service` (and of `part` of it, such as a queue) is above `threshold`, or with `below` under it,
    for `minutes`. `text` tells a person what that means and what to do. Names are unique in a system."""

    name: str
    severity: Severity
    measure: Measure
    service: Described
    threshold: float
    unit: Unit
    minutes: int
    text: str
    below: bool = False
    part: str = ""


LEAST_REQUESTS = 20
"""Requests in five minutes below which a share of failed ones says nothing: one of three is 33 %."""
STORAGE_LEFT = 1024**3
"""Bytes. Where storage grows by itself it does so long before; a database that has less stops soon."""
QUEUED = 1000
"""Messages in a queue that no Scale says anything about."""


def alerts_of(system: System) -> tuple[Alert, ...]:
    """The alerts of a resolved system, by the kinds of its services and in their order."""
    return tuple(alert for service in system.services() for alert in _of_kind(service)(service, system))


def _of_kind(service: Described) -> Callable[[Any, System], Iterator[Alert]]:
    return next((make for kind, make in _KINDS.items() if isinstance(service, kind)), _none)


def _none(service: Described, system: System) -> Iterator[Alert]:
    yield from ()


def _service(service: Service, system: System) -> Iterator[Alert]:
    name = service.name
    if service.count > 0:
        yield Alert(
            f"{name}-running", "page", Measure.RUNNING_BELOW_DESIRED, service, 0, Unit.TASKS, 10,
            f"Fewer tasks of {name} run than were asked for: they do not start, or end again and again. "
            "Read the last lines of its log; if a new version was just deployed, deploy the one before.",
        )  # fmt: skip
    yield Alert(
        f"{name}-cpu", "warn", Measure.SERVICE_CPU, service, 85, Unit.PERCENT, 15,
        f"{name} uses nearly all of its processors and gets slow. Raise its cpus or its replicas.",
    )  # fmt: skip
    yield Alert(
        f"{name}-memory", "warn", Measure.SERVICE_MEMORY, service, 90, Unit.PERCENT, 15,
        f"{name} uses nearly all of its memory and is stopped when it asks for more. "
        "Raise its memory; if it only ever grows, look for a leak.",
    )  # fmt: skip
    if any(one is service for one in _routed(system)):
        yield Alert(
            f"{name}-errors", "page", Measure.HTTP_5XX_SHARE, service, 5, Unit.PERCENT, 5,
            f"More than 5 % of the requests to {name} fail. Look for errors in its log and at what it needs; "
            "if a new version was just deployed, deploy the one before.",
        )  # fmt: skip
        yield Alert(
            f"{name}-latency", "warn", Measure.LATENCY_P95, service, 2, Unit.SECONDS, 15,
            f"One request to {name} in twenty takes longer than 2 seconds. "
            "Compare with its processors and with those of the database that it waits for.",
        )  # fmt: skip


def _routed(system: System) -> list[Service]:
    return list(system.gateway.routes.values()) if system.gateway else []


def _gateway(gateway: Gateway, system: System) -> Iterator[Alert]:
    yield _running(gateway)
    yield Alert(
        f"{gateway.name}-unanswered", "page", Measure.UNANSWERED, gateway, 10, Unit.REQUESTS, 5,
        "Requests reach the gateway and no service behind it answers. See which of them is not running or unhealthy.",
    )  # fmt: skip


def _running(service: Postgres | Redis | RabbitMQ | Gateway) -> Alert:
    return Alert(
        f"{service.name}-running", "page", Measure.RUNNING_BELOW_DESIRED, service, 0, Unit.TASKS, 5,
        f"{service.name} does not run, and nothing that needs it works. Read the last lines of its log.",
    )  # fmt: skip


def _postgres(database: Postgres, system: System) -> Iterator[Alert]:
    name = database.name
    yield _running(database)
    yield Alert(
        f"{name}-storage", "page", Measure.DATABASE_STORAGE_LEFT, database, STORAGE_LEFT, Unit.BYTES, 15,
        f"{name} is nearly full and refuses to write once it is. Give it more storage, or raise the limit that it "
        "grows to; see which table or which log grew.",
        below=True,
    )  # fmt: skip
    yield Alert(
        f"{name}-connections", "page", Measure.DATABASE_CONNECTIONS, database, 80, Unit.PERCENT, 10,
        f"{name} has nearly as many connections as it allows; the next clients are refused. "
        "See who holds them (pg_stat_activity); make the pools of its clients smaller, or the database larger.",
    )  # fmt: skip
    yield Alert(
        f"{name}-cpu", "warn", Measure.DATABASE_CPU, database, 85, Unit.PERCENT, 15,
        f"{name} uses nearly all of its processors. Look for slow queries in its log, then at a larger size.",
    )  # fmt: skip


def _redis(redis: Redis, system: System) -> Iterator[Alert]:
    name, evicts = redis.name, (redis.policy or "noeviction") != "noeviction"
    yield _running(redis)
    yield Alert(
        f"{name}-memory", "warn" if evicts else "page", Measure.CACHE_MEMORY, redis, 90, Unit.PERCENT, 10,
        f"{name} is nearly full; once it is, "
        + ("it drops keys that may still be needed. " if evicts else "it refuses to write. ")
        + "Raise its maxmemory, or let keys expire sooner.",
    )  # fmt: skip
    if evicts:
        yield Alert(
            f"{name}-evictions", "warn", Measure.CACHE_EVICTIONS, redis, 1000, Unit.EVICTIONS, 15,
            f"{name} drops keys all the time to make room, so what is asked for is often gone. Raise its maxmemory.",
        )  # fmt: skip


def _rabbitmq(broker: RabbitMQ, system: System) -> Iterator[Alert]:
    yield _running(broker)
    yield Alert(
        f"{broker.name}-memory", "page", Measure.BROKER_MEMORY, broker, 80, Unit.PERCENT, 10,
        f"{broker.name} is near the memory at which it stops taking messages. Empty the longest queue: start more of "
        "those who read it; then look at a larger size.",
    )  # fmt: skip
    for queue in broker.queues:
        allowed = _backlog(broker, queue, system)
        yield Alert(
            f"{broker.name}.{queue}-length", "warn", Measure.QUEUE_LENGTH, broker, allowed, Unit.MESSAGES, 15,
            f"The queue {queue} of {broker.name} is longer than its readers can keep up with. "
            "See whether they run and succeed; if they do, let more of them run.",
            part=queue,
        )  # fmt: skip


def _backlog(broker: RabbitMQ, queue: str, system: System) -> int:
    """The messages that are too many: more than the largest number of replicas is meant to have before it."""
    for service in system.app:
        scale = service.scale if isinstance(service, Service) else None
        if scale and scale.queue and scale.length and scale.queue.broker is broker and scale.queue.name == queue:
            return scale.length * scale.max
    return QUEUED


def _task(task: Task, system: System) -> Iterator[Alert]:
    yield Alert(
        f"{task.name}-failed", "warn", Measure.TASK_FAILED, task, 0, Unit.FAILURES, 1,
        f"The task {task.name} ended with an error. Read the last lines of its log; an update runs it again.",
    )  # fmt: skip


def _schedule(schedule: Schedule, system: System) -> Iterator[Alert]:
    name = schedule.name
    yield Alert(
        f"{name}-failed", "warn", Measure.TASK_FAILED, schedule, 0, Unit.FAILURES, 1,
        f"A run of {name} ended with an error. Read the last lines of its log; it runs again by its schedule.",
    )  # fmt: skip
    yield Alert(
        f"{name}-not-started", "page", Measure.RUNS_NOT_STARTED, schedule, 0, Unit.FAILURES, 5,
        f"{name} was due and could not be started, so what it does is not done. See why in the failed start that was "
        "kept; once it is mended, remove that.",
    )  # fmt: skip


_KINDS: dict[type[Described], Callable[[Any, System], Iterator[Alert]]] = {
    Service: _service, Gateway: _gateway, Postgres: _postgres, Redis: _redis, RabbitMQ: _rabbitmq, Task: _task,
    Schedule: _schedule,
}  # fmt: skip
