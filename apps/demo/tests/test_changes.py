"""The cached list against a real Redis: used, and never stale after a write."""

import asyncio
from collections.abc import Awaitable, Callable

from demo.changes import Changes
from demo.models import Job


class Table:
    """Stands where the database is read; counts how often."""

    def __init__(self) -> None:
        self.reads = 0

    async def load(self) -> list[Job]:
        self.reads += 1
        return []


def run(redis_url: str | None, scenario: Callable[[Changes], Awaitable[None]]) -> None:
    async def whole() -> None:
        changes = Changes(redis_url)
        try:
            await scenario(changes)
        finally:
            await changes.close()

    asyncio.run(whole())


def test_a_second_read_is_answered_by_the_cache(redis_url: str) -> None:
    async def scenario(changes: Changes) -> None:
        table = Table()
        await changes.recent(10, table.load)
        await changes.recent(10, table.load)
        assert table.reads == 1
        await changes.recent(20, table.load)
        assert table.reads == 2, "another limit is another list"

    run(redis_url, scenario)


def test_a_write_makes_the_next_read_fresh(redis_url: str) -> None:
    async def scenario(changes: Changes) -> None:
        table = Table()
        await changes.recent(10, table.load)
        await changes.announce()
        await changes.recent(10, table.load)
        assert table.reads == 2

    run(redis_url, scenario)


def test_a_list_read_before_a_write_is_not_kept_after_it(redis_url: str) -> None:
    async def scenario(changes: Changes) -> None:
        table = Table()

        async def slow() -> list[Job]:
            stale = await table.load()
            await changes.announce()
            return stale

        await changes.recent(10, slow)
        await changes.recent(10, table.load)
        assert table.reads == 2

    run(redis_url, scenario)


def test_news_reach_other_processes(redis_url: str) -> None:
    async def scenario(changes: Changes) -> None:
        other = Changes(redis_url)
        news = other.listen()
        await anext(news)
        await changes.announce()
        await asyncio.wait_for(anext(news), 2)
        await news.aclose()  # type: ignore[attr-defined]
        await other.close()

    run(redis_url, scenario)


def test_without_redis_or_with_redis_away_the_database_answers() -> None:
    async def scenario(changes: Changes) -> None:
        table = Table()
        await changes.announce()
        await changes.recent(10, table.load)
        await changes.recent(10, table.load)
        assert table.reads == 2

    run(None, scenario)
    run("redis://127.0.0.1:1/0", scenario)
