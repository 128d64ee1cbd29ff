"""What a Postgres in a container is told from inside once it is up, the same on every target. Pure."""

from __future__ import annotations

from components.model.postgres import Postgres


def prepare(database: Postgres, password: str) -> str:
    """A shell script that sets the password (what the command `password` prints) and creates the extensions, over the
    local socket.

    A described health check may have met the server of the image's first set-up, which is stopped again; only the
    lasting one answers by TCP.
    """
    script = [f"\\set secret `{password}`", f"ALTER ROLE {quoted(database.user)} PASSWORD :'secret';"]
    script += [f"CREATE EXTENSION IF NOT EXISTS {quoted(name)} CASCADE;" for name in database.extensions]
    text = "\n".join(script)
    psql = f"psql -X -q -v ON_ERROR_STOP=1 -U {database.user} -d {database.database}"
    lasting = "until pg_isready -q -h 127.0.0.1; do sleep 0.2; done"
    return f"{lasting}; {psql} <<'SQL'\nSET client_min_messages = warning;\n{text}\nSQL"


def quoted(identifier: str) -> str:
    """An SQL identifier; the model allows no quotes in one."""
    return f'"{identifier}"'
