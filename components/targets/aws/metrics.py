"""How CloudWatch measures what the alerts of the model ask for. Makes no resources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import pulumi

from components.model.alerts import LEAST_REQUESTS, Alert, Measure

Value = pulumi.Input[str]
Missing = Literal["breaching", "notBreaching", "missing"]
MINUTE, FIVE_MINUTES = 60, 300
MEMORY: Mapping[str, int] = {"micro": 1, "small": 2, "medium": 4, "large": 8, "xlarge": 16}
"""GiB of an RDS instance by its size; those of classes r and x have twice as much, `Nxlarge` N times."""
BYTES_A_CONNECTION = 9531392
"""RDS allows one connection for each such part of the memory that its own programs leave."""
USABLE = 0.75
"""Part of an instance's memory that RDS counts: the smallest has the least, so no larger one is overestimated."""


@dataclass(frozen=True)
class Metric:
    """One metric of CloudWatch's and how its values of a period become one (`stat`: Average, Sum, p95)."""

    namespace: str
    name: str
    dimensions: Mapping[str, Value]
    stat: str = "Average"


@dataclass(frozen=True)
class Reading:
    """`metrics` by the ids that `expression` combines them by; without one there is a single metric.

    `period` is in seconds; `missing` what it means that there is no value; a threshold is multiplied by `scale`.
    """

    metrics: Mapping[str, Metric]
    expression: str | None = None
    period: int = MINUTE
    missing: Missing = "missing"
    scale: float = 1


@dataclass(frozen=True)
class Places:
    """What the metrics of a stack are told apart by: for each kind of resource, service names to identifiers.

    `services` are those that ECS runs, `least` how many tasks each has at least where Container Insights is off and
    says nothing of it; `connections` how many a database allows; `caches` the nodes of each; `not_started` the queue of
    each schedule that keeps starts which failed.
    """

    cluster: Value
    services: frozenset[str] = frozenset()
    balancer: Value | None = None
    targets: Mapping[str, Value] = field(default_factory=dict[str, Value])
    databases: Mapping[str, Value] = field(default_factory=dict[str, Value])
    connections: Mapping[str, int] = field(default_factory=dict[str, int])
    caches: Mapping[str, Sequence[Value]] = field(default_factory=dict[str, Sequence[Value]])
    brokers: Mapping[str, Value] = field(default_factory=dict[str, Value])
    least: Mapping[str, int] = field(default_factory=dict[str, int])
    not_started: Mapping[str, Value] = field(default_factory=dict[str, Value])


def reading(alert: Alert, places: Places) -> Reading | None:
    """How an alert's measure is read; None where nothing measures it: the service is realized in a way that has no
    such metric, or AWS itself sees to it."""
    name = alert.service.name
    match alert.measure:
        case Measure.SERVICE_CPU | Measure.SERVICE_MEMORY | Measure.RUNNING_BELOW_DESIRED if name in places.services:
            return _ecs(alert.measure, name, places)
        case Measure.HTTP_5XX_SHARE | Measure.LATENCY_P95 if name in places.targets and places.balancer is not None:
            return _behind(alert.measure, places.targets[name], places.balancer)
        case Measure.UNANSWERED if places.balancer is not None:
            errors = Metric("AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count", {"LoadBalancer": places.balancer}, "Sum")
            return Reading({"unanswered": errors}, None, FIVE_MINUTES, "notBreaching")
        case Measure.RUNS_NOT_STARTED if name in places.not_started:
            where = {"QueueName": places.not_started[name]}
            kept = Metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", where, "Maximum")
            return Reading({"kept": kept}, None, FIVE_MINUTES, "notBreaching")
        case Measure.DATABASE_CPU | Measure.DATABASE_STORAGE_LEFT | Measure.DATABASE_CONNECTIONS:
            return _database(alert.measure, name, places)
        case Measure.CACHE_MEMORY | Measure.CACHE_EVICTIONS:
            return _cache(alert.measure, name, places)
        case Measure.BROKER_MEMORY | Measure.QUEUE_LENGTH:
            return _broker(alert, places)
        case _:
            return None


def _one(namespace: str, name: str, dimensions: Mapping[str, Value]) -> Reading:
    return Reading({"value": Metric(namespace, name, dimensions)})


def _ecs(measure: Measure, name: str, places: Places) -> Reading:
    where = {"ClusterName": places.cluster, "ServiceName": name}
    if measure is not Measure.RUNNING_BELOW_DESIRED:
        memory = measure is Measure.SERVICE_MEMORY
        return _one("AWS/ECS", "MemoryUtilization" if memory else "CPUUtilization", where)
    if name in places.least:
        # Each task reports its CPU once a minute, so there are as many samples as tasks.
        running = {"running": Metric("AWS/ECS", "CPUUtilization", where, "SampleCount")}
        return Reading(running, f"{places.least[name]} - FILL(running, 0)", missing="breaching")
    metrics = {
        "desired": Metric("ECS/ContainerInsights", "DesiredTaskCount", where),
        "running": Metric("ECS/ContainerInsights", "RunningTaskCount", where),
    }
    # Container Insights says nothing of a service of which no task runs.
    return Reading(metrics, "desired - running", missing="breaching")


def _behind(measure: Measure, targets: Value, balancer: Value) -> Reading:
    where = {"LoadBalancer": balancer, "TargetGroup": targets}
    if measure is Measure.LATENCY_P95:
        latency = Metric("AWS/ApplicationELB", "TargetResponseTime", where, "p95")
        return Reading({"latency": latency}, None, FIVE_MINUTES, "notBreaching")
    metrics = {
        "errors": Metric("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", where, "Sum"),
        "requests": Metric("AWS/ApplicationELB", "RequestCount", where, "Sum"),
    }
    # ALB reports a count only where it is not zero.
    expression = f"IF(requests >= {LEAST_REQUESTS}, 100 * FILL(errors, 0) / requests, 0)"
    return Reading(metrics, expression, FIVE_MINUTES, "notBreaching")


def _database(measure: Measure, name: str, places: Places) -> Reading | None:
    if name not in places.databases:
        return _ecs(Measure.SERVICE_CPU, name, places) if _contained(measure, name, places) else None
    where = {"DBInstanceIdentifier": places.databases[name]}
    if measure is Measure.DATABASE_CONNECTIONS:
        metric = Metric("AWS/RDS", "DatabaseConnections", where)
        # CloudWatch counts connections, the alert is a share of those allowed.
        return Reading({"value": metric}, scale=places.connections[name] / 100)
    return _one("AWS/RDS", "CPUUtilization" if measure is Measure.DATABASE_CPU else "FreeStorageSpace", where)


def _cache(measure: Measure, name: str, places: Places) -> Reading | None:
    nodes = places.caches.get(name)
    if nodes is None:
        return _ecs(Measure.SERVICE_MEMORY, name, places) if _contained(measure, name, places) else None
    evictions = measure is Measure.CACHE_EVICTIONS
    metric, stat = ("Evictions", "Sum") if evictions else ("DatabaseMemoryUsagePercentage", "Average")
    metrics = {
        f"node{number}": Metric("AWS/ElastiCache", metric, {"CacheClusterId": node}, stat)
        for number, node in enumerate(nodes, start=1)
    }
    worst = f"MAX([{', '.join(metrics)}])" if len(metrics) > 1 else None
    return Reading(metrics, worst, missing="notBreaching" if evictions else "missing")


def _broker(alert: Alert, places: Places) -> Reading | None:
    name = alert.service.name
    if name not in places.brokers:
        return _ecs(Measure.SERVICE_MEMORY, name, places) if _contained(alert.measure, name, places) else None
    where: dict[str, Value] = {"Broker": places.brokers[name]}
    if alert.measure is Measure.QUEUE_LENGTH:
        queue = Metric("AWS/AmazonMQ", "MessageCount", {**where, "VirtualHost": "/", "Queue": alert.part})
        # A queue that its application has not made yet has no messages.
        return Reading({"messages": queue}, missing="notBreaching")
    metrics = {
        "used": Metric("AWS/AmazonMQ", "RabbitMQMemUsed", where),
        "allowed": Metric("AWS/AmazonMQ", "RabbitMQMemLimit", where),
    }
    return Reading(metrics, "100 * used / allowed")


def _contained(measure: Measure, name: str, places: Places) -> bool:
    """Whether a data service is a container and what ECS says of it means the same."""
    same = {Measure.DATABASE_CPU, Measure.CACHE_MEMORY, Measure.BROKER_MEMORY}
    return name in places.services and measure in same


def most_connections(instance_class: str, parameters: Mapping[str, str]) -> int:
    """How many connections an RDS database allows: as its parameters say, else by the memory of `db.t4g.small`; a size
    that is not known counts as the smallest."""
    given = parameters.get("max_connections", "")
    if given.isdigit():
        return int(given)
    family, _, size = instance_class.removeprefix("db.").partition(".")
    times = size.removesuffix("xlarge")
    gib = MEMORY["xlarge"] * int(times) if times.isdigit() else MEMORY.get(size, MEMORY["micro"])
    doubled = gib * 2 if family[:1] in ("r", "x") else gib
    return min(5000, int(doubled * 1024**3 * USABLE / BYTES_A_CONNECTION))
