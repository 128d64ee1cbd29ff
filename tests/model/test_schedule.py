"""Schedules: what their cron expressions mean, and what people read when one is wrong."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.model.cron import Cron, parse
from strata import Publish, Schedule
from tests.problems import lines

EVERY = Cron(
    frozenset(range(60)), frozenset(range(24)), frozenset(range(1, 32)), frozenset(range(1, 13)), frozenset(range(7))
)

MEANT = {
    "* * * * *": "* * * * *",
    "*/15 2-4 * * MON-FRI": "0,15,30,45 2,3,4 * * 1,2,3,4,5",
    "0 0 1,15 jan-mar *": "0 0 1,15 1,2,3 *",
    "10-20/5,59 0 * * *": "10,15,20,59 0 * * *",
    "0 0 * * 7": "0 0 * * 0",
    "0 0 * * 5-7": "0 0 * * 0,5,6",
    "0 0 * * 0-7": "0 0 * * *",
    "0 0 * * SUN,wed": "0 0 * * 0,3",
    "0 0 */1 * FRI": "0 0 * * 5",
    "0 0 13 * FRI": "0 0 13 * 5",
    "0 0 29 2 *": "0 0 29 2 *",
    "0 0 30 2 MON": "0 0 30 2 1",
    "  0  0 * * * ": "0 0 * * *",
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}


@pytest.mark.parametrize("text", MEANT)
def test_what_an_expression_means(text: str) -> None:
    assert parse(text).text() == MEANT[text]
    assert parse(MEANT[text]) == parse(text)


FEW = st.sampled_from(["*", "0", "*/7", "3-9", "1,5", "2-11/3"])


@given(st.tuples(FEW, FEW, FEW.filter(lambda one: one != "0"), FEW.filter(lambda one: one != "0"), st.just("*")))
def test_numbers_alone_mean_the_same(fields: tuple[str, ...]) -> None:
    meant = parse(" ".join(fields))
    assert parse(meant.text()) == meant
    for values, all_of in zip(vars(meant).values(), vars(EVERY).values(), strict=True):
        assert values and values <= all_of


def test_a_week_counts_from_sunday() -> None:
    """Against the calendar: Python's Monday is 0."""
    sunday = datetime(2026, 11, 29)
    for number, name in enumerate(["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]):
        assert (sunday + timedelta(days=number)).strftime("%a").upper() == name
        assert parse(f"0 0 * * {name}").weekdays == {number}


HEAD = "s (Schedule): cron: given"
WRONG = {
    "* * * *": "it has 4 fields; a cron expression has 5: minute, hour, day of month, month, day of week",
    "": "it has 0 fields; a cron expression has 5: minute, hour, day of month, month, day of week",
    "*/5 * * * * *": "it has 6 fields; a cron expression has 5: minute, hour, day of month, month, day of week",
    "60 * * * *": "minute: '60' is not 0 to 59",
    "0 24 * * *": "hour: '24' is not 0 to 23",
    "0 0 0 * *": "day of month: '0' is not 1 to 31",
    "0 0 * FOO *": "month: 'FOO' is not 1 to 12 or JAN to DEC",
    "0 0 * * 8": "day of week: '8' is not 0 to 7 or SUN to SAT",
    "0 0 * * 1-x": "day of week: 'x' is not 0 to 7 or SUN to SAT",
    "5/15 * * * *": "minute: '5/15' has a step of one number; say how far: '5-59/15'",
    "*/0 * * * *": "minute: '*/0' has a step of 0; a step is 1 or more",
    "0 5-2 * * *": "hour: '5-2' runs backwards; write it as two ranges with a comma",
    "0 0 L * *": "day of month: 'L' is not 1 to 31",
    "0 0 ? * *": "day of month: '?' is no number, range (1-5), list (1,5) or step (*/5)",
    "0,, 0 * * *": "minute: '' is no number, range (1-5), list (1,5) or step (*/5)",
    "*-3 * * * *": "minute: '*-3' is no number, range (1-5), list (1,5) or step (*/5)",
    "0 0 31 2,4 *": "it never comes: no such month has such a day",
    "0 0 */2 * 1": "day of month and day of week are both given, one as a step of '*': crons disagree whether both "
    "have to be right then, or one; write the days themselves",
    "@dayly": "there is no such shorthand; did you mean '@daily'?",
    "@reboot": "there is no such shorthand; known are @annually, @daily, @hourly, @midnight, @monthly, @weekly "
    "and @yearly",
}


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_with_an_expression(text: str) -> None:
    assert lines(lambda: Schedule("s", image="a:1", cron=text)) == [f"{HEAD} {text!r}; {WRONG[text]}"]


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("Europe/Berlim", "there is no such time zone; did you mean 'Europe/Berlin'?"),
        ("CEST", "there is no such time zone"),
        ("", "there is no such time zone; allowed is one of IANA's, such as 'Europe/Berlin' or 'UTC'"),
        ("localtime", "there is no such time zone; allowed is one of IANA's, such as 'Europe/Berlin' or 'UTC'"),
        ("../etc/passwd", "there is no such time zone; allowed is one of IANA's, such as 'Europe/Berlin' or 'UTC'"),
    ],
)
def test_a_time_zone_that_is_none(zone: str, text: str) -> None:
    (line,) = lines(lambda: Schedule("s", image="a:1", cron="@daily", timezone=zone))
    assert line.startswith(f"s (Schedule): timezone: given {zone!r}; {text}")


def test_all_that_is_wrong_is_said_at_once() -> None:
    assert lines(
        lambda: Schedule("s", image="a:1", cron="@dayly", timezone="Mars", overlap="skip", stop_seconds=51)
    ) == [
        f"{HEAD} '@dayly'; there is no such shorthand; did you mean '@daily'?",
        "s (Schedule): timezone: given 'Mars'; there is no such time zone; allowed is one of IANA's, such as "
        "'Europe/Berlin' or 'UTC'",
        "s (Schedule): overlap: given 'skip'; input should be 'forbid', 'allow' or 'replace'",
        "s (Schedule): stop_seconds: given 51; input should be less than or equal to 50",
    ]
    assert lines(lambda: Schedule("s", image="a:1")) == ["s (Schedule): cron: nothing was given; it is required"]
    assert lines(lambda: Schedule("s", image="a:1", cron="@daily", publish=[Publish(80, 80)])) == [
        "s (Schedule): publish: nothing listens between its runs; leave it out"
    ]


def test_what_a_schedule_has_without_being_asked() -> None:
    made = Schedule("s", image="a:1", cron="@daily")
    assert (made.timezone, made.overlap, made.stop_seconds, made.binding()) == ("UTC", "forbid", 10, {})
