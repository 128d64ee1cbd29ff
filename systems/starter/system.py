"""The starter: a page that takes texts and pictures, an API, a worker, and everything they stand on."""

from strata import (
    Bucket,
    Build,
    Gateway,
    Http,
    Monitoring,
    Mount,
    ObjectStore,
    Postgres,
    RabbitMQ,
    Redis,
    Reload,
    Scale,
    Service,
    System,
    Task,
    completed,
)  # fmt: skip

db = Postgres("db", version="15-alpine", database="shop", user="shop")
cache = Redis("cache", version="7-alpine", maxmemory="64MB", policy="allkeys-lru")
files = ObjectStore("files", buckets=[Bucket("uploads")])
jobs = RabbitMQ("jobs", queues=["jobs"])

code = Build("apps/demo")
source = Reload([Mount("apps/demo/demo", "/app/demo")], "uvicorn demo.api:app --host 0.0.0.0 --port 8000 --reload")
migrate = Task("migrate", image=code, command="python -m demo.migrate", needs=[db])
api = Service("api", image=code, port=8000, needs=[db, cache, files, jobs], after=[completed(migrate)],
              health=Http("/health", interval="2s", start_period="30s"), metrics="/metrics", reload=source)  # fmt: skip
worker = Service("worker", image=code, command="python -m demo.worker", needs=[db, cache, files, jobs],
                 after=[completed(migrate)], health=Http("/health", port=9100, interval="2s", start_period="30s"),
                 scale=Scale(min=1, max=10, queue=jobs.queue("jobs"), length=100))  # fmt: skip
web = Service("web", image=Build("apps/web"), port=3000, needs=[api],
              health=Http("/health", interval="2s", start_period="30s"))  # fmt: skip

system = System("starter", data=[db, cache, files, jobs], app=[migrate, api, worker, web],
                gateway=Gateway(routes={"/api": api, "/": web}), monitoring=Monitoring(enabled=False))  # fmt: skip
