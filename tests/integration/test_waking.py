"""A write in one process wakes those who follow in another, over Redis or NOTIFY, and again after each outage.

The processes are two sets of parts in this one. Nobody looks at the log unasked here, so only a wake-up helps.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import pytest
from redis.asyncio import Redis

from events import feed
from events.feed import Follower
from events.testing import LOG
from service.app import create_app, opened
from service.deciding.commands import CreateArtifacts, NewArtifact
from service.parts import Parts
from service.settings import Settings
from tests.redises import RedisServer

TIMEOUT_S = 20
PATIENCE_S = 0.05
NEVER_S = 1_000.0
POLL_S = feed.POLL_S


@pytest.fixture(autouse=True)
def nobody_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "POLL_S", NEVER_S)


@pytest.fixture(params=["redis", "notify"])
def settings(request: pytest.FixtureRequest, postgres_url: str, tmp_path: Path) -> Settings:
    redis: dict[str, Any] = {}
    if request.param == "redis":
        redis["redis_url"] = request.getfixturevalue("redis_url")
        redis["redis_prefix"] = request.getfixturevalue("redis_prefix")
    return Settings(home=tmp_path, database_url=postgres_url, **redis)


@pytest.fixture
def own_redis(postgres_url: str, redis_server: RedisServer, tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, database_url=postgres_url, redis_url=redis_server.url)


class Pair:
    """One process that writes, and another in which somebody follows."""

    def __init__(self, writing: Parts, reading: Parts, follower: Follower) -> None:
        self.writing, self.reading = writing, reading
        self._follower = follower

    async def write(self) -> int:
        """The last position after a write."""
        await self.writing.writer.submit(LOG, CreateArtifacts(items=(NewArtifact(),)))
        return (await self.writing.store.head(LOG)).position

    async def hear(self, position: int) -> None:
        """Return when the follower has been given all events up to there."""
        async with asyncio.timeout(TIMEOUT_S):
            while self._follower.position < position:
                await self._follower.next()

    async def connect(self) -> None:
        """Write until word arrives."""
        head = (await self.writing.store.head(LOG)).position
        hearing = asyncio.create_task(self.hear(head + 1))
        while not hearing.done():
            await self.write()
            await asyncio.wait({hearing}, timeout=PATIENCE_S)
        await hearing


@asynccontextmanager
async def connected(settings: Settings) -> AsyncIterator[Pair]:
    async with opened(settings) as writing, opened(settings) as reading:
        with reading.feeds.of(LOG).follow(0) as follower:
            pair = Pair(writing, reading, follower)
            await pair.connect()
            yield pair


async def test_a_lone_write_is_heard_of(settings: Settings) -> None:
    async with connected(settings) as pair:
        for _ in range(3):
            await pair.hear(await pair.write())


async def test_the_last_of_many_writes_is_heard_of(settings: Settings) -> None:
    async with connected(settings) as pair:
        positions = await asyncio.gather(*(pair.write() for _ in range(300)))
        await pair.hear(max(positions))


async def test_notify_steps_in_while_redis_is_gone(own_redis: Settings, redis_server: RedisServer) -> None:
    async with connected(own_redis) as pair:
        redis_server.kill()
        await pair.connect()
        await pair.hear(await pair.write())


async def test_notify_steps_in_while_redis_hangs(own_redis: Settings, redis_server: RedisServer) -> None:
    async with connected(own_redis) as pair:
        with redis_server.frozen():
            await pair.connect()
            await pair.hear(await pair.write())


async def test_who_only_listens_notices_that_redis_hangs(own_redis: Settings, redis_server: RedisServer) -> None:
    async with connected(own_redis) as pair:
        with redis_server.frozen():
            await until(lambda: "bus/redis" in pair.reading.bus.outages)
        await until(lambda: pair.reading.bus.outages == {})


async def test_a_redis_that_is_back_is_used_again(own_redis: Settings, redis_server: RedisServer) -> None:
    async with connected(own_redis) as pair:
        redis_server.kill()
        await until(lambda: "bus/redis" in pair.writing.bus.outages)
        redis_server.start()
        await until(lambda: pair.writing.bus.outages == {} == pair.reading.bus.outages)
        async with Redis.from_url(redis_server.url) as client, client.pubsub() as pubsub:
            await pubsub.subscribe("digsite:wakeups")
            await pubsub.get_message(timeout=TIMEOUT_S)
            await pair.hear(await pair.write())
            message = await pubsub.get_message(timeout=TIMEOUT_S)
    assert message["data"].split()[1] == LOG.encode()


@pytest.mark.parametrize("settings", ["notify"], indirect=True)
async def test_a_connection_that_is_cut_is_made_again(settings: Settings) -> None:
    async with connected(settings) as pair:
        admin = await asyncpg.connect(settings.database_url)
        ended = await admin.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'digsite bus' AND datname = current_database()"
        )
        await admin.close()
        assert len(ended) == 2
        await pair.connect()
        await pair.hear(await pair.write())


@pytest.mark.parametrize("settings", ["notify"], indirect=True)
async def test_who_is_deaf_looks_now_and_then(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "POLL_S", POLL_S)
    async with connected(settings) as pair:
        await pair.reading.bus.close()
        await pair.hear(await pair.write())


async def test_a_server_without_its_redis_is_ready_and_says_what_is_missing(
    own_redis: Settings, redis_server: RedisServer
) -> None:
    async with connected(own_redis) as pair:
        transport = httpx2.ASGITransport(create_app(pair.writing))
        async with httpx2.AsyncClient(transport=transport, base_url="http://digsite/api") as api:
            assert (await api.get("/ready")).json() == {"message": "OK"}
            redis_server.kill()
            await until(lambda: pair.writing.bus.outages != {})
            ready = await api.get("/ready")
            metrics = (await api.get("/metrics")).text
    assert (ready.status_code, ready.json()["message"], list(ready.json()["degraded"])) == (200, "OK", ["bus/redis"])
    assert 'digsite_up{what="bus/redis"} 0.0' in metrics


async def test_a_server_starts_without_its_redis(own_redis: Settings, redis_server: RedisServer) -> None:
    redis_server.kill()
    async with connected(own_redis) as pair:
        await pair.hear(await pair.write())


async def test_one_process_alone_needs_no_bus(sqlite_url: str, tmp_path: Path) -> None:
    async with opened(Settings(home=tmp_path, database_url=sqlite_url)) as parts:
        with parts.feeds.of(LOG).follow(0) as follower:
            pair = Pair(parts, parts, follower)
            await pair.hear(await pair.write())


async def until(is_reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(TIMEOUT_S):
        while not is_reached():
            await asyncio.sleep(0.01)
