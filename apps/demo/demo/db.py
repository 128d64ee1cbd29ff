"""The database: a pool that survives restarts of the server, and statements that are timed."""

import time
from collections.abc import Mapping
from typing import LiteralString

from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool

from demo import metrics

Params = Mapping[str, object]

_CONNECT_SECONDS = 3
_WAIT_SECONDS = 4.0


async def _check(connection: AsyncConnection[DictRow]) -> None:
    """Find out before a statement, and not by it, that a connection did not survive a restart of the server."""
    await connection.execute("")


class Database:
    """A pool of connections. Every statement runs in a transaction of its own.

    Statements raise `psycopg.OperationalError` (its subclass `PoolTimeout` after four seconds without a connection)
    while the server is away; the next one after its return succeeds.
    """

    def __init__(self, url: str, *, most: int = 10) -> None:
        """`most` is the largest number of connections; one is kept open."""
        self._pool: AsyncConnectionPool[AsyncConnection[DictRow]] = AsyncConnectionPool(
            url,
            connection_class=AsyncConnection[DictRow],
            kwargs={"row_factory": dict_row, "connect_timeout": _CONNECT_SECONDS, "application_name": "demo"},
            min_size=1,
            max_size=most,
            open=False,
            timeout=_WAIT_SECONDS,
            # Bounds the pool's own back-off: a longer one would leave us down long after the server is up again.
            reconnect_timeout=4.0,
            check=_check,
        )

    async def open(self) -> None:
        """Start connecting; does not wait, so that a service starts while its database is still away."""
        await self._pool.open(wait=False)

    async def close(self) -> None:
        await self._pool.close(timeout=1)

    async def fetch(self, query_type: str, sql: LiteralString, params: Params | None = None) -> list[DictRow]:
        """All rows of a statement; `query_type` labels its duration in the metrics."""
        async with self._pool.connection() as connection:
            started = time.perf_counter()
            try:
                cursor = await connection.execute(sql, params)
                return await cursor.fetchall() if cursor.description else []
            finally:
                metrics.observe("db_query_duration_seconds", time.perf_counter() - started, query_type=query_type)

    async def fetch_one(self, query_type: str, sql: LiteralString, params: Params | None = None) -> DictRow | None:
        """The first row of a statement, or None."""
        rows = await self.fetch(query_type, sql, params)
        return rows[0] if rows else None

    async def version(self) -> str:
        """The server's version, such as `16.4`."""
        row = await self.fetch_one("version", "SHOW server_version")
        return str(row["server_version"]).split()[0] if row else "unknown"
