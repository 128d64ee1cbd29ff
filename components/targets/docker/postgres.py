"""Postgres: the official image and a volume."""

from __future__ import annotations

import pulumi

from components.core.bound import Bound
from components.core.target import Needs, realizes
from components.model.health import Command
from components.model.postgres import Postgres
from components.model.volume import Mount
from components.targets.docker.container import Spec, docker_target, run
from components.targets.docker.files import File
from components.targets.docker.image_names import name_of
from components.targets.postgres_sql import arguments, init_files, prepare

PASSWORD = "/run/secrets/postgres-password"
MOVED_DATA = 18
"""From this version on the official image keeps its data one folder higher, in a folder of the major version."""


@realizes(Postgres)
def postgres(database: Postgres, needs: Needs, opts: pulumi.ResourceOptions) -> Bound:
    """The password is read from a file at the first start, and set again from inside once the server is ready, so that
    an older volume follows a new password; extensions likewise."""
    target = docker_target(needs)
    password = target.secret(database.password)
    scripts = [File(path, content) for path, content in init_files(database, target.root).items()]
    parameters = arguments(database.parameters)
    folder = "/var/lib/postgresql" if major(database) >= MOVED_DATA else "/var/lib/postgresql/data"
    readiness = database.readiness
    running = run(
        database, needs, opts,
        Spec(
            image=target.image(name_of(database)).image_id,
            environment={
                "POSTGRES_USER": database.user,
                "POSTGRES_DB": database.database,
                "POSTGRES_PASSWORD_FILE": PASSWORD,
            },
            command=["postgres", *parameters] if parameters else None,
            files=[File(PASSWORD, password), *scripts],
            mounts=[Mount(database.volume, folder)],
            health=Command(
                readiness.command, interval=readiness.interval, timeout=readiness.timeout,
                retries=readiness.retries, start_period=readiness.start_period,
            ),
            grace=30,
            then=["sh", "-c", prepare(database, f"cat {PASSWORD}")],
            watched=[password],
        ),
    )  # fmt: skip
    facts: dict[str, pulumi.Input[str]] = {
        "host": database.name, "port": str(Postgres.PORT), "user": database.user, "password": password,
        "database": database.database,
    }  # fmt: skip
    endpoints = {"": running.endpoint(Postgres.PORT, "postgresql")} if Postgres.PORT in running.ports else {}
    return Bound(database, facts, running.containers, running.healthy, endpoints=endpoints)


def major(database: Postgres) -> int:
    """The major version that the description asks for."""
    return int(database.version[:2])
