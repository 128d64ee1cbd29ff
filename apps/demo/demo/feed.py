"""Live changes for the page: one reader of the database, any number of listeners.

Redis, where it is bound, only says *when* to look; what is sent is always what the database holds. So a lost message,
or a worker that Redis is not bound to, costs a short delay and never a wrong or missing state.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from psycopg import OperationalError

from demo.backoff import Backoff
from demo.changes import Changes
from demo.jobs import Jobs
from demo.logs import get_logger
from demo.models import Job

_POLL_ALONE = 1.0
_POLL_BEHIND_REDIS = 3.0
_OVERLAP = timedelta(seconds=5)
_KEEP_ALIVE = 15.0
_BACKLOG = 500

log = get_logger(__name__)


class Feed:
    """Sends every change of a job to everyone who listens, while anyone does."""

    def __init__(self, jobs: Jobs, changes: Changes) -> None:
        self._jobs = jobs
        self._changes = changes
        self._listeners: set[asyncio.Queue[str | None]] = set()
        self._look = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._since: datetime | None = None
        self._sent: dict[UUID, int] = {}
        self._closed = False

    async def events(self) -> AsyncIterator[str]:
        """Server-Sent Events: `job` with a job as JSON, and comments that keep the connection alive.

        Begins with `hello`, upon which a client should read the list: changes from before are not repeated.
        """
        queue: asyncio.Queue[str | None] = asyncio.Queue(_BACKLOG)
        self._listeners.add(queue)
        self._start()
        try:
            yield "retry: 2000\nevent: hello\ndata: {}\n\n"
            while not self._closed:
                try:
                    event = await asyncio.wait_for(queue.get(), _KEEP_ALIVE)
                except TimeoutError:
                    yield ": still here\n\n"
                    continue
                if event is None:
                    return
                yield event
        finally:
            self._listeners.discard(queue)
            if not self._listeners:
                self._stop()

    def end(self) -> None:
        """End every stream now; may be called from a signal handler. Clients connect again by themselves."""
        self._closed = True
        for queue in self._listeners:
            with suppress(asyncio.QueueFull):
                queue.put_nowait(None)

    async def close(self) -> None:
        self.end()
        self._stop()

    def _start(self) -> None:
        if self._tasks:
            return
        self._since = None
        self._sent.clear()
        self._tasks = [asyncio.create_task(self._poll())]
        if self._changes.bound:
            self._tasks.append(asyncio.create_task(self._hear()))

    def _stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._tasks = []

    async def _hear(self) -> None:
        async for _ in self._changes.listen():
            self._look.set()

    async def _poll(self) -> None:
        pause = _POLL_BEHIND_REDIS if self._changes.bound else _POLL_ALONE
        backoff = Backoff()
        # Asked too, for `wait_for` can lose a cancellation that meets the end of what it waits for.
        while asyncio.current_task() in self._tasks:
            self._look.clear()
            try:
                await self._send_changes()
                backoff.reset()
            except OperationalError as error:
                log.warning("cannot read changes", error=str(error))
                await asyncio.sleep(backoff.next())
                continue
            with suppress(TimeoutError):
                await asyncio.wait_for(self._look.wait(), pause)

    async def _send_changes(self) -> None:
        now, changed = await self._jobs.changed_since(self._since - _OVERLAP if self._since else None)
        self._since = now
        fresh = [job for job in changed if self._sent.get(job.id) != job.revision]
        # Only what the next overlapping look can return again has to be remembered.
        self._sent = {job.id: job.revision for job in changed}
        for job in fresh:
            self._send(job)

    def _send(self, job: Job) -> None:
        event = f"event: job\nid: {job.id}.{job.revision}\ndata: {job.model_dump_json()}\n\n"
        for queue in list(self._listeners):
            try:
                queue.put_nowait(event)
            except asyncio.QueueFull:
                # Too slow to follow: ended, it connects again and reads the list.
                self._listeners.discard(queue)
                queue.get_nowait()
                queue.put_nowait(None)
