"""Making good what got lost between the database and the queue."""

import asyncio

from psycopg import OperationalError
from psycopg.errors import UndefinedTable

from demo import metrics
from demo.changes import Changes
from demo.jobs import Jobs
from demo.logs import get_logger
from demo.queues import JobQueue, QueueUnavailable
from demo.settings import Settings

_EVERY_SECONDS = 3.0

log = get_logger(__name__)


async def sweep_for_ever(jobs: Jobs, queue: JobQueue, changes: Changes, settings: Settings) -> None:
    """Sweep every few seconds, in every worker; a service that is away is left for the next time."""
    while True:
        try:
            sent = await sweep(jobs, queue, settings)
            if sent:
                await changes.announce()
        except (QueueUnavailable, OperationalError, UndefinedTable) as error:
            log.info("sweep put off", error=str(error))
        await asyncio.sleep(_EVERY_SECONDS)


async def sweep(jobs: Jobs, queue: JobQueue, settings: Settings) -> int:
    """Send what waits without being in a queue, and return the jobs of dead workers; gives how many.

    Sending twice is harmless, losing is not: a second delivery finds its job claimed or done.
    """
    recovered = await queue.recover()
    drained: list[str] = []
    for name in settings.queues:
        depth = await queue.depth(name)
        metrics.QUEUE_DEPTH.labels(queue=name).set(depth)
        if depth == 0:
            drained.append(name)
    overdue = await jobs.overdue(settings.requeue_after_seconds, settings.queues, drained)
    for number, (job_id, name) in enumerate(overdue):
        try:
            await queue.send(name, job_id)
        except QueueUnavailable:
            for unsent, _ in overdue[number:]:
                await jobs.undispatched(unsent)
            raise
    _report("dead worker", recovered)
    _report("not in its queue", len(overdue))
    return recovered + len(overdue)


def _report(reason: str, number: int) -> None:
    if number:
        metrics.count("jobs_requeued_total", number, reason=reason)
        log.info("jobs sent again", reason=reason, number=number)
