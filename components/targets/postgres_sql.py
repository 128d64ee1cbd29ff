"""What a Postgres in a container is given, and told from inside once it is up, the same on every target. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from components.model.postgres import Postgres


def init_files(database: Postgres, root: Path) -> dict[str, str]:
    """The init scripts, which the image runs in their order on an empty volume, by their paths in the container."""
    return {
        f"/docker-entrypoint-initdb.d/{number:02d}-{PurePosixPath(path).name}": (root / path).read_text()
        for number, path in enumerate(database.init)
    }


def arguments(parameters: Mapping[str, str]) -> list[str]:
    """The server's parameters as words of its command."""
    return [word for key, value in parameters.items() for word in ("-c", f"{key}={value}")]


def prepare(database: Postgres, password: str) -> str:
    """A shell script that sets the password (what the command `password` prints) and creates the extensions, over the
    local socket.

    A described health check may have met the server of the image's first set-up, which is stopped again; only the
    lasting one answers by TCP.
    """
    script = [f"\\set secret `{password}`", f"ALTER ROLE {quoted(database.user)} PASSWORD :'secret';"]
    text = "\n".join([*script, *extensions(database)])
    psql = f"psql -X -q -v ON_ERROR_STOP=1 -U {database.user} -d {database.database}"
    lasting = "until pg_isready -q -h 127.0.0.1; do sleep 0.2; done"
    return f"{lasting}; {psql} <<'SQL'\nSET client_min_messages = warning;\n{text}\nSQL"


def extensions(database: Postgres) -> list[str]:
    """The statements that create them."""
    return [f"CREATE EXTENSION IF NOT EXISTS {quoted(name)} CASCADE;" for name in database.extensions]


def quoted(identifier: str) -> str:
    """An SQL identifier; the model allows no quotes in one."""
    return f'"{identifier}"'
