"""A system like codemap, for what it costs: its services with the memory of its own sheet, on images of any kind."""

from __future__ import annotations

from components.model.described import Described
from strata import Gateway, Http, Postgres, Redis, Secret, Service, System

KEYS = ("ALPHA_VANTAGE_API_KEY", "FINNHUB_API_KEY", "POLYGON_API_KEY", "NEWS_API_KEY")


def codemap() -> System:
    db = Postgres("postgres", version="15-alpine", extensions=["pg_trgm"])
    cache = Redis("redis", version="7-alpine", maxmemory="96MB", policy="allkeys-lru", password=Secret("redis"),
                  memory="128MB")  # fmt: skip
    secrets = {key: Secret(key.lower().replace("_", "-")) for key in ("SECRET_KEY", *KEYS)}
    shared = {"needs": [db, cache], "secrets": secrets}
    backend = Service("backend", image="a:1", port=8000, health=Http("/api/health"), memory="512MB",
                      memory_reserved="384MB", **shared)  # type: ignore[arg-type]  # fmt: skip
    worker = Service("celery-worker", image="a:1", memory="512MB", memory_reserved="384MB", **shared)  # type: ignore[arg-type]
    beat = Service("celery-beat", image="a:1", memory_reserved="96MB", singleton=True, **shared)  # type: ignore[arg-type]
    airflow = Service("airflow", image="a:1", port=8080, memory="512MB", memory_reserved="384MB", **shared)  # type: ignore[arg-type]
    frontend = Service("frontend", image="a:1", port=3000, memory_reserved="48MB")
    app: list[Described] = [backend, worker, beat, airflow, frontend]
    door = Gateway(routes={"/api": backend, "/": frontend})
    return System("codemap", data=[db, cache], app=app, gateway=door)
