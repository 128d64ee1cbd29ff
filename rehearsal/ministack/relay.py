"""A way into the network of a rehearsal: `python -m played.relay HOST PORT` passes what comes to port 8080 on.

The name is looked up for each connection, so that one to a task that has gone leads to its successor.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys

LISTENS = 8080


async def passed(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    """Pass bytes on until one side ends."""
    with contextlib.suppress(OSError):
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
    sink.close()


async def serve(host: str, port: int, listens: int = LISTENS) -> None:
    """Relay until the process ends; a connection that the other side refuses is closed."""

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, sink = await asyncio.open_connection(host, port)
        except OSError:
            writer.close()
            return
        await asyncio.gather(passed(reader, sink), passed(there, writer))

    server = await asyncio.start_server(one, "0.0.0.0", listens)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], int(sys.argv[2])))
