"""Submitting jobs and looking at them."""

from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request, Response, UploadFile
from fastapi.responses import StreamingResponse

from demo.feed import Feed
from demo.intake import Intake, Rejected, Submission, accept
from demo.jobs import Jobs
from demo.models import Job, JobList
from demo.routes.shared import Bound, bound_feed, bound_intake, bound_jobs, bound_storage
from demo.storage import ObjectMissing, Storage

router = APIRouter(tags=["jobs"])


@router.post("/jobs", status_code=201)
async def submit(
    request: Request,
    bound: Bound,
    intake: Annotated[Intake, Depends(bound_intake)],
    jobs: Annotated[Jobs, Depends(bound_jobs)],
    file: UploadFile | None = None,
    text: Annotated[str | None, Form()] = None,
    queue: Annotated[str | None, Form()] = None,
) -> Job:
    """Take in a `file` (an image or plain text) or a `text`. `queue` defaults to the first."""
    name = queue or bound.settings.queues[0]
    if name not in bound.settings.queues:
        raise HTTPException(422, f"There is no queue {name!r}; there are {', '.join(bound.settings.queues)}.")
    submission = await _read(file, text)
    job_id = await intake.submit(
        submission, name, request_id=request.scope["request_id"], traceparent=request.scope["span"].traceparent
    )
    job = await jobs.get(job_id)
    assert job is not None
    return job


async def _read(file: UploadFile | None, text: str | None) -> Submission:
    if file is not None and not file.filename and not file.size:
        file = None
    if (file is None) == (not text):
        raise HTTPException(422, "Send either a file or a text.")
    try:
        return accept(await file.read(), file.filename) if file is not None else accept((text or "").encode())
    except Rejected as error:
        raise HTTPException(error.status, str(error)) from error


@router.get("/jobs")
async def recent(
    bound: Bound,
    jobs: Annotated[Jobs, Depends(bound_jobs)],
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> JobList:
    """The newest jobs, the newest first."""
    return JobList(jobs=await bound.changes.recent(limit, lambda: jobs.recent(limit)))


@router.get("/jobs/{job_id}")
async def one(job_id: UUID, jobs: Annotated[Jobs, Depends(bound_jobs)]) -> Job:
    """One job."""
    job = await jobs.get(job_id)
    if job is None:
        raise HTTPException(404, "There is no such job.")
    return job


@router.get("/jobs/{job_id}/file")
async def file(
    job_id: UUID,
    jobs: Annotated[Jobs, Depends(bound_jobs)],
    storage: Annotated[Storage, Depends(bound_storage)],
) -> Response:
    """What was submitted."""
    source = await jobs.source(job_id)
    if source is None:
        raise HTTPException(404, "There is no such job.")
    name = quote(source.filename or source.key.rsplit("/", 1)[-1], safe="")
    # Somebody else's file is shown on our own origin: nothing in it may run.
    headers = {"Content-Disposition": f"inline; filename*=UTF-8''{name}", "Content-Security-Policy": "sandbox"}
    return await _object(storage, source.key, source.content_type, headers)


@router.get("/jobs/{job_id}/thumbnail")
async def thumbnail(
    job_id: UUID,
    jobs: Annotated[Jobs, Depends(bound_jobs)],
    storage: Annotated[Storage, Depends(bound_storage)],
) -> Response:
    """The thumbnail of an image, at most 320 pixels wide and high, as WebP."""
    key = await jobs.thumbnail_key(job_id)
    if key is None:
        raise HTTPException(404, "This job has no thumbnail.")
    return await _object(storage, key, "image/webp", {})


async def _object(storage: Storage, key: str, content_type: str, headers: dict[str, str]) -> Response:
    try:
        data = await storage.get(key)
    except ObjectMissing as error:
        raise HTTPException(404, "The file is no longer there.") from error
    # A job's files never change.
    caching = {"Cache-Control": "private, max-age=86400, immutable"}
    return Response(data, media_type=content_type, headers={**headers, **caching})


@router.get("/events")
async def events(feed: Annotated[Feed, Depends(bound_feed)]) -> StreamingResponse:
    """Server-Sent Events: `hello` once, then `job` with a job whenever one changes."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(feed.events(), media_type="text/event-stream", headers=headers)
