"""The worker's loop: take a job, do it, store the result, and only then acknowledge it."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar

import structlog
from psycopg import OperationalError
from psycopg.errors import UndefinedTable

from demo import metrics
from demo.backoff import Backoff
from demo.changes import Changes
from demo.jobs import LEASE_SECONDS, MAX_ATTEMPTS, Jobs
from demo.logs import get_logger
from demo.models import Claim, ImageResult, JobFailed, TextResult
from demo.processing.text import analyse
from demo.processing.thumbnail import CONTENT_TYPE, make_thumbnail
from demo.pulse import Pulse
from demo.queues import Delivery, JobQueue, QueueUnavailable
from demo.storage import ObjectMissing, Storage, StorageUnavailable
from demo.telemetry import Telemetry

T = TypeVar("T")

# What passes by itself: the job is kept and tried again. UndefinedTable is a database that is still being migrated.
_PASSING = (OperationalError, UndefinedTable, StorageUnavailable)
_RECEIVE_SECONDS = 1.0
_LONGEST_JOB_SECONDS = 120.0

log = get_logger(__name__)


class Stopping(Exception):
    """The worker is to stop while it waits for a service to come back."""


@dataclass
class Consumer:
    """Processes one job at a time; more at once is what more replicas are for."""

    name: str
    jobs: Jobs
    storage: Storage
    queue: JobQueue
    changes: Changes
    telemetry: Telemetry
    pulse: Pulse
    stopping: asyncio.Event
    least_seconds: float = 0.0
    """Least time a job takes."""
    _in_hand: Delivery | None = field(default=None, init=False)

    async def run(self) -> None:
        """Work until `stopping` is set; then finish the job in hand."""
        backoff = Backoff()
        while not self.stopping.is_set():
            self.pulse.beat()
            try:
                delivery = await self.queue.receive(_RECEIVE_SECONDS)
                backoff.reset()
            except QueueUnavailable as error:
                log.warning("queue not reachable", error=str(error))
                await self._pause(backoff.next())
                continue
            if delivery is not None:
                await self._take(delivery)

    async def give_back(self) -> None:
        """Return the job in hand, unfinished, in about a second; what fails here the sweep makes good."""
        delivery = self._in_hand
        if delivery is None:
            return
        with suppress(QueueUnavailable, TimeoutError, *_PASSING):
            await asyncio.wait_for(self.jobs.release(delivery.job_id, self.name), 0.5)
        with suppress(QueueUnavailable, TimeoutError):
            await asyncio.wait_for(self.queue.release(delivery), 0.3)

    async def _take(self, delivery: Delivery) -> None:
        self._in_hand = delivery
        structlog.contextvars.bind_contextvars(job_id=str(delivery.job_id))
        try:
            await self._handle(delivery)
            await self.queue.ack(delivery)
        except QueueUnavailable as error:
            # The broker will deliver it again, and the claim will find that there is nothing left to do.
            log.warning("job done but not acknowledged", error=str(error))
        except Stopping:
            await self.give_back()
        finally:
            self._in_hand = None
            structlog.contextvars.clear_contextvars()

    async def _handle(self, delivery: Delivery) -> None:
        claim = await self._insist(
            lambda: self.jobs.claim(delivery.job_id, self.name, redelivered=delivery.redelivered)
        )
        if claim is None:
            log.info("nothing to do for this delivery", queue=delivery.queue)
            return
        structlog.contextvars.bind_contextvars(request_id=claim.request_id)
        await self.changes.announce()
        keeping = asyncio.create_task(self._keep(claim))
        started = time.perf_counter()
        try:
            with self.telemetry.span(f"job {claim.kind}", "consumer", _carrier(claim)) as span:
                outcome = await self._finish(claim)
                span.set(job_id=str(claim.id), job_kind=claim.kind, job_outcome=outcome)
        finally:
            keeping.cancel()
        await self.changes.announce()
        seconds = time.perf_counter() - started
        metrics.count("jobs_processed_total", kind=claim.kind, outcome=outcome)
        metrics.observe("job_duration_seconds", seconds, kind=claim.kind)
        log.info("job ended", kind=claim.kind, outcome=outcome, queue=delivery.queue, seconds=round(seconds, 3))

    async def _finish(self, claim: Claim) -> str:
        try:
            if claim.attempts > MAX_ATTEMPTS:
                raise JobFailed(f"Processing was interrupted {MAX_ATTEMPTS} times and has been given up.")
            result, thumbnail = await self._process(claim)
        except JobFailed as error:
            reason = str(error)
            await self._insist(lambda: self.jobs.fail(claim.id, reason))
            return "failed"
        await self._insist(lambda: self.jobs.finish(claim.id, result, thumbnail))
        return "done"

    async def _process(self, claim: Claim) -> tuple[ImageResult | TextResult, str | None]:
        started = time.monotonic()
        try:
            data = await self._insist(lambda: self.storage.get(claim.source_key))
        except ObjectMissing as error:
            raise JobFailed("The submitted file is no longer there.") from error
        try:
            result, thumbnail = await self._compute(claim, data)
        except JobFailed:
            raise
        except Exception as error:
            log.exception("job raised an unexpected error")
            raise JobFailed("Something went wrong while this was processed.") from error
        await asyncio.sleep(max(0.0, self.least_seconds - (time.monotonic() - started)))
        if thumbnail is None:
            return result, None
        key = f"thumbnails/{claim.id}.webp"
        await self._insist(lambda: self.storage.put(key, thumbnail, CONTENT_TYPE))
        return result, key

    async def _compute(self, claim: Claim, data: bytes) -> tuple[ImageResult | TextResult, bytes | None]:
        """The part that takes the processor, in a thread so that the leases and the health check go on."""
        if claim.kind == "text":
            return await asyncio.to_thread(analyse, data.decode("utf-8-sig")), None
        made = await asyncio.to_thread(make_thumbnail, data)
        return made.result, made.data

    async def _keep(self, claim: Claim) -> None:
        """Hold the lease and beat while the job is in work, but not for one that hangs: that one must look dead."""
        deadline = time.monotonic() + _LONGEST_JOB_SECONDS
        while time.monotonic() < deadline:
            self.pulse.beat()
            with suppress(*_PASSING):
                await self.jobs.renew(claim.id, self.name)
            await asyncio.sleep(LEASE_SECONDS / 3)

    async def _insist(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Repeat until the service answers. Raises `Stopping` when the worker is to stop before that."""
        backoff = Backoff()
        while True:
            try:
                return await attempt()
            except _PASSING as error:
                log.warning("service not reachable, the job waits", error=str(error))
                await self._pause(backoff.next())
                if self.stopping.is_set():
                    raise Stopping from error

    async def _pause(self, seconds: float) -> None:
        """Wait, but not past the order to stop."""
        self.pulse.beat()
        with suppress(TimeoutError):
            await asyncio.wait_for(self.stopping.wait(), seconds)


def _carrier(claim: Claim) -> dict[str, str]:
    return {"traceparent": claim.traceparent} if claim.traceparent else {}
