"""A system with something of every kind that alerts."""

from __future__ import annotations

from strata import Gateway, Postgres, RabbitMQ, Redis, Scale, Schedule, Service, Task
from tests.ran import Ran
from tests.targets.aws.stage import put

db = Postgres("db")
cache = Redis("cache", policy="allkeys-lru", maxmemory="64MB")
jobs = RabbitMQ("jobs", queues=["mail"])
migrate = Task("migrate", image="a:1", needs=[db])
api = Service("api", image="a:1", port=80, needs=[db])
worker = Service("worker", image="a:1", scale=Scale(min=1, max=4, queue=jobs.queue("mail"), length=100))
nightly = Schedule("nightly", image="a:1", cron="@daily")
EVERY = (db, cache, jobs, migrate, api, worker, nightly, Gateway(routes={"/": api}))


def whole() -> Ran:
    return put(*EVERY)
