"""Bring the database's schema up to date: `python -m demo.migrate`.

The numbered files in `migrations/` are applied in order, each in a transaction of its own together with the note that
it has been applied. Running it again, or twice at once, does no harm.
"""

import hashlib
import sys
import time
from importlib.resources import files
from typing import LiteralString, cast

import psycopg

from demo.backoff import Backoff
from demo.logs import configure_logging, get_logger
from demo.settings import Settings

# Any number will do, as long as nothing else in the database uses it.
_LOCK = 7_305_118_902
_WAIT_SECONDS = 30.0

log = get_logger("demo.migrate")


class MigrationError(Exception):
    """A file that has been applied is gone or was changed since."""


def migrations() -> list[tuple[str, str]]:
    """Name and SQL of every migration, in order."""
    folder = files("demo") / "migrations"
    found = [entry for entry in folder.iterdir() if entry.name.endswith(".sql")]
    return [(entry.name, entry.read_text(encoding="utf-8")) for entry in sorted(found, key=lambda entry: entry.name)]


def migrate(url: str) -> list[str]:
    """Apply what is missing, and give the names of the files applied.

    Waits up to 30 s for the server. Raises `psycopg.Error`, with nothing of the failing file applied, or
    `MigrationError` when an applied file has been changed.
    """
    applied: list[str] = []
    with _connect(url) as connection:
        # Held by the session, so a second run waits here and then finds nothing to do.
        connection.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        connection.execute(
            """CREATE TABLE IF NOT EXISTS schema_migrations (
                   name text PRIMARY KEY, digest text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"""
        )
        known = dict(connection.execute("SELECT name, digest FROM schema_migrations").fetchall())
        for name, sql in migrations():
            digest = hashlib.sha256(sql.encode()).hexdigest()
            if name in known:
                if known[name] != digest:
                    raise MigrationError(f"{name} was changed after it had been applied; add a new file instead")
                continue
            with connection.transaction():
                connection.execute(cast(LiteralString, sql))
                connection.execute("INSERT INTO schema_migrations (name, digest) VALUES (%s, %s)", [name, digest])
            applied.append(name)
    return applied


def _connect(url: str) -> psycopg.Connection[tuple[str, str]]:
    deadline = time.monotonic() + _WAIT_SECONDS
    backoff = Backoff(most=2)
    while True:
        try:
            return psycopg.connect(url, autocommit=True, connect_timeout=5, application_name="demo-migrate")
        except psycopg.OperationalError as error:
            if time.monotonic() > deadline:
                raise
            log.info("waiting for the database", error=str(error).strip())
            time.sleep(backoff.next())


def main() -> int:
    settings = Settings.load()
    configure_logging(settings.service_name, settings.log_level)
    if settings.database_url is None:
        log.error("no database is bound: DATABASE_URL is not set")
        return 1
    try:
        applied = migrate(settings.database_url)
    except (psycopg.Error, MigrationError) as error:
        log.error("migration failed", error=str(error))
        return 1
    for name in applied:
        log.info("applied", migration=name)
    log.info("schema is up to date", applied=len(applied), total=len(migrations()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
