"""What the processes tell one another through Redis, and the list of recent jobs that they keep there.

A cached list is filed under a version that every write replaces *after* it has committed. A reader takes the version
before it asks the database, so a list that was read before a write can only be filed where no later reader looks.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from uuid import uuid4

from redis.asyncio import Redis
from redis.exceptions import RedisError

from demo import metrics
from demo.backoff import Backoff
from demo.logs import get_logger
from demo.models import Job, JobList
from demo.redis_client import connect, ping, publish, subscribe

CACHE_SECONDS = 5
"""Bounds how old a list can be after a write by a process that Redis is not bound to."""
_CACHE_TYPE = "jobs_list"
_VERSION = "cache:jobs:version"
_CHANNEL = "jobs:changed"

log = get_logger(__name__)


class Changes:
    """The cache of recent jobs and the news that jobs have changed; without Redis it does nothing, correctly."""

    def __init__(self, redis_url: str | None) -> None:
        self._redis: Redis | None = connect(redis_url) if redis_url else None
        self._unannounced = False
        if redis_url:
            metrics.declare_cache(_CACHE_TYPE)

    @property
    def bound(self) -> bool:
        return self._redis is not None

    async def announce(self) -> None:
        """Say that a job has changed: call it after the commit and before answering. Never fails.

        While Redis is away the announcement is owed; until it is made this process reads past the cache.
        """
        if self._redis is None:
            return
        try:
            await self._redis.set(_VERSION, uuid4().hex)
            await publish(self._redis, _CHANNEL)
            self._unannounced = False
        except (RedisError, OSError) as error:
            self._unannounced = True
            log.warning("cache not reachable", error=str(error))

    async def recent(self, limit: int, load: Callable[[], Awaitable[list[Job]]]) -> list[Job]:
        """The recent jobs from the cache, or by `load`; a cache that is down only costs time."""
        key = await self._key(limit)
        if self._redis is None or key is None:
            return await load()
        with suppress(RedisError, OSError):
            cached = await self._redis.get(key)
            if cached is not None:
                metrics.count("cache_hits_total", cache_type=_CACHE_TYPE)
                return JobList.model_validate_json(cached).jobs
        metrics.count("cache_misses_total", cache_type=_CACHE_TYPE)
        jobs = await load()
        with suppress(RedisError, OSError):
            await self._redis.set(key, JobList(jobs=jobs).model_dump_json(), ex=CACHE_SECONDS)
        return jobs

    async def _key(self, limit: int) -> str | None:
        if self._unannounced:
            await self.announce()
        if self._redis is None or self._unannounced:
            return None
        try:
            version = await self._redis.get(_VERSION)
            if version is None:
                await self._redis.set(_VERSION, uuid4().hex, nx=True)
                version = await self._redis.get(_VERSION)
        except (RedisError, OSError):
            return None
        return f"cache:jobs:{version}:{limit}"

    async def listen(self) -> AsyncIterator[None]:
        """Yield whenever any process announces a change, and once after each (re)connection. Never ends."""
        backoff = Backoff()
        while self._redis is not None:
            try:
                async for _ in subscribe(self._redis, _CHANNEL):
                    backoff.reset()
                    yield
            except (RedisError, OSError) as error:
                log.warning("lost the subscription to changes", error=str(error))
                await asyncio.sleep(backoff.next())

    async def ping(self) -> None:
        """Raise `RedisError` or `OSError` unless Redis answers."""
        if self._redis is not None:
            await ping(self._redis)

    async def close(self) -> None:
        if self._redis is not None:
            with suppress(RedisError, OSError):
                await self._redis.aclose()
