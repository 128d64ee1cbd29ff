"""A system of schedules, one of each way to treat a run that is not over, with what a schedule may need."""

from __future__ import annotations

from typing import Literal

from strata import FileVolume, Mount, Postgres, Schedule, Secret, System

db = Postgres("db", database="clock", user="clock")
token = Secret("token")
kept = FileVolume("kept", backup="important")
WAYS: tuple[tuple[Literal["allow", "forbid", "replace"], Literal["environment", "files"]], ...] = (
    ("allow", "environment"), ("forbid", "files"), ("replace", "environment"),
)  # fmt: skip
app = [
    Schedule(
        policy, image="python:3.14-slim", command="python -c pass", cron="30 2 * * MON-FRI", timezone="Europe/Berlin",
        overlap=policy, needs=[db], secrets={"API_TOKEN": token}, secrets_as=kind, volumes=[Mount(kept, "/kept")],
    )
    for policy, kind in WAYS
]  # fmt: skip
system = System("clock", data=[db], app=app)
