"""The jobs in the database: every statement about them, and the rules of who may change what."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from psycopg.types.json import Jsonb

from demo.db import Database
from demo.models import Claim, ImageResult, Job, NewJob, StoredFile, TextResult

LEASE_SECONDS = 15
"""How long a worker may be silent before its job counts as abandoned."""
MAX_ATTEMPTS = 5
"""How often a job may bring its worker down before it is given up."""

_JOB: LiteralString = """
    SELECT j.id, j.kind, j.state, j.queue, j.filename, j.excerpt, j.content_type, j.size_bytes, j.attempts, j.error,
           j.created_at, j.started_at, j.finished_at, j.revision, j.updated_at, r.data AS result, r.thumbnail_key
    FROM jobs j LEFT JOIN results r ON r.job_id = j.id
"""


def _view(row: Mapping[str, object]) -> Job:
    base = f"/api/jobs/{row['id']}"
    thumbnail = f"{base}/thumbnail" if row["thumbnail_key"] else None
    return Job.model_validate({**row, "file_url": f"{base}/file", "thumbnail_url": thumbnail})


class Jobs:
    """The table of jobs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, job: NewJob) -> bool:
        """Store a job as queued. False when a job with its id is there already (then nothing changes)."""
        row = await self._database.fetch_one(
            "insert_job",
            """INSERT INTO jobs (id, kind, queue, filename, excerpt, content_type, size_bytes, source_key, request_id,
                                 traceparent)
               VALUES (%(id)s, %(kind)s, %(queue)s, %(filename)s, %(excerpt)s, %(content_type)s, %(size_bytes)s,
                       %(source_key)s, %(request_id)s, %(traceparent)s)
               ON CONFLICT (id) DO NOTHING RETURNING id""",
            job.model_dump(),
        )
        return row is not None

    async def dispatched(self, job_id: UUID) -> None:
        """Remember that the job has reached its queue."""
        await self._database.fetch(
            "dispatch_job", "UPDATE jobs SET dispatched_at = now() WHERE id = %(id)s", {"id": job_id}
        )

    async def recent(self, limit: int) -> list[Job]:
        """The newest jobs, the newest first."""
        rows = await self._database.fetch(
            "list_jobs", _JOB + " ORDER BY j.created_at DESC, j.id DESC LIMIT %(limit)s", {"limit": limit}
        )
        return [_view(row) for row in rows]

    async def get(self, job_id: UUID) -> Job | None:
        row = await self._database.fetch_one("get_job", _JOB + " WHERE j.id = %(id)s", {"id": job_id})
        return _view(row) if row else None

    async def changed_since(self, moment: datetime | None) -> tuple[datetime, list[Job]]:
        """The database's present time, and the jobs that changed after `moment` (none for None), oldest change first.

        Statements that were slow to commit may appear with an earlier time than rows already seen, so callers ask
        with a moment a few seconds back and sort out repetitions by `revision`.
        """
        row = await self._database.fetch_one("clock", "SELECT clock_timestamp() AS now")
        assert row is not None
        now: datetime = row["now"]
        if moment is None:
            return now, []
        rows = await self._database.fetch(
            "poll_jobs",
            _JOB + " WHERE j.updated_at > %(moment)s ORDER BY j.updated_at LIMIT 500",
            {"moment": moment},
        )
        return now, [_view(found) for found in rows]

    async def source(self, job_id: UUID) -> StoredFile | None:
        """What was submitted."""
        row = await self._database.fetch_one(
            "get_source",
            "SELECT source_key AS key, content_type, filename FROM jobs WHERE id = %(id)s",
            {"id": job_id},
        )
        return StoredFile.model_validate(row) if row else None

    async def thumbnail_key(self, job_id: UUID) -> str | None:
        """Key of the job's thumbnail, or None when there is none (yet)."""
        row = await self._database.fetch_one(
            "get_thumbnail", "SELECT thumbnail_key FROM results WHERE job_id = %(id)s", {"id": job_id}
        )
        return row["thumbnail_key"] if row else None

    async def claim(self, job_id: UUID, worker: str, *, redelivered: bool) -> Claim | None:
        """Make the job this worker's own for `LEASE_SECONDS`, or None when there is nothing to do for it.

        A job that another worker holds is left to it, unless its message came back to the queue (`redelivered`),
        which a broker does only when that worker is gone, or its lease has run out.
        """
        row = await self._database.fetch_one(
            "claim_job",
            """UPDATE jobs SET state = 'processing', worker = %(worker)s, attempts = attempts + 1,
                      started_at = coalesce(started_at, now()),
                      lease_until = now() + make_interval(secs => %(lease)s)
               WHERE id = %(id)s
                 AND (state = 'queued' OR (state = 'processing' AND (%(redelivered)s OR lease_until < now())))
               RETURNING id, kind, source_key, content_type, attempts, request_id, traceparent""",
            {"id": job_id, "worker": worker, "redelivered": redelivered, "lease": LEASE_SECONDS},
        )
        return Claim.model_validate(row) if row else None

    async def renew(self, job_id: UUID, worker: str) -> None:
        """Hold the job for another `LEASE_SECONDS`."""
        await self._database.fetch(
            "renew_lease",
            """UPDATE jobs SET lease_until = now() + make_interval(secs => %(lease)s)
               WHERE id = %(id)s AND worker = %(worker)s AND state = 'processing'""",
            {"id": job_id, "worker": worker, "lease": LEASE_SECONDS},
        )

    async def finish(self, job_id: UUID, result: ImageResult | TextResult, thumbnail_key: str | None) -> None:
        """Store the result and the state `done` together; doing it twice changes nothing."""
        await self._database.fetch(
            "finish_job",
            """WITH stored AS (
                   INSERT INTO results (job_id, data, thumbnail_key) VALUES (%(id)s, %(data)s, %(thumbnail)s)
                   ON CONFLICT (job_id) DO UPDATE SET data = EXCLUDED.data, thumbnail_key = EXCLUDED.thumbnail_key
               )
               UPDATE jobs SET state = 'done', error = NULL, finished_at = now(), lease_until = NULL
               WHERE id = %(id)s AND state = 'processing'""",
            {"id": job_id, "data": Jsonb(result.model_dump()), "thumbnail": thumbnail_key},
        )

    async def fail(self, job_id: UUID, reason: str) -> None:
        """End the job with a reason for the person who submitted it."""
        await self._database.fetch(
            "fail_job",
            """UPDATE jobs SET state = 'failed', error = %(reason)s, finished_at = now(), lease_until = NULL
               WHERE id = %(id)s AND state = 'processing'""",
            {"id": job_id, "reason": reason},
        )

    async def release(self, job_id: UUID, worker: str) -> None:
        """Give an unfinished job back, as if it had never been claimed; the sweep sends it if its message is lost."""
        await self._database.fetch(
            "release_job",
            """UPDATE jobs SET state = 'queued', worker = NULL, lease_until = NULL, attempts = attempts - 1,
                      dispatched_at = NULL
               WHERE id = %(id)s AND worker = %(worker)s AND state = 'processing'""",
            {"id": job_id, "worker": worker},
        )

    async def overdue(self, after: float, queues: Sequence[str], drained: Sequence[str]) -> list[tuple[UUID, str]]:
        """Jobs of these queues to send (again), as pairs of id and queue; each counts as sent from now on.

        These are the rows older than `after` seconds that never reached their queue, those that reached one which has
        lost them (it is `drained`, empty, and they still wait six times as long after), and those whose worker's
        lease ran out.
        """
        rows = await self._database.fetch(
            "sweep_jobs",
            """UPDATE jobs SET dispatched_at = now() WHERE id IN (
                   SELECT id FROM jobs WHERE queue = ANY(%(queues)s) AND (
                       (state = 'queued' AND dispatched_at IS NULL
                           AND updated_at < now() - make_interval(secs => %(after)s))
                       OR (state = 'queued' AND queue = ANY(%(drained)s)
                           AND dispatched_at < now() - make_interval(secs => %(after)s * 6))
                       OR (state = 'processing' AND lease_until < now() - interval '5 seconds'
                           AND coalesce(dispatched_at, created_at) < now() - make_interval(secs => %(after)s))
                   ) ORDER BY created_at LIMIT 100 FOR UPDATE SKIP LOCKED
               ) RETURNING id, queue""",
            {"after": after, "queues": list(queues), "drained": list(drained)},
        )
        return [(row["id"], row["queue"]) for row in rows]

    async def undispatched(self, job_id: UUID) -> None:
        """Take back `overdue`'s mark, when sending failed after all."""
        await self._database.fetch(
            "undispatch_job", "UPDATE jobs SET dispatched_at = NULL WHERE id = %(id)s", {"id": job_id}
        )
