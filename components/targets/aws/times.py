"""Cron expressions as EventBridge Scheduler has them: six fields, weeks that begin with 1, days in one of two. Pure."""

from __future__ import annotations

import itertools

from components.model.cron import Cron

LEAST_RUN = 3
"""Numbers that make a range: two are a list."""


def expression(cron: Cron) -> str:
    """`cron(minute hour day-of-month month day-of-week year)`; where one field says the days the other is `?`.

    Raises ValueError for an expression whose day of month and day of week both say something: either of them makes a
    day right, and AWS lets only one of them speak.
    """
    if not cron.every_day and not cron.every_weekday:
        raise ValueError(
            "AWS takes days of the month or days of the week, not both; describe two schedules, one with each (both "
            "run on a day that is in both)"
        )
    days, weekdays = ("?", _field(frozenset(day + 1 for day in cron.weekdays), 1, 7))
    if cron.every_weekday:
        days, weekdays = _field(cron.days, 1, 31), "?"
    minutes, hours, months = _field(cron.minutes, 0, 59), _field(cron.hours, 0, 23), _field(cron.months, 1, 12)
    return f"cron({minutes} {hours} {days} {months} {weekdays} *)"


def _field(values: frozenset[int], least: int, most: int) -> str:
    """`*` for everything, `first/step` for what goes on to the end in equal steps, else numbers and ranges."""
    found = sorted(values)
    if len(found) == most - least + 1:
        return "*"
    steps = {after - before for before, after in itertools.pairwise(found)}
    if len(found) >= LEAST_RUN and len(steps) == 1 and (step := steps.pop()) > 1 and found[-1] + step > most:
        return f"{found[0]}/{step}"
    runs: list[list[int]] = []
    for value in found:
        if runs and runs[-1][-1] + 1 == value:
            runs[-1].append(value)
        else:
            runs.append([value])
    return ",".join(
        f"{run[0]}-{run[-1]}" if len(run) >= LEAST_RUN else ",".join(map(str, run)) for run in runs
    )  # fmt: skip
