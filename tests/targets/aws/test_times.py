"""Cron expressions in AWS's form: the same minutes as the five fields, by a reading of AWS's rules of its own."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from components.model.cron import parse
from components.targets.aws.times import expression

WRITTEN = {
    "* * * * *": "cron(* * * * ? *)",
    "*/15 * * * *": "cron(0/15 * * * ? *)",
    "5-59/15 * * * *": "cron(5/15 * * * ? *)",
    "30 2 * * MON-FRI": "cron(30 2 ? * 2-6 *)",
    "30 2 * * 0": "cron(30 2 ? * 1 *)",
    "30 2 * * 7": "cron(30 2 ? * 1 *)",
    "30 2 * * 5-7": "cron(30 2 ? * 1,6,7 *)",
    "30 2 * * 0-6": "cron(30 2 * * ? *)",
    "0 0 1,15 * *": "cron(0 0 1,15 * ? *)",
    "0 8-18 1 JAN,JUL *": "cron(0 8-18 1 1,7 ? *)",
    "0 0 */2 * *": "cron(0 0 1/2 * ? *)",
    "0 0 * * */2": "cron(0 0 ? * 1/2 *)",
    "0,30 9-12,14 * * *": "cron(0,30 9-12,14 * * ? *)",
    "10-40/10 * * * *": "cron(10,20,30,40 * * * ? *)",
    "@weekly": "cron(0 0 ? * 1 *)",
}


@pytest.mark.parametrize("text", WRITTEN)
def test_how_it_is_written(text: str) -> None:
    assert expression(parse(text)) == WRITTEN[text]


BOTH = (
    "AWS takes days of the month or days of the week, not both; describe two schedules, one with each (both run on a "
    "day that is in both)"
)


@pytest.mark.parametrize("text", ["0 0 13 * FRI", "0 0 1-7 * 1", "0 0 1-30 * 0-5"])
def test_what_aws_cannot_say_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(BOTH)):
        expression(parse(text))


def part(low: int, high: int) -> st.SearchStrategy[str]:
    """A part of a field: a number, a range, or steps over all or a part of it."""
    number = st.integers(low, high)
    ordered = st.tuples(number, number).map(sorted)
    step = st.integers(1, high)
    return st.one_of(
        st.just("*"), number.map(str), ordered.map(lambda pair: f"{pair[0]}-{pair[1]}"),
        step.map(lambda one: f"*/{one}"),
        st.tuples(ordered, step).map(lambda made: f"{made[0][0]}-{made[0][1]}/{made[1]}"),
    )  # fmt: skip


def field(low: int, high: int) -> st.SearchStrategy[str]:
    return st.lists(part(low, high), min_size=1, max_size=3).map(",".join)


moments = st.datetimes(datetime(2024, 1, 1), datetime(2031, 12, 31)).map(lambda one: one.replace(second=0))


def around(text: str, moment: datetime) -> list[datetime]:
    """The next moment from a day on in which an expression is due, and every minute, hour and day beside it."""
    meant = parse(text)
    moment = moment.replace(minute=min(meant.minutes), hour=max(meant.hours), microsecond=0)
    found = (moment + timedelta(days=days) for days in range(8 * 366 + 31))
    due = next((one for one in found if due_by_crontab(text, one)), moment)
    return [
        *(due.replace(minute=minute) for minute in range(60)), *(due.replace(hour=hour) for hour in range(24)),
        *(due + timedelta(days=days) for days in range(62)),
        *(due.replace(day=1, month=month) for month in range(1, 13)),
    ]  # fmt: skip


def due_by_crontab(text: str, moment: datetime) -> bool:
    """Whether five fields are right, read as crontab(5) says; one of the two fields of days is `*`."""
    given_fields = text.split()
    values = (moment.minute, moment.hour, moment.day, moment.month)
    spans = ((0, 59), (0, 23), (1, 31), (1, 12))
    rest = all(_crontab_has(one, value, *span) for one, value, span in zip(given_fields, values, spans, strict=False))
    weekday = moment.isoweekday() % 7
    return rest and any(_crontab_has(given_fields[4], day, 0, 7) for day in {weekday, 7 if weekday == 0 else weekday})


def _crontab_has(text: str, value: int, low: int, high: int) -> bool:
    for one in text.split(","):
        span, _, step = one.partition("/")
        first, _, last = (f"{low}-{high}" if span == "*" else span).partition("-")
        if int(first) <= value <= int(last or first) and (value - int(first)) % int(step or 1) == 0:
            return True
    return False


def due_by_aws(text: str, moment: datetime) -> bool:
    """Whether six fields are right, read as AWS has them: Sunday is 1, `?` says nothing, `a/b` goes to the end."""
    found = re.fullmatch(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) \*\)", text)
    assert found, text
    minute, hour, day, month, weekday = found.groups()
    assert [day, weekday].count("?") == 1, "exactly one of the two"
    return (
        _aws_has(minute, moment.minute, 59) and _aws_has(hour, moment.hour, 23) and _aws_has(month, moment.month, 12)
        and (day == "?" or _aws_has(day, moment.day, 31))
        and (weekday == "?" or _aws_has(weekday, moment.isoweekday() % 7 + 1, 7))
    )  # fmt: skip


def _aws_has(text: str, value: int, high: int) -> bool:
    for one in text.split(","):
        if one == "*":
            return True
        start, slash, step = one.partition("/")
        first, _, last = start.partition("-")
        end = high if slash else int(last or first)
        if int(first) <= value <= end and (value - int(first)) % int(step or 1) == 0:
            return True
    return False


days = st.one_of(
    st.tuples(field(1, 31), st.just("*")), st.tuples(st.just("*"), field(0, 7)), st.just(("*", "*"))
)  # fmt: skip


@settings(max_examples=500)
@given(field(0, 59), field(0, 23), days, field(1, 12), moments)
@example("10-40/10", "*", ("*", "*"), "*", datetime(2026, 1, 1))
def test_it_is_due_in_the_same_minutes(
    minute: str, hour: str, days: tuple[str, str], month: str, moment: datetime
) -> None:
    text = f"{minute} {hour} {days[0]} {month} {days[1]}"
    try:
        written = expression(parse(text))
    except ValueError as wrong:
        assume("never comes" not in str(wrong))
        raise
    assert len(written) <= 256, "the API's limit"
    for near in around(text, moment):
        assert due_by_aws(written, near) is due_by_crontab(text, near), (written, near)


def test_every_minute_of_a_year() -> None:
    """One of each kind, from a Sunday on, by every quarter of an hour."""
    for text in ("*/15 3,4 * 2-11/3 MON,7", "0 6-18/6 1-20/3 * *", "30 0-23/5 * JUN SUN-TUE"):
        normal = parse(text).text()
        written, moment, hits = expression(parse(text)), datetime(2023, 12, 31), 0
        while moment.year < 2025:
            assert due_by_aws(written, moment) is due_by_crontab(normal, moment), (text, moment)
            hits += due_by_aws(written, moment)
            moment += timedelta(minutes=15)
        assert hits > 20, text
