"""Polar (seeds/polar.md): its names, ports, credentials, volumes, buckets and start order.

The credentials are the documented development defaults; where a stack says `strata:defaults: off` they are generated.
The backend is the demo service in its place, started with Polar's names, queues and start-up tasks.
"""

from strata import (
    Bucket,
    Build,
    Command,
    FileVolume,
    Grafana,
    Http,
    Monitoring,
    Mount,
    ObjectStore,
    Postgres,
    Prometheus,
    Publish,
    Redis,
    Reload,
    Secret,
    Service,
    System,
    Task,
    completed,
    started,
)  # fmt: skip

QUEUES = "high_priority,medium_priority,low_priority"

db = Postgres("db", version="15.1", database="polar", user="polar", password=Secret("db-password", default="polar"),
              volume=FileVolume("postgres_data", backup="critical"), publish=[5432],
              health=Command("pg_isready -h 127.0.0.1 -U polar -d polar", interval="2s", retries=30))  # fmt: skip
redis = Redis("redis", version="alpine", publish=[6379])
minio = ObjectStore("minio", buckets=[Bucket("polar-s3"), Bucket("polar-s3-public", public=True)], access_key="polar",
                    password=Secret("minio-password", default="polarpolar"), publish=[9000, 9001],
                    volume=FileVolume("minio_data", backup="critical"))  # fmt: skip

server = Build("apps/demo")
uv_cache = FileVolume("server_uv_cache")
backend = [Mount("apps/demo/demo", "/app/demo")]
settings = {"JOB_QUEUES": QUEUES, "JOB_BUCKET": "polar-s3"}

sync = Task("sync-dependencies", image=server, command="python -m pip check", volumes=[Mount(uv_cache, "/uv-cache")])
emails = Task("email-templates", image=server, command="python -m demo.emails /tmp/emails")
migrate = Task("migrate", image=server, command="python -m demo.migrate", needs=[db])
seed = Task("seed", image=server, command="python -m demo.seed", needs=[db, redis, minio], environment=settings,
            after=[completed(migrate)])  # fmt: skip

api = Service("api", image=server, port=8000, publish=[8000], needs=[db, redis, minio], environment=settings,
              command="uvicorn demo.api:app --host 0.0.0.0 --port 8000",
              after=[completed(task) for task in (sync, emails, migrate, seed)],
              health=Http("/health", interval="2s", retries=15, start_period="30s"), metrics="/metrics",
              volumes=[Mount(uv_cache, "/uv-cache"), Mount(FileVolume("api_venv"), "/venv")],
              reload=Reload(backend, "uvicorn demo.api:app --host 0.0.0.0 --port 8000 --reload"))  # fmt: skip
worker = Service("worker", image=server, command="python -m demo.worker", needs=[db, redis, minio, api],
                 environment=settings, after=[started(api)],
                 volumes=[Mount(uv_cache, "/uv-cache"), Mount(FileVolume("worker_venv"), "/venv")],
                 health=Http("/health", port=9100, interval="2s", retries=15, start_period="30s"),
                 reload=Reload(backend, "python -m demo.worker --reload"))  # fmt: skip
web = Service("web", image=Build("apps/web"), port=3000, publish=[3000], needs=[api], after=[started(api)],
              memory="4GB", health=Http("/health", interval="2s", retries=15, start_period="30s"),
              volumes=[Mount(FileVolume("pnpm_store"), "/pnpm-store"),
                       Mount(FileVolume("web_node_modules"), "/app/node_modules"),
                       Mount(FileVolume("web_next_cache"), "/next-cache")],
              reload=Reload([Mount("apps/web", "/app")], target="dev"))  # fmt: skip

prometheus = Prometheus(retention="1d", publish=[9090])
grafana = Grafana(prometheus=prometheus, user="polar", password=Secret("grafana-password", default="polar"),
                  publish=[Publish(3001, 3000)])  # fmt: skip
system = System("polar", data=[db, redis, minio], app=[sync, emails, migrate, seed, api, worker, web],
                monitoring=Monitoring(enabled=False, prometheus=prometheus, grafana=grafana))  # fmt: skip
