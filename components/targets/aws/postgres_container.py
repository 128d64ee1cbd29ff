"""Postgres as a container: cheaper than RDS, with any extension that an image has; one task, its data on the stack's
file system.

Two servers on one folder destroy it, and postmaster.pid does not tell two containers apart (each is process 1). ECS
never runs two tasks of a singleton, but a task that it gave up on may still be ending; so the server holds a lock on
the file system itself, which NFS 4 releases when its client is gone, and the next one waits for it.
"""

from __future__ import annotations

import dataclasses
import shlex
from collections.abc import Mapping

import pulumi

from components.core.bound import Bound
from components.core.target import Needs, realizes
from components.model.health import Command
from components.model.postgres import Postgres
from components.model.service import Service
from components.model.volume import Mount
from components.targets.aws import written
from components.targets.aws.contained import certified, contained, sizes
from components.targets.aws.options import PostgresOptions
from components.targets.aws.owners import image_of, owner_of
from components.targets.aws.service import Extras
from components.targets.aws.tasks import aws_target
from components.targets.postgres_sql import arguments, init_files, prepare

DATA = "/data"
FOLDER = f"{DATA}/pgdata"
"""Below the mount, which has a lock and the dumps beside it; no image's own path, for they changed with version 18."""
DUMPS = f"{DATA}/dumps"
DUMP_AT = 2 * 3600
"""Seconds after midnight UTC: an hour before AWS Backup copies the file system, whose copy of a running server's files
is not one of a single moment. The dump in it is."""
WAIT = 120
"""Seconds that a new server waits for the lock: as long as ECS lets the old one end."""
PREPARED = "/tmp/prepared"
STARTED = """set -e
rm -f {prepared}
exec 9> {data}/lock
tries=0
until flock -n 9; do
  tries=$((tries + 1))
  [ $tries -lt {wait} ] || {{ echo 'another server still holds the data' >&2; exit 1; }}
  sleep 1
done
{files}umask 077
printf '%s\\n' "$TLS_CERTIFICATE" > /tmp/tls.crt
printf '%s\\n' "$TLS_KEY" > /tmp/tls.key
chown postgres /tmp/tls.crt /tmp/tls.key
umask 022
prepare() {{
{prepare}
}}
( if prepare && touch {prepared}; then {dumps}:; else echo 'password or extensions could not be set' >&2; fi ) 9>&- &
exec docker-entrypoint.sh {command}
"""
DUMPED = """
  umask 077
  mkdir -p {folder}
  dump() {{ pg_dump -U {user} -d {database} -Fc -f {folder}/new && mv {folder}/new {folder}/{database}.dump; }}
  [ -e {folder}/{database}.dump ] || dump || :
  while :; do
    sleep $(( (86400 + {at} - $(date +%s) % 86400) % 86400 + 1 ))
    dump || echo 'the nightly dump failed' >&2
  done
  """


@realizes(Postgres, variant="container")
def postgres_container(database: Postgres, needs: Needs, opts: pulumi.ResourceOptions) -> Bound:
    """A singleton. TLS for clients that ask, with a certificate that signs itself; libpq asks by itself."""
    target = aws_target(needs)
    image = image_of(database)
    point = target.files().access_point(database.volume, owner_of(image, target.options(database, PostgresOptions)))
    files = init_files(database, target.root)
    ready = database.readiness
    asked = ready.command if isinstance(ready.command, str) else shlex.join(ready.command)
    running = Service(
        database.name, image=image, command=["sh", "-c", script(database, files)], port=Postgres.PORT,
        environment={
            "POSTGRES_USER": database.user, "POSTGRES_DB": database.database, "PGDATA": FOLDER,
            **written.environment(files),
        },
        secrets={"POSTGRES_PASSWORD": database.password}, volumes=[Mount(database.volume, DATA)],
        health=Command(f"test -e {PREPARED} && {asked}", interval=ready.interval, timeout=ready.timeout,
                       retries=ready.retries, start_period="300s"),
        singleton=True, stop_seconds=WAIT, **sizes(database),
        formerly=database.formerly,
    )  # fmt: skip
    facts: dict[str, pulumi.Input[str]] = {"user": database.user, "database": database.database}
    secrets = certified(database.name, f"{database.name}.{target.found().domain}", needs)
    made = contained(database, running, facts, database.password, needs, opts, Extras(secrets=secrets, spot=False))
    identity = pulumi.Output.concat(point.point.file_system_id, "/", database.volume.first_name)
    return dataclasses.replace(made, identity=identity)


def script(database: Postgres, files: Mapping[str, str]) -> str:
    """What the container runs: it waits for the lock, then becomes the image's own server."""
    settings = {"ssl": "on", "ssl_cert_file": "/tmp/tls.crt", "ssl_key_file": "/tmp/tls.key", **database.parameters}
    command = ["postgres", *arguments(settings)]
    dumps = DUMPED.format(folder=DUMPS, user=database.user, database=database.database, at=DUMP_AT)
    return STARTED.format(
        data=DATA, wait=WAIT, files=written.script(files), prepared=PREPARED, command=shlex.join(command),
        prepare=prepare(database, "printf %s \"$POSTGRES_PASSWORD\""),
        dumps=dumps if database.volume.backup != "recreatable" else "",
    )  # fmt: skip
