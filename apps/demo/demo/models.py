"""What a job is, in the words of the API."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

JobKind = Literal["image", "text"]
JobState = Literal["queued", "processing", "done", "failed"]


class JobFailed(Exception):
    """The job can never succeed; the message is for the person who submitted it."""


class WordCount(BaseModel):
    word: str
    count: int


class TextResult(BaseModel):
    """Statistics of a text."""

    kind: Literal["text"] = "text"
    words: int
    unique_words: int
    characters: int
    lines: int
    reading_seconds: int
    top_words: list[WordCount]


class ImageResult(BaseModel):
    """Sizes of an image as it is seen (turned as its EXIF data says) and of its thumbnail, in pixels."""

    kind: Literal["image"] = "image"
    format: str
    width: int
    height: int
    thumbnail_width: int
    thumbnail_height: int
    thumbnail_bytes: int


JobResult = Annotated[TextResult | ImageResult, Field(discriminator="kind")]


class NewJob(BaseModel):
    """A job as it is stored, before anything has happened to it."""

    id: UUID
    kind: JobKind
    queue: str
    filename: str | None
    excerpt: str | None
    content_type: str
    size_bytes: int
    source_key: str
    request_id: str | None = None
    traceparent: str | None = None


class Job(BaseModel):
    """A job as the API shows it. Times are UTC."""

    id: UUID
    kind: JobKind
    state: JobState
    queue: str
    filename: str | None
    excerpt: str | None
    content_type: str
    size_bytes: int
    attempts: int
    error: str | None
    result: JobResult | None
    file_url: str
    thumbnail_url: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    revision: int


class JobList(BaseModel):
    """The most recent jobs, the newest first."""

    jobs: list[Job]


class StoredFile(BaseModel):
    """Where a job's bytes are in the object store."""

    key: str
    content_type: str
    filename: str | None


class Claim(BaseModel):
    """What a worker needs to know about a job that is now its own."""

    id: UUID
    kind: JobKind
    source_key: str
    content_type: str
    attempts: int
    request_id: str | None
    traceparent: str | None
