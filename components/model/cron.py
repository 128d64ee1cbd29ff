"""Cron expressions of five fields, as crontab(5) has them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, WithJsonSchema

from components.model.problems import nearest

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
SHORT: Mapping[str, str] = {
    "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
}  # fmt: skip
LONGEST: Mapping[int, int] = {2: 29, 4: 30, 6: 30, 9: 30, 11: 30}
"""Days of the months that have fewer than 31."""
_PART = re.compile(r"^(?P<first>\*|\w+)(?:-(?P<last>\w+))?(?:/(?P<step>\d+))?$")


@dataclass(frozen=True)
class _Field:
    """What one of the five fields may hold; `names` stand for numbers, the first of them for `least`."""

    name: str
    least: int
    most: int
    names: tuple[str, ...] = ()

    def number(self, text: str) -> int:
        if text.upper() in self.names:
            return self.least + self.names.index(text.upper())
        if text.isdecimal() and self.least <= int(text) <= self.most:
            return int(text)
        names = f" or {self.names[0]} to {self.names[-1]}" if self.names else ""
        raise ValueError(f"{self.name}: {text!r} is not {self.least} to {self.most}{names}")

    def values(self, text: str) -> frozenset[int]:
        return frozenset(value for part in text.split(",") for value in self._part(part))

    def _part(self, text: str) -> Iterator[int]:
        found = _PART.match(text)
        if not found or (found["first"] == "*" and found["last"]):
            raise ValueError(f"{self.name}: {text!r} is no number, range (1-5), list (1,5) or step (*/5)")
        step = int(found["step"] or 1)
        if step < 1:
            raise ValueError(f"{self.name}: {text!r} has a step of 0; a step is 1 or more")
        if found["first"] == "*":
            first, last = self.least, self.most
        else:
            first = self.number(found["first"])
            last = self.number(found["last"]) if found["last"] else first
            if found["step"] and not found["last"]:
                text = f"{text!r} has a step of one number; say how far: '{found['first']}-{self.most}/{step}'"
                raise ValueError(f"{self.name}: {text}")
        if last < first:
            raise ValueError(f"{self.name}: {text!r} runs backwards; write it as two ranges with a comma")
        return iter(range(first, last + 1, step))


FIELDS = (
    _Field("minute", 0, 59), _Field("hour", 0, 23), _Field("day of month", 1, 31), _Field("month", 1, 12, MONTHS),
    _Field("day of week", 0, 7, WEEKDAYS),
)  # fmt: skip


@dataclass(frozen=True)
class Cron:
    """When something runs: every minute whose minute, hour, month and day are in these sets.

    `weekdays` count from Sunday, 0 to 6. A day is right that is in both `days` and `weekdays` where one of them is
    every day, and that is in either of them where neither is: the rule of crontab(5).
    """

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]

    @property
    def every_day(self) -> bool:
        """Whether the days of the month say nothing."""
        return len(self.days) == 31

    @property
    def every_weekday(self) -> bool:
        """Whether the days of the week say nothing."""
        return len(self.weekdays) == 7

    def text(self) -> str:
        """The five fields in numbers alone, `*` only for everything: every reader of crontabs takes them alike."""
        fields = (self.minutes, self.hours, self.days, self.months, self.weekdays)
        full = (60, 24, 31, 12, 7)
        return " ".join(
            "*" if len(values) == size else ",".join(map(str, sorted(values)))
            for values, size in zip(fields, full, strict=True)
        )


def parse(text: str) -> Cron:
    """The meaning of a cron expression. Raises ValueError that names the field and what it may hold."""
    if text.startswith("@"):
        if text not in SHORT:
            raise ValueError(f"there is no such shorthand{nearest(text, SHORT)}")
        text = SHORT[text]
    words = text.split()
    if len(words) != len(FIELDS):
        names = ", ".join(field.name for field in FIELDS)
        raise ValueError(f"it has {len(words)} fields; a cron expression has {len(FIELDS)}: {names}")
    minutes, hours, days, months, weekdays = (
        field.values(word) for field, word in zip(FIELDS, words, strict=True)
    )  # fmt: skip
    made = Cron(minutes, hours, days, months, frozenset(day % 7 for day in weekdays))
    if not made.every_day and not made.every_weekday and (words[2][0] == "*" or words[4][0] == "*"):
        raise ValueError(
            "day of month and day of week are both given, one as a step of '*': crons disagree whether both have "
            "to be right then, or one; write the days themselves"
        )
    if made.every_weekday and all(min(made.days) > LONGEST.get(month, 31) for month in made.months):
        raise ValueError("it never comes: no such month has such a day")
    return made


def _expression(text: str) -> str:
    parse(text)
    return text


CronExpression = Annotated[
    str,
    AfterValidator(_expression),
    WithJsonSchema({
        "type": "string",
        "pattern": r"^\s*(@(yearly|annually|monthly|weekly|daily|midnight|hourly)|\S+(\s+\S+){4})\s*$",
        "description": "minute, hour, day of month, month, day of week: '30 2 * * MON-FRI', or @daily",
    }),
]  # fmt: skip
"""Minute, hour, day of month, month and day of week: `30 2 * * MON-FRI`, or a shorthand such as `@daily`."""


def _timezone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (KeyError, OSError, ValueError):
        known = False
    else:
        known = text not in _NO_ZONES and not text.startswith(("posix/", "right/"))
    if not known:
        raise ValueError(f"there is no such time zone{_alike(text)}")
    return text


_NO_ZONES = frozenset({"", "Factory", "localtime", "posixrules"})
"""What a machine's folder of zones holds beside IANA's."""


def _alike(text: str) -> str:
    """A zone like it; of 600 not all."""
    found = nearest(text, available_timezones() - _NO_ZONES)
    return found if "did you mean" in found else "; allowed is one of IANA's, such as 'Europe/Berlin' or 'UTC'"


TimeZone = Annotated[str, AfterValidator(_timezone)]
"""A time zone of IANA's database: `Europe/Berlin`, `UTC`."""
