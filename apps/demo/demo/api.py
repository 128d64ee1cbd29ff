"""The HTTP API: `uvicorn demo.api:app`."""

import asyncio
import signal
import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from types import FrameType

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from psycopg import OperationalError
from psycopg.errors import UndefinedTable

from demo import __version__
from demo.logs import configure_logging, get_logger
from demo.middleware import Observe
from demo.routes import jobs, operations
from demo.services import Services, make_services
from demo.settings import Settings
from demo.storage import StorageUnavailable

log = get_logger(__name__)


def create_app(settings: Settings) -> FastAPI:
    """The application with the services that `settings` binds."""
    services = make_services(settings)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncGenerator[None, None]:
        await services.open()
        _end_streams_on_sigterm(services)
        warm_up = asyncio.create_task(services.storage.warm_up()) if services.storage else None
        log.info("started", version=__version__, queue=settings.queue_kind, missing=services.missing)
        yield
        if warm_up is not None:
            warm_up.cancel()
        await services.close()
        log.info("stopped")

    app = FastAPI(title="Demo API", version=__version__, lifespan=lifespan, docs_url="/api/docs", redoc_url=None)
    app.state.services = services
    # Under /api for a gateway that keeps the prefix; at the root for one that strips it and for plain health checks.
    for prefix in ("/api", ""):
        for router in (jobs.router, operations.router):
            app.include_router(router, prefix=prefix, include_in_schema=bool(prefix))
    app.add_exception_handler(OperationalError, _database_away)
    app.add_exception_handler(UndefinedTable, _not_migrated)
    app.add_exception_handler(StorageUnavailable, _storage_away)
    app.add_middleware(Observe, telemetry=services.telemetry)
    return app


def _end_streams_on_sigterm(services: Services) -> None:
    """End the event streams when the server is told to stop: it waits for all responses, and those never end."""
    if services.feed is None or threading.current_thread() is not threading.main_thread():
        return
    feed = services.feed
    loop = asyncio.get_running_loop()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _before(signal.getsignal(number), lambda: loop.call_soon_threadsafe(feed.end)))


def _before(previous: object, action: Callable[[], object]) -> Callable[[int, FrameType | None], None]:
    def handle(number: int, frame: FrameType | None) -> None:
        action()
        if callable(previous):
            previous(number, frame)

    return handle


def _unavailable(what: str, error: Exception) -> JSONResponse:
    log.warning("service unavailable", what=what, error=str(error))
    return JSONResponse({"detail": f"{what} Please try again in a moment."}, 503, headers={"Retry-After": "2"})


async def _database_away(_request: Request, error: Exception) -> JSONResponse:
    return _unavailable("The database does not answer.", error)


async def _not_migrated(_request: Request, error: Exception) -> JSONResponse:
    return _unavailable("The database has not been migrated yet.", error)


async def _storage_away(_request: Request, error: Exception) -> JSONResponse:
    return _unavailable("The object store does not answer.", error)


def _main_app() -> FastAPI:
    settings = Settings.load()
    configure_logging(settings.service_name, settings.log_level)
    return create_app(settings)


app = _main_app()
