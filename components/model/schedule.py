"""Schedules: what runs again and again, by the clock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import KW_ONLY
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from components.model.cron import CronExpression, TimeZone
from components.model.described import description
from components.model.service import Workload

Overlap = Literal["forbid", "allow", "replace"]


@description
class Schedule(Workload):
    """A program that is started by the clock and runs to its end.

    `cron` says when, in `timezone` (IANA's name, default UTC); the program's own time zone is not changed. `overlap`
    says what happens when the run before has not ended: `forbid` (default) leaves the new one out, `allow` starts it
    beside, `replace` ends the one before, which has `stop_seconds` (default 10, less than a minute) for that.

    A run that fails is told and not repeated: the next one comes by the clock.
    """

    _: KW_ONLY
    cron: CronExpression
    timezone: TimeZone = "UTC"
    overlap: Overlap = "forbid"
    stop_seconds: Annotated[int, Field(ge=0, le=50)] = 10

    TIER: ClassVar[str] = "app"

    def contradictions(self) -> Iterable[tuple[str, str]]:
        yield from Workload.contradictions(self)
        if self.publish:
            yield "publish", "nothing listens between its runs; leave it out"
