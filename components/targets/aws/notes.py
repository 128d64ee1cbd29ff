"""What somebody who checks a stack should know of how its services run on AWS, and is no problem. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from components.core.settings import StackSettings
from components.model.postgres import Postgres
from components.model.system import System


def notes(system: System, settings: StackSettings) -> Iterator[str]:
    """One line for each thing to know of a resolved system."""
    for service in system.services():
        if isinstance(service, Postgres) and service.variant == "container":
            yield from _postgres(service)


def _postgres(database: Postgres) -> Iterator[str]:
    yield (
        f"{database.name}: one container instead of RDS: no standby and no replicas (a lost task is a minute or more "
        "without a database, and so is every update of it), no restore to a point in time, minor versions by the "
        "image alone, and every write waits for EFS; TLS is there for clients that ask, not forced"
    )
    kept = database.volume.backup
    if kept == "recreatable":
        yield f"{database.name}: its volume is recreatable, so it is neither dumped nor backed up"
    else:
        yield (
            f"{database.name}: dumped each night at 02:00 UTC into its volume, which AWS Backup copies "
            f"{'each night' if kept == 'critical' else 'each week'} ({kept}); restore from the dump, for the copied "
            "files of a running server are not of one moment"
        )
