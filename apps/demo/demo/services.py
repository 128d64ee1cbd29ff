"""The services that one process was bound to, opened and closed together."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass

from demo import telemetry
from demo.changes import Changes
from demo.db import Database
from demo.feed import Feed
from demo.intake import Intake
from demo.jobs import Jobs
from demo.queues import JobQueue, make_queue
from demo.settings import Settings
from demo.storage import Storage
from demo.telemetry import Telemetry

_CHECK_SECONDS = 3.0


@dataclass(frozen=True)
class Services:
    """What is bound; None stands for a binding that is absent."""

    settings: Settings
    telemetry: Telemetry
    changes: Changes
    database: Database | None
    jobs: Jobs | None
    storage: Storage | None
    queue: JobQueue | None
    feed: Feed | None

    @property
    def intake(self) -> Intake | None:
        """Takes jobs in, when everything that needs is bound."""
        if self.jobs is None or self.storage is None or self.queue is None:
            return None
        return Intake(self.jobs, self.storage, self.queue, self.changes)

    @property
    def missing(self) -> list[str]:
        """What taking jobs in needs and is not bound."""
        parts = {"database": self.database, "storage": self.storage, "queue": self.queue}
        return [name for name, part in parts.items() if part is None]

    async def open(self) -> None:
        """Begin to connect; never waits for a service that is away."""
        if self.database is not None:
            await self.database.open()

    async def close(self) -> None:
        """Disconnect from everything, in about a second."""
        parts = [self.feed, self.queue, self.changes, self.database]
        await asyncio.gather(*(part.close() for part in parts if part is not None), return_exceptions=True)
        await asyncio.to_thread(self.telemetry.close)

    async def check(self) -> dict[str, str]:
        """`ok`, `not bound`, or what is wrong, for each service; takes at most about three seconds."""
        checks: dict[str, Awaitable[object] | None] = {
            "database": self.database.version() if self.database else None,
            "redis": self.changes.ping() if self.changes.bound else None,
            "queue": self.queue.ping() if self.queue else None,
            "storage": self.storage.check() if self.storage else None,
        }
        answers = await asyncio.gather(*(_check(check) for check in checks.values()))
        return dict(zip(checks, answers, strict=True))


async def _check(check: Awaitable[object] | None) -> str:
    if check is None:
        return "not bound"
    try:
        await asyncio.wait_for(check, _CHECK_SECONDS)
    except TimeoutError:
        return "does not answer"
    except Exception as error:
        return f"{type(error).__name__}: {error}".strip()
    return "ok"


def make_services(settings: Settings, *, connections: int = 10) -> Services:
    """Everything that `settings` binds, not connected yet; `connections` bounds those to the database."""
    database = Database(settings.database_url, most=connections) if settings.database_url else None
    changes = Changes(settings.redis_url)
    jobs = Jobs(database) if database else None
    return Services(
        settings=settings,
        telemetry=telemetry.start(settings),
        changes=changes,
        database=database,
        jobs=jobs,
        storage=Storage(settings, settings.bucket) if settings.bucket else None,
        queue=make_queue(settings),
        feed=Feed(jobs, changes) if jobs else None,
    )
