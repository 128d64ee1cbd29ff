"""How every part of the services talks to Redis; some of the client's signatures are untyped, which stays in here."""

from collections.abc import AsyncIterator
from typing import Any, cast

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff


def connect(url: str) -> Redis:
    """A client that connects when first used, and again with a short back-off after a lost connection.

    Replies are text. Commands raise `redis.exceptions.RedisError` after about three seconds without an answer.
    """
    return Redis.from_url(  # pyright: ignore[reportUnknownMemberType]
        url,
        decode_responses=True,
        socket_connect_timeout=2,
        socket_timeout=3,
        health_check_interval=15,
        retry=Retry(ExponentialBackoff(cap=0.5, base=0.05), retries=2),
    )


async def ping(client: Redis) -> None:
    """Raise `redis.exceptions.RedisError` unless the server answers."""
    await cast(Any, client).ping()


async def publish(client: Redis, channel: str) -> None:
    """Send a message without content to all subscribers."""
    await cast(Any, client).publish(channel, "1")


async def subscribe(client: Redis, channel: str) -> AsyncIterator[None]:
    """Yield once when subscribed, then for every message. Raises `RedisError` or `OSError` when the server is lost."""
    subscription = cast(Any, client).pubsub()
    try:
        await subscription.subscribe(channel)
        yield
        while True:
            message = await subscription.get_message(ignore_subscribe_messages=True, timeout=20.0)
            if message is not None:
                yield
    finally:
        await subscription.aclose()
