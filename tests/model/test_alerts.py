"""The alerts of a system: derived from its kinds, in nobody's terms but the model's."""

import re

from components.model.alerts import STORAGE_LEFT, Alert, Measure, alerts_of
from strata import FileVolume, Gateway, ObjectStore, Postgres, RabbitMQ, Redis, Scale, Schedule, Service, System, Task

db = Postgres("db")
cache = Redis("cache", policy="allkeys-lru", maxmemory="64MB")
queue = Redis("queue")
jobs = RabbitMQ("jobs", queues=["mail", "video.hd"])
files = ObjectStore("files")
migrate = Task("migrate", image="a:1", needs=[db])
api = Service("api", image="a:1", port=80, needs=[db])
worker = Service("worker", image="a:1", scale=Scale(min=1, max=4, queue=jobs.queue("mail"), length=100))
nightly = Schedule("nightly", image="a:1", cron="@daily", needs=[db])
SYSTEM = System(
    "shop", [db, cache, queue, jobs, files, FileVolume("disk")], app=[migrate, api, worker, nightly],
    gateway=Gateway(routes={"/": api}),
)  # fmt: skip
WHOLE = [
    ("db-running", "page", "running below desired", "db", 0, "tasks", 5),
    ("db-storage", "page", "database storage left", "db", STORAGE_LEFT, "bytes", 15),
    ("db-connections", "page", "database connections", "db", 80, "%", 10),
    ("db-cpu", "warn", "database cpu", "db", 85, "%", 15),
    ("cache-running", "page", "running below desired", "cache", 0, "tasks", 5),
    ("cache-memory", "warn", "cache memory", "cache", 90, "%", 10),
    ("cache-evictions", "warn", "cache evictions", "cache", 1000, "keys a minute", 15),
    ("queue-running", "page", "running below desired", "queue", 0, "tasks", 5),
    ("queue-memory", "page", "cache memory", "queue", 90, "%", 10),
    ("jobs-running", "page", "running below desired", "jobs", 0, "tasks", 5),
    ("jobs-memory", "page", "broker memory", "jobs", 80, "%", 10),
    ("jobs.mail-length", "warn", "queue length", "jobs", 400, "messages", 15),
    ("jobs.video.hd-length", "warn", "queue length", "jobs", 1000, "messages", 15),
    ("migrate-failed", "warn", "task failed", "migrate", 0, "failures", 1),
    ("api-running", "page", "running below desired", "api", 0, "tasks", 10),
    ("api-cpu", "warn", "service cpu", "api", 85, "%", 15),
    ("api-memory", "warn", "service memory", "api", 90, "%", 15),
    ("api-errors", "page", "http 5xx share", "api", 5, "%", 5),
    ("api-latency", "warn", "latency p95", "api", 2, "s", 15),
    ("worker-running", "page", "running below desired", "worker", 0, "tasks", 10),
    ("worker-cpu", "warn", "service cpu", "worker", 85, "%", 15),
    ("worker-memory", "warn", "service memory", "worker", 90, "%", 15),
    ("nightly-failed", "warn", "task failed", "nightly", 0, "failures", 1),
    ("nightly-not-started", "page", "runs not started", "nightly", 0, "failures", 5),
    ("gateway-running", "page", "running below desired", "gateway", 0, "tasks", 5),
    ("gateway-unanswered", "page", "requests unanswered", "gateway", 10, "requests", 5),
]


def named(system: System) -> dict[str, Alert]:
    found = alerts_of(system)
    assert len({alert.name for alert in found}) == len(found), "names are unique"
    return {alert.name: alert for alert in found}


def test_the_alerts_of_every_kind() -> None:
    assert [
        (one.name, one.severity, one.measure, one.service.name, one.threshold, one.unit, one.minutes)
        for one in alerts_of(SYSTEM)
    ] == WHOLE
    assert {alert.measure for alert in alerts_of(SYSTEM)} == set(Measure), "every measure has an alert that uses it"


def test_only_what_is_left_alerts_when_there_is_little_of_it() -> None:
    assert [one.name for one in alerts_of(SYSTEM) if one.below] == ["db-storage"]


def test_a_queue_is_told_from_another_by_its_part() -> None:
    assert {one.name: one.part for one in alerts_of(SYSTEM) if one.part} == {
        "jobs.mail-length": "mail", "jobs.video.hd-length": "video.hd",
    }  # fmt: skip


def test_brokers_and_queues_with_names_that_run_together_have_alerts_of_their_own() -> None:
    found = named(System("s", [RabbitMQ("a", queues=["b-c"]), RabbitMQ("a-b", queues=["c"])]))
    assert {name: one.service.name for name, one in found.items() if one.part} == {
        "a.b-c-length": "a", "a-b.c-length": "a-b",
    }  # fmt: skip


def test_nobody_is_told_that_what_was_asked_to_rest_does_not_run() -> None:
    found = named(System("s", app=[Service("off", image="a:1", replicas=0)]))
    assert sorted(found) == ["off-cpu", "off-memory"]


def test_requests_are_measured_of_those_behind_the_gateway_alone() -> None:
    assert {one.service.name for one in alerts_of(SYSTEM) if one.measure is Measure.HTTP_5XX_SHARE} == {"api"}
    assert not any(one.measure is Measure.UNANSWERED for one in alerts_of(System("s", app=[Service("x", image="a:1")])))


def test_the_longest_backlog_belongs_to_the_queue_of_its_own_broker() -> None:
    other = RabbitMQ("other", queues=["mail"])
    found = named(System("s", [jobs, other], app=[worker]))
    assert (found["jobs.mail-length"].threshold, found["other.mail-length"].threshold) == (400, 1000)


def test_every_text_says_what_it_means_and_what_to_do() -> None:
    for alert in alerts_of(SYSTEM):
        sentences = re.split(r"(?<=\.)\s", alert.text)
        assert len(sentences) >= 2 and alert.text.endswith("."), alert.name
        assert alert.service.name in alert.text or alert.measure is Measure.UNANSWERED, alert.name


def test_the_model_is_in_no_targets_terms() -> None:
    for alert in alerts_of(SYSTEM):
        said = f"{alert.measure} {alert.unit} {alert.text}"
        assert not re.search(r"AWS|Amazon|CloudWatch|RDS|ECS|Elasti|Docker|Prometheus", said), alert.name
