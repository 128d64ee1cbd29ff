"""Jobs over Redis lists: a job is moved, never popped, so it is always in some list until it has ended.

The jobs of queue `q` wait in the list `queue:q`. A worker moves one to a list of its own,
`queue:q:processing:<worker>`, and removes it from there when the job has ended. A worker says that it lives by a key
that expires; what is left in the list of one that does not is returned by any other.
"""

import asyncio
import json
import os
import socket
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Literal, cast
from uuid import UUID, uuid4

from redis.asyncio import Redis
from redis.exceptions import RedisError

from demo.queues import Delivery, QueueUnavailable
from demo.redis_client import connect, ping

ALIVE_SECONDS = 10
"""How long a worker counts as living after its last sign of life."""
_SIGN_EVERY = 3.0
_BLOCK_SECONDS = 0.25
_WORKERS = "queue:workers"

_RETURN = """
local moved = 0
while true do
    local raw = redis.call('LPOP', KEYS[1])
    if not raw then return moved end
    local job = cjson.decode(raw)
    job.redelivered = true
    redis.call('RPUSH', KEYS[2], cjson.encode(job))
    moved = moved + 1
end
"""


class RedisQueue:
    """A reliable queue with priorities; one instance is one sender, or one worker with one job in hand at a time."""

    def __init__(self, url: str, queues: Sequence[str], *, worker: str | None = None) -> None:
        """`queues` are the names of the queues, the most urgent first; `worker` defaults to a name of its own."""
        self._redis: Redis = connect(url)
        self._queues = tuple(queues)
        self.worker = worker or f"{socket.gethostname()}-{os.getpid()}-{uuid4().hex[:8]}"
        self._signs: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()

    @property
    def kind(self) -> Literal["redis"]:
        return "redis"

    async def send(self, queue: str, job_id: UUID) -> None:
        async with _guard():
            await self._redis.lpush(_waiting(queue), json.dumps({"id": str(job_id)}))

    async def receive(self, wait: float) -> Delivery | None:
        if self._signs is None:
            await self._sign_of_life()
            self._signs = asyncio.create_task(self._keep_signing())
        for name in self._queues:
            # With no job in hand, what is in our lists was moved by a command whose answer or acknowledgement was lost.
            await self._return(self._mine(name), name)
        deadline = time.monotonic() + wait
        while True:
            async with _guard():
                for name in self._queues:
                    raw = await self._redis.lmove(_waiting(name), self._mine(name), "RIGHT", "LEFT")
                    if raw is not None and (delivery := await self._read(name, raw)):
                        return delivery
                if time.monotonic() >= deadline:
                    return None
                # Blocks on the most urgent queue only, so the pause bounds how long the others wait.
                name = self._queues[0]
                raw = await self._block(name)
                if raw is not None and (delivery := await self._read(name, raw)):
                    return delivery

    async def ack(self, delivery: Delivery) -> None:
        async with _guard():
            await self._redis.lrem(self._mine(delivery.queue), 1, str(delivery.tag))

    async def release(self, delivery: Delivery) -> None:
        await self._return(self._mine(delivery.queue), delivery.queue)

    async def depth(self, queue: str) -> int:
        async with _guard():
            return int(await self._redis.llen(_waiting(queue)))

    async def recover(self) -> int:
        """Return the jobs of workers that have shown no sign of life for `ALIVE_SECONDS`."""
        moved = 0
        async with _guard():
            names = await self._redis.smembers(_WORKERS)
            for raw in names:
                worker = _text(raw)
                if worker == self.worker or await self._redis.exists(_alive(worker)):
                    continue
                for queue in self._queues:
                    moved += await self._return(_processing(queue, worker), queue)
                await self._redis.srem(_WORKERS, worker)
        return moved

    async def ping(self) -> None:
        async with _guard():
            await ping(self._redis)

    async def close(self) -> None:
        # A cancellation alone can be lost: one that meets a command's own time-out comes out of it as a TimeoutError.
        self._closing.set()
        if self._signs is not None:
            self._signs.cancel()
            await asyncio.wait({self._signs})
            self._signs = None
            with suppress(RedisError, OSError):
                # Not taken off the set of workers: if a job is still here, another worker must find it.
                await self._redis.delete(_alive(self.worker))
        with suppress(RedisError, OSError):
            await self._redis.aclose()

    def _mine(self, queue: str) -> str:
        return _processing(queue, self.worker)

    async def _block(self, queue: str) -> bytes | str | None:
        # The signature says whole seconds; the server takes fractions.
        seconds = cast(int, _BLOCK_SECONDS)
        return await self._redis.blmove(_waiting(queue), self._mine(queue), seconds, "RIGHT", "LEFT")

    async def _read(self, queue: str, raw: bytes | str) -> Delivery | None:
        text = _text(raw)
        try:
            body = cast(dict[str, object], json.loads(text))
            return Delivery(UUID(str(body["id"])), queue, bool(body.get("redelivered")), text)
        except (ValueError, KeyError, TypeError):
            # Not one of ours: left in the list it would come back for ever.
            await self._redis.lrem(self._mine(queue), 1, text)
            return None

    async def _return(self, source: str, queue: str) -> int:
        async with _guard():
            return int(cast(int, await self._redis.eval(_RETURN, 2, source, _waiting(queue))))

    async def _sign_of_life(self) -> None:
        async with _guard():
            await self._redis.set(_alive(self.worker), "1", ex=ALIVE_SECONDS)
            await self._redis.sadd(_WORKERS, self.worker)

    async def _keep_signing(self) -> None:
        while not self._closing.is_set():
            with suppress(QueueUnavailable):
                await self._sign_of_life()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), _SIGN_EVERY)


def _waiting(queue: str) -> str:
    return f"queue:{queue}"


def _processing(queue: str, worker: str) -> str:
    return f"queue:{queue}:processing:{worker}"


def _alive(worker: str) -> str:
    return f"queue:alive:{worker}"


def _text(raw: bytes | str) -> str:
    return raw.decode() if isinstance(raw, bytes) else raw


@asynccontextmanager
async def _guard() -> AsyncGenerator[None, None]:
    try:
        yield
    except (RedisError, OSError, TimeoutError) as error:
        raise QueueUnavailable(f"Redis: {error or type(error).__name__}") from error
