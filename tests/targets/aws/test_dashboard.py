"""The dashboard: rows, graphs and lines, and that CloudWatch can read it."""

from __future__ import annotations

import json
import re
from typing import Any

from components.model.alerts import alerts_of
from components.targets.aws.dashboard import body
from components.targets.aws.metrics import Places, reading
from strata import Gateway, Postgres, RabbitMQ, Redis, Scale, Service
from tests.targets.aws.stage import REGION, put
from tests.targets.docker.stage import system_of

db = Postgres("db")
cache = Redis("cache", policy="allkeys-lru", maxmemory="64MB")
jobs = RabbitMQ("jobs", queues=["mail", "film"])
api = Service("api", image="a:1", port=80, needs=[db])
worker = Service("worker", image="a:1", scale=Scale(min=1, max=4, queue=jobs.queue("mail"), length=100))
EVERY = (db, cache, jobs, api, worker, Gateway(routes={"/": api}))
PLACES = Places(
    "C", frozenset({"api", "worker"}), "E", {"api": "T"}, {"db": "D"}, {"db": 200}, {"cache": ["R-001", "R-002"]},
    {"jobs": "B"},
)  # fmt: skip


def made(alarms: int = 0) -> list[dict[str, Any]]:
    shown = [(one, found) for one in alerts_of(system_of(*EVERY)) if (found := reading(one, PLACES))]
    return body(shown, [f"arn:{number}" for number in range(alarms)], "eu-central-1")["widgets"]


def graph(title: str) -> dict[str, Any]:
    (found,) = [one["properties"] for one in made() if one["properties"].get("title") == title]
    return found


def test_a_row_for_each_tier_and_a_graph_for_each_measure() -> None:
    shown = [(one["type"], one["properties"].get("markdown") or one["properties"]["title"]) for one in made()]
    assert shown == [
        ("text", "## app"), ("metric", "running below desired (tasks)"), ("metric", "service cpu (%)"),
        ("metric", "service memory (%)"), ("metric", "http 5xx share (%)"), ("metric", "latency p95 (s)"),
        ("metric", "requests unanswered (requests)"), ("text", "## data"), ("metric", "database storage left (bytes)"),
        ("metric", "database connections (count)"), ("metric", "database cpu (%)"), ("metric", "cache memory (%)"),
        ("metric", "cache evictions (keys a minute)"), ("metric", "broker memory (%)"),
        ("metric", "queue length (messages)"),
    ]  # fmt: skip


def test_a_line_for_each_service_and_one_where_its_alert_begins() -> None:
    cpu = graph("service cpu (%)")
    assert cpu["metrics"] == [
        [
            "AWS/ECS", "CPUUtilization", "ClusterName", "C", "ServiceName", name,
            {"stat": "Average", "id": f"s{number}value", "label": name, "visible": True},
        ]
        for number, name in enumerate(["api", "worker"], start=1)
    ]  # fmt: skip
    assert cpu["annotations"] == {"horizontal": [{"value": 85, "label": "alert"}]}
    assert (cpu["region"], cpu["period"], cpu["view"]) == ("eu-central-1", 60, "timeSeries")


def test_each_queue_has_its_own_line_and_limit() -> None:
    queues = graph("queue length (messages)")
    assert [line[-1]["label"] for line in queues["metrics"]] == ["jobs mail", "jobs film"]
    assert [one["value"] for one in queues["annotations"]["horizontal"]] == [400, 1000]
    assert graph("database connections (count)")["annotations"]["horizontal"][0]["value"] == 160


def test_an_expression_shows_its_result_alone() -> None:
    lines = graph("running below desired (tasks)")["metrics"]
    assert [line[0]["expression"] for line in lines if isinstance(line[0], dict)] == [
        "s1desired - s1running", "s2desired - s2running",
    ]  # fmt: skip
    assert [line[-1]["visible"] for line in lines if isinstance(line[0], str)] == [False] * 4


def test_ids_are_unique_and_expressions_use_only_those_of_their_graph() -> None:
    for widget in made():
        lines = widget["properties"].get("metrics") or []
        ids = [line[-1]["id"] for line in lines]
        assert len(set(ids)) == len(ids) and all(re.fullmatch(r"[a-z]\w*", one) for one in ids)
        for line in lines:
            assert set(re.findall(r"\bs\d\w*", line[-1].get("expression", ""))) <= set(ids)


def cells(widget: dict[str, Any]) -> set[tuple[int, int]]:
    x, y, width, height = (widget[key] for key in ("x", "y", "width", "height"))
    return {(column, row) for column in range(x, x + width) for row in range(y, y + height)}


def test_nothing_covers_anything_and_nothing_is_beside_the_grid() -> None:
    taken: set[tuple[int, int]] = set()
    for widget in made(30):
        own = cells(widget)
        assert not own & taken, widget["properties"]
        assert max(column for column, _ in own) < 24
        taken |= own


def test_the_state_of_alarms_comes_first_and_no_more_than_fit() -> None:
    first = made(130)[0]
    assert (first["type"], first["y"], len(first["properties"]["alarms"])) == ("alarm", 0, 100)
    assert made(0)[0]["type"] == "text"


def test_the_dashboard_of_a_stack() -> None:
    ran = put(*EVERY)
    shown = ran["watch-dashboard"]
    assert shown["dashboardName"] == "shop-prod"
    widgets = json.loads(shown["dashboardBody"])["widgets"]
    alarms = {one.name for one in ran.of("aws:cloudwatch/metricAlarm:MetricAlarm")}
    assert {one.rpartition("/")[2] for one in widgets[0]["properties"]["alarms"]} == alarms
    assert {one["properties"]["region"] for one in widgets if one["type"] == "metric"} == {REGION}
    assert "db-instance-identifier" in shown["dashboardBody"]


def test_it_shows_everything_where_only_some_of_it_alarms() -> None:
    balanced = {"gateway": {"variant": None}}
    titles = put(*EVERY, profile="frugal", services=balanced)["watch-dashboard"]["dashboardBody"]
    assert "latency p95 (s)" in titles and "service cpu (%)" in titles


def test_off() -> None:
    assert "watch-dashboard" not in put(*EVERY, aws={"parts": {"dashboard": False}})
