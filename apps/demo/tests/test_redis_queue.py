"""The Redis queue against a real server: order, and that nothing is lost."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from uuid import UUID, uuid4

import pytest

from demo.queues import Delivery, QueueUnavailable
from demo.queues.redis_lists import RedisQueue
from demo.redis_client import connect

QUEUES = ("high", "medium", "low")


def run(redis_url: str, scenario: Callable[[RedisQueue], Awaitable[None]]) -> None:
    async def whole() -> None:
        queue = RedisQueue(redis_url, QUEUES, worker="first")
        try:
            await scenario(queue)
        finally:
            await queue.close()

    asyncio.run(whole())


async def take(queue: RedisQueue) -> Delivery:
    delivery = await queue.receive(1)
    assert delivery is not None
    return delivery


def test_urgent_jobs_go_first_and_equals_in_order(redis_url: str) -> None:
    async def scenario(queue: RedisQueue) -> None:
        sent = {name: [uuid4(), uuid4()] for name in QUEUES}
        for name in reversed(QUEUES):
            for job_id in sent[name]:
                await queue.send(name, job_id)
        received: list[UUID] = []
        for _ in range(6):
            delivery = await take(queue)
            received.append(delivery.job_id)
            await queue.ack(delivery)
        assert received == [*sent["high"], *sent["medium"], *sent["low"]]

    run(redis_url, scenario)


def test_an_idle_queue_waits_about_as_long_as_asked(redis_url: str) -> None:
    async def scenario(queue: RedisQueue) -> None:
        started = time.monotonic()
        assert await queue.receive(0.6) is None
        assert 0.5 < time.monotonic() - started < 1.5

    run(redis_url, scenario)


def test_a_job_sent_while_waiting_arrives_soon(redis_url: str) -> None:
    async def scenario(queue: RedisQueue) -> None:
        waiting = asyncio.create_task(queue.receive(5))
        await asyncio.sleep(0.3)
        sent = time.monotonic()
        await queue.send("low", uuid4())
        assert await waiting is not None
        assert time.monotonic() - sent < 0.6

    run(redis_url, scenario)


def test_a_dead_workers_job_returns_first_in_line(redis_url: str) -> None:
    async def scenario(queue: RedisQueue) -> None:
        lost, other = uuid4(), uuid4()
        dead = RedisQueue(redis_url, QUEUES, worker="dead")
        await queue.send("medium", lost)
        await queue.send("medium", other)
        await take(dead)
        assert await queue.recover() == 0, "a living worker keeps its job"
        await dead.close()
        assert await queue.recover() == 1
        delivery = await take(queue)
        assert (delivery.job_id, delivery.redelivered) == (lost, True)
        await queue.ack(delivery)
        assert (await take(queue)).job_id == other

    run(redis_url, scenario)


def test_a_killed_worker_is_noticed_by_its_silence(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("demo.queues.redis_lists.ALIVE_SECONDS", 1)

    async def scenario(queue: RedisQueue) -> None:
        killed = RedisQueue(redis_url, QUEUES, worker="killed")
        await queue.send("low", uuid4())
        await take(killed)
        await asyncio.sleep(1.3)  # Signs of life come every three seconds, so it has given none since.
        assert await queue.recover() == 1
        await killed.close()

    run(redis_url, scenario)


def test_a_released_job_goes_before_the_others(redis_url: str) -> None:
    async def scenario(queue: RedisQueue) -> None:
        first = uuid4()
        await queue.send("high", first)
        await queue.send("high", uuid4())
        await queue.release(await take(queue))
        assert (await take(queue)).job_id == first

    run(redis_url, scenario)


def test_a_move_whose_answer_was_lost_is_made_good(redis_url: str) -> None:
    async def scenario(queue: RedisQueue) -> None:
        job_id = uuid4()
        await queue.send("high", job_id)
        client = connect(redis_url)
        await client.lmove("queue:high", "queue:high:processing:first", "RIGHT", "LEFT")
        await client.aclose()
        assert (await take(queue)).job_id == job_id

    run(redis_url, scenario)


def test_closing_ends_the_signs_of_life_even_in_the_middle_of_one(redis_url: str) -> None:
    """A cancellation that met a command's time-out was lost now and then, and the process never ended."""

    async def scenario(queue: RedisQueue) -> None:
        await queue.send("high", uuid4())
        await take(queue)

    for _ in range(300):
        run(redis_url, scenario)


def test_what_is_not_a_job_is_dropped(redis_url: str) -> None:
    async def scenario(queue: RedisQueue) -> None:
        client = connect(redis_url)
        await client.lpush("queue:high", "nonsense")
        assert await queue.receive(0.3) is None
        assert await client.llen("queue:high:processing:first") == 0
        await client.aclose()

    run(redis_url, scenario)


def test_a_server_that_is_away_is_reported() -> None:
    async def scenario() -> None:
        queue = RedisQueue("redis://127.0.0.1:1/0", QUEUES)
        with pytest.raises(QueueUnavailable):
            await queue.send("high", uuid4())
        await queue.close()

    asyncio.run(scenario())
