"""Jobs over RabbitMQ: persistent messages, publisher confirms, acknowledged after the work."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Literal, cast
from uuid import UUID

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage
from aio_pika.exceptions import AMQPError, ChannelInvalidStateError, ChannelNotFoundEntity, DeliveryError

from demo.queues import Delivery, QueueUnavailable

_TIMEOUT = 4.0
_IDLE_SECONDS = 0.2


class RabbitQueue:
    """One connection and one channel, made when first needed and again whenever they are lost.

    Messages are fetched one by one in the order of the queues. A subscription would save the polling, but it would
    also hand a worker messages of an idle queue in advance, so an urgent job could wait behind them.
    """

    def __init__(self, url: str, queues: Sequence[str]) -> None:
        """`queues` are the names of the queues, the most urgent first."""
        self._url = url
        self._queues = tuple(queues)
        self._connection: AbstractConnection | None = None
        self._channel: AbstractChannel | None = None
        self._lock = asyncio.Lock()

    @property
    def kind(self) -> Literal["rabbitmq"]:
        return "rabbitmq"

    async def send(self, queue: str, job_id: UUID) -> None:
        message = aio_pika.Message(
            json.dumps({"id": str(job_id)}).encode(),
            content_type="application/json",
            message_id=str(job_id),
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        )
        async with self._guard() as channel:
            await channel.default_exchange.publish(message, queue, mandatory=True, timeout=_TIMEOUT)

    async def receive(self, wait: float) -> Delivery | None:
        deadline = time.monotonic() + wait
        while True:
            async with self._guard() as channel:
                for name in self._queues:
                    queue = await channel.get_queue(name, ensure=False)
                    message = await queue.get(no_ack=False, fail=False, timeout=_TIMEOUT)
                    if message is not None and (delivery := await _read(name, message)):
                        return delivery
            if time.monotonic() >= deadline:
                return None
            await asyncio.sleep(_IDLE_SECONDS)

    async def ack(self, delivery: Delivery) -> None:
        async with self._guard():
            await cast(AbstractIncomingMessage, delivery.tag).ack()

    async def release(self, delivery: Delivery) -> None:
        async with self._guard():
            await cast(AbstractIncomingMessage, delivery.tag).nack(requeue=True)

    async def depth(self, queue: str) -> int:
        async with self._guard() as channel:
            declared = await channel.declare_queue(queue, passive=True, timeout=_TIMEOUT)
            return declared.declaration_result.message_count or 0

    async def recover(self) -> int:
        """Nothing to do: the broker itself returns what a lost connection had not acknowledged."""
        return 0

    async def ping(self) -> None:
        async with self._guard() as channel:
            await channel.declare_queue(self._queues[0], passive=True, timeout=_TIMEOUT)

    async def close(self) -> None:
        connection, self._connection, self._channel = self._connection, None, None
        if connection is not None:
            with suppress(Exception):
                await asyncio.wait_for(connection.close(), 1)

    @asynccontextmanager
    async def _guard(self) -> AsyncGenerator[AbstractChannel, None]:
        """A usable channel; whatever goes wrong with it drops the connection, so that the next call makes a new one."""
        try:
            yield await self._connected()
        except (AMQPError, DeliveryError, ChannelInvalidStateError, OSError, TimeoutError, RuntimeError) as error:
            await self.close()
            raise QueueUnavailable(f"RabbitMQ: {error or type(error).__name__}") from error

    async def _connected(self) -> AbstractChannel:
        async with self._lock:
            if self._channel is not None and not self._channel.is_closed:
                return self._channel
            await self.close()
            self._connection = await aio_pika.connect(self._url, timeout=_TIMEOUT, heartbeat=20)
            for name in self._queues:
                await _ensure_queue(self._connection, name)
            self._channel = await self._connection.channel(publisher_confirms=True)
            await self._channel.set_qos(prefetch_count=1)
            return self._channel


async def _ensure_queue(connection: AbstractConnection, name: str) -> None:
    """Use the queue as it was declared, whatever its arguments; declare a durable one only if there is none."""
    probe = await connection.channel()
    try:
        await probe.declare_queue(name, passive=True, timeout=_TIMEOUT)
    except ChannelNotFoundEntity:
        probe = await connection.channel()
        await probe.declare_queue(name, durable=True, timeout=_TIMEOUT)
    await probe.close()


async def _read(queue: str, message: AbstractIncomingMessage) -> Delivery | None:
    try:
        job_id = UUID(json.loads(message.body)["id"])
    except (ValueError, KeyError, TypeError):
        # Not one of ours: left unacknowledged it would come back for ever.
        await message.reject(requeue=False)
        return None
    return Delivery(job_id, queue, bool(message.redelivered), message)
