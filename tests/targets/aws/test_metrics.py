"""How CloudWatch measures what each alert asks for."""

from __future__ import annotations

from typing import Any

import pytest

from components.model.alerts import Alert, Measure, alerts_of
from components.targets.aws.metrics import Metric, Places, Reading, most_connections, reading
from tests.targets.aws.stage import put
from tests.targets.aws.watched import EVERY
from tests.targets.docker.stage import system_of

PLACES = Places(
    "C", frozenset({"api", "worker"}), "app/edge/1", {"api": "targetgroup/api/1"}, {"db": "D"}, {"db": 200},
    {"cache": ["R-001", "R-002"]}, {"jobs": "B"}, not_started={"nightly": "Q"},
)  # fmt: skip


def ecs(metric: str, name: str, namespace: str = "AWS/ECS") -> Metric:
    return Metric(namespace, metric, {"ClusterName": "C", "ServiceName": name})


def alb(metric: str, stat: str, **more: str) -> Metric:
    return Metric("AWS/ApplicationELB", metric, {"LoadBalancer": "app/edge/1", **more}, stat)


def rds(metric: str, **more: Any) -> Reading:
    return Reading({"value": Metric("AWS/RDS", metric, {"DBInstanceIdentifier": "D"})}, **more)


def nodes(metric: str, stat: str) -> dict[str, Metric]:
    return {
        f"node{n}": Metric("AWS/ElastiCache", metric, {"CacheClusterId": f"R-00{n}"}, stat) for n in (1, 2)
    }  # fmt: skip


READINGS: dict[str, Reading | None] = {
    "nightly-not-started": Reading(
        {"kept": Metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", {"QueueName": "Q"}, "Maximum")}, None, 300,
        "notBreaching",
    ),
    "api-cpu": Reading({"value": ecs("CPUUtilization", "api")}),
    "api-memory": Reading({"value": ecs("MemoryUtilization", "api")}),
    "api-running": Reading(
        {
            "desired": ecs("DesiredTaskCount", "api", "ECS/ContainerInsights"),
            "running": ecs("RunningTaskCount", "api", "ECS/ContainerInsights"),
        },
        "desired - running", missing="breaching",
    ),
    "api-errors": Reading(
        {
            "errors": alb("HTTPCode_Target_5XX_Count", "Sum", TargetGroup="targetgroup/api/1"),
            "requests": alb("RequestCount", "Sum", TargetGroup="targetgroup/api/1"),
        },
        "IF(requests >= 20, 100 * FILL(errors, 0) / requests, 0)", 300, "notBreaching",
    ),
    "api-latency": Reading(
        {"latency": alb("TargetResponseTime", "p95", TargetGroup="targetgroup/api/1")}, None, 300, "notBreaching"
    ),
    "gateway-unanswered": Reading(
        {"unanswered": alb("HTTPCode_ELB_5XX_Count", "Sum")}, None, 300, "notBreaching"
    ),
    "db-cpu": rds("CPUUtilization"),
    "db-storage": rds("FreeStorageSpace"),
    "db-connections": rds("DatabaseConnections", scale=2.0),
    "cache-memory": Reading(nodes("DatabaseMemoryUsagePercentage", "Average"), "MAX([node1, node2])"),
    "cache-evictions": Reading(nodes("Evictions", "Sum"), "MAX([node1, node2])", missing="notBreaching"),
    "jobs-memory": Reading(
        {
            "used": Metric("AWS/AmazonMQ", "RabbitMQMemUsed", {"Broker": "B"}),
            "allowed": Metric("AWS/AmazonMQ", "RabbitMQMemLimit", {"Broker": "B"}),
        },
        "100 * used / allowed",
    ),
    "jobs.mail-length": Reading(
        {"messages": Metric("AWS/AmazonMQ", "MessageCount", {"Broker": "B", "VirtualHost": "/", "Queue": "mail"})},
        missing="notBreaching",
    ),
    "db-running": None, "cache-running": None, "jobs-running": None, "migrate-failed": None,
}  # fmt: skip


def alerts() -> dict[str, Alert]:
    return {alert.name: alert for alert in alerts_of(system_of(*EVERY))}


@pytest.mark.parametrize("name", READINGS)
def test_what_each_alert_is_measured_by(name: str) -> None:
    assert reading(alerts()[name], PLACES) == READINGS[name]


def test_those_are_all() -> None:
    assert {alert.measure for name, alert in alerts().items() if name in READINGS} == set(Measure)


def test_what_is_not_there_is_not_measured() -> None:
    """Data services in containers, no gateway: only what ECS itself says is left, where it means the same."""
    places = Places("C", frozenset({"db", "cache", "jobs"}))
    found = {name: made for name, alert in alerts().items() if (made := reading(alert, places))}
    assert sorted(found) == [
        "cache-memory", "cache-running", "db-cpu", "db-running", "jobs-memory", "jobs-running",
    ]  # fmt: skip
    assert found["cache-memory"] == Reading({"value": ecs("MemoryUtilization", "cache")})
    assert found["db-cpu"] == Reading({"value": ecs("CPUUtilization", "db")})
    assert found["jobs-memory"] == Reading({"value": ecs("MemoryUtilization", "jobs")})


@pytest.mark.parametrize(
    ("size", "parameters", "most"),
    [
        ("db.t4g.micro", {}, 84), ("db.t4g.small", {}, 168), ("db.m7g.large", {}, 675), ("db.r7g.large", {}, 1351),
        ("db.m7g.2xlarge", {}, 2703), ("db.m7g.16xlarge", {}, 5000), ("db.q1.unheard", {}, 84),
        ("db.t4g.micro", {"max_connections": "300"}, 300),
        ("db.t4g.micro", {"max_connections": "LEAST({DBInstanceClassMemory/9531392},5000)"}, 84),
    ],
)  # fmt: skip
def test_how_many_connections_a_database_allows(size: str, parameters: dict[str, str], most: int) -> None:
    assert most_connections(size, parameters) == most


def test_without_container_insights_tasks_are_counted_by_their_samples() -> None:
    places = Places("C", frozenset({"api"}), least={"api": 2})
    assert reading(alerts()["api-running"], places) == Reading(
        {
            "running": Metric(
                "AWS/ECS", "CPUUtilization", {"ClusterName": "C", "ServiceName": "api"}, "SampleCount"
            )
        },
        "2 - FILL(running, 0)", missing="breaching",
    )  # fmt: skip
    alarm = put(*EVERY, profile="frugal")["api-running-alarm"]
    assert alarm["metricQueries"][-1] == {"id": "result", "expression": "1 - FILL(running, 0)", "returnData": True}
