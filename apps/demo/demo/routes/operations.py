"""What platforms and operators ask: is it alive, is it ready, what is it made of, how is it doing."""

import socket
from typing import Literal

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from psycopg import OperationalError
from pydantic import BaseModel

from demo.routes.shared import Bound

router = APIRouter(tags=["operations"])


class Readiness(BaseModel):
    """`ok`, `not bound`, or what is wrong, for each service."""

    status: Literal["ready", "unavailable"]
    down: list[str]
    checks: dict[str, str]


class Info(BaseModel):
    """What this instance is and what backs it; None stands for what is not bound."""

    service: str
    version: str
    instance: str
    database: str | None
    cache: Literal["redis"] | None
    queue: Literal["rabbitmq", "redis"] | None
    queues: list[str]
    storage: str | None
    accepts_jobs: bool
    missing: list[str]


@router.get("/health", response_class=PlainTextResponse)
async def health() -> str:
    """The process answers. Says nothing about the services behind it: restarting us would not bring them back."""
    return "ok\n"


@router.get("/ready")
async def ready(bound: Bound, response: Response) -> Readiness:
    """Whether every bound service answers; 503 names those that do not."""
    checks = await bound.check()
    down = [name for name, state in checks.items() if state not in ("ok", "not bound")]
    if down:
        response.status_code = 503
    return Readiness(status="unavailable" if down else "ready", down=down, checks=checks)


@router.get("/info")
async def info(bound: Bound) -> Info:
    """Which services back this instance."""
    return Info(
        service=bound.settings.service_name,
        version=bound.settings.version,
        instance=socket.gethostname(),
        database=await _database_version(bound),
        cache="redis" if bound.changes.bound else None,
        queue=bound.settings.queue_kind,
        queues=list(bound.settings.queues),
        storage=bound.storage.bucket if bound.storage else None,
        accepts_jobs=bound.intake is not None,
        missing=bound.missing,
    )


async def _database_version(bound: Bound) -> str | None:
    if bound.database is None:
        return None
    try:
        return await bound.database.version()
    except OperationalError:
        return "unreachable"


@router.get("/metrics")
async def metrics() -> Response:
    """All metrics, in Prometheus' format."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
