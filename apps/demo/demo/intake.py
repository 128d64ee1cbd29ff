"""Taking a job in: what is accepted, and the order in which it is stored.

The file comes first, then the row, then the message: whatever fails in between, a row always has its file, and a row
whose message was lost is sent again by the worker's sweep.
"""

from dataclasses import dataclass
from uuid import UUID, uuid4

from demo.changes import Changes
from demo.jobs import Jobs
from demo.logs import get_logger
from demo.models import JobKind, NewJob
from demo.queues import JobQueue, QueueUnavailable
from demo.storage import Storage

MAX_BYTES = 10 * 1024 * 1024
"""Largest file or text."""
_EXCERPT = 280

_SIGNATURES = (
    (b"\xff\xd8\xff", "image/jpeg", "jpg"),
    (b"\x89PNG\r\n\x1a\n", "image/png", "png"),
    (b"GIF87a", "image/gif", "gif"),
    (b"GIF89a", "image/gif", "gif"),
)

log = get_logger(__name__)


class Rejected(Exception):
    """What was submitted is not acceptable; carries the HTTP status and a message for the person."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Submission:
    """Something acceptable."""

    kind: JobKind
    data: bytes
    content_type: str
    extension: str
    filename: str | None = None
    excerpt: str | None = None


def accept(data: bytes, filename: str | None = None) -> Submission:
    """Recognise what the bytes are, by their content and not by what the sender calls them.

    Raises `Rejected`: 422 when empty, 413 when over `MAX_BYTES`, 415 when neither an image nor UTF-8 text.
    """
    if len(data) > MAX_BYTES:
        raise Rejected(413, f"This is larger than the limit of {MAX_BYTES // 1024 // 1024} MB.")
    for signature, content_type, extension in _SIGNATURES:
        if data.startswith(signature):
            return Submission("image", data, content_type, extension, filename)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return Submission("image", data, "image/webp", "webp", filename)
    text = _decode(data)
    if not text.strip():
        raise Rejected(422, "There is nothing in it: choose a file or write a text.")
    excerpt = " ".join(text[: _EXCERPT * 2].split())[:_EXCERPT]
    return Submission("text", data, "text/plain; charset=utf-8", "txt", filename, excerpt)


def _decode(data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Rejected(415, "Only JPEG, PNG, GIF or WebP images and plain UTF-8 text can be processed.") from error
    if "\x00" in text:
        raise Rejected(415, "Only JPEG, PNG, GIF or WebP images and plain UTF-8 text can be processed.")
    return text


@dataclass(frozen=True)
class Intake:
    """Stores submissions and queues them."""

    jobs: Jobs
    storage: Storage
    queue: JobQueue | None
    changes: Changes

    async def submit(
        self,
        submission: Submission,
        queue: str,
        *,
        job_id: UUID | None = None,
        request_id: str | None = None,
        traceparent: str | None = None,
    ) -> UUID:
        """Store and queue a job, and give its id (a new one by default).

        Raises `StorageUnavailable` or `psycopg.OperationalError` when it could not be stored. A broker that is away
        is no error: the job is safe in the database and follows later.
        """
        job_id = job_id or uuid4()
        key = f"uploads/{job_id}.{submission.extension}"
        await self.storage.put(key, submission.data, submission.content_type)
        added = await self.jobs.add(
            NewJob(
                id=job_id,
                kind=submission.kind,
                queue=queue,
                filename=submission.filename,
                excerpt=submission.excerpt,
                content_type=submission.content_type,
                size_bytes=len(submission.data),
                source_key=key,
                request_id=request_id,
                traceparent=traceparent,
            )
        )
        await self.changes.announce()
        if added and self.queue is not None:
            await self._send(self.queue, queue, job_id)
        return job_id

    async def _send(self, broker: JobQueue, queue: str, job_id: UUID) -> None:
        try:
            await broker.send(queue, job_id)
            await self.jobs.dispatched(job_id)
        except QueueUnavailable as error:
            log.warning("job stored but not queued yet", job_id=str(job_id), error=str(error))
