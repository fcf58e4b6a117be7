"""Several servers over one database: a write on one is pushed by all, whatever befalls what carries the word."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from random import Random

import asyncpg
import httpx2
import pytest
from redis.asyncio import Redis

from service.redis_client import ANSWER_TIMEOUT_S, connect
from tests.faults.crowds import Crowd
from tests.faults.invariants import LOG, beside
from tests.faults.load import MixedLoad
from tests.faults.subscribers import KINDS, StreamSubscriber
from tests.mirroring import check_mirror
from tests.redises import RedisServer
from tests.servers import LiveServer

LONG = (pytest.mark.slow, pytest.mark.timeout(300))
WRITES_MAX = 60
CLIENTS = 4
TIMEOUT_S = 30
NONSENSE = (b"", b"\xff\xfe", b"somebody default", b"somebody elsewhere", b"x" * 10_000)

StartServer = Callable[..., LiveServer]
Fault = Callable[[RedisServer, Callable[[], Awaitable[None]]], Awaitable[None]]
"""What befalls Redis while `write` writes."""


async def killed(redis: RedisServer, write: Callable[[], Awaitable[None]]) -> None:
    """It comes back empty."""
    redis.kill()
    await write()
    await asyncio.to_thread(redis.start)


async def frozen(redis: RedisServer, write: Callable[[], Awaitable[None]]) -> None:
    """For as long as it takes until it is given up, and a little longer."""
    with redis.frozen():
        await write()
        await asyncio.sleep(2 * ANSWER_TIMEOUT_S)
        await write()


async def emptied(redis: RedisServer, write: Callable[[], Awaitable[None]]) -> None:
    async with connect(redis.url) as client:
        await client.flushall()
        await write()


async def lying(redis: RedisServer, write: Callable[[], Awaitable[None]]) -> None:
    """It says what nobody said, many times."""
    async with connect(redis.url) as client:
        talking = asyncio.create_task(_talk(client))
        await write()
        talking.cancel()
        await asyncio.gather(talking, return_exceptions=True)


FAULTS = [
    pytest.param(killed, 1, id="killed"),
    pytest.param(killed, 2, id="killed twice", marks=LONG),
    *(pytest.param(fault, 1, id=fault.__name__, marks=LONG) for fault in (frozen, emptied, lying)),
]


async def _talk(client: Redis) -> None:
    while True:
        for nonsense in NONSENSE:
            await client.publish("digsite:wakeups", nonsense)
        await asyncio.sleep(0.001)


@pytest.fixture
def servers(postgres_url: str, redis_server: RedisServer, start_server: StartServer) -> list[LiveServer]:
    """Of all three, two mirror."""
    redis = {"DIGSITE_REDIS_URL": redis_server.url}
    mirror = {"DIGSITE_REDIS_MIRROR": "true"}
    return [start_server(postgres_url, **redis, **each) for each in (mirror, mirror, {})]


@asynccontextmanager
async def written_to(*servers: LiveServer) -> AsyncIterator[list[MixedLoad]]:
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(MixedLoad(server.url, clients=CLIENTS)) for server in servers]


async def until_nothing_is_missing(servers: list[LiveServer]) -> None:
    """Return when each server has all that it can do without."""
    async with asyncio.timeout(TIMEOUT_S), httpx2.AsyncClient() as client:
        for server in servers:
            while (await client.get(f"{server.url}/ready")).json() != {"message": "OK"}:
                await asyncio.sleep(0.05)


@pytest.mark.parametrize(("fault", "rounds"), FAULTS)
async def test_whatever_befalls_redis_nobody_misses_anything(
    servers: list[LiveServer], redis_server: RedisServer, fault: Fault, rounds: int, dice: Random
) -> None:
    async with Crowd(*(kind(server.url) for server in servers for kind in KINDS)) as crowd:
        async with written_to(*servers) as loads:

            async def write() -> None:
                await asyncio.gather(*(load.grow(dice.randint(1, WRITES_MAX)) for load in loads))

            for _ in range(rounds):
                await write()
                await fault(redis_server, write)
                await until_nothing_is_missing(servers)
        log = await crowd.check(servers[0].database_url)
    async with beside(servers[0].database_url) as store, connect(redis_server.url) as client:
        await check_mirror(store, client, f"digsite:log:{LOG}", LOG)
    print(f"{rounds} times, {len(log)} events to {len(crowd.subscribers)} subscribers")


@pytest.mark.parametrize("rounds", [1, pytest.param(2, marks=LONG)])
async def test_without_redis_a_cut_connection_costs_nobody_an_event(
    postgres_url: str, start_server: StartServer, rounds: int, dice: Random
) -> None:
    servers = [start_server(postgres_url) for _ in range(2)]
    async with Crowd(*(StreamSubscriber(server.url) for server in servers)) as crowd:
        async with written_to(servers[0]) as [load]:
            for _ in range(rounds):
                await load.grow(dice.randint(1, WRITES_MAX))
                assert await cut_buses(postgres_url) == 2
                await load.grow(dice.randint(1, WRITES_MAX))
                await until_nothing_is_missing(servers)
        await crowd.check(postgres_url)


async def cut_buses(url: str) -> int:
    """End the connections that carry wake-ups. Answers how many there were."""
    admin = await asyncpg.connect(url)
    ended = await admin.fetch(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE application_name = 'digsite bus' AND datname = current_database()"
    )
    await admin.close()
    return len(ended)


@pytest.mark.parametrize("rounds", [1, pytest.param(3, marks=LONG)])
async def test_mirrors_that_are_killed_in_the_midst_leave_one_ordered_copy(
    servers: list[LiveServer], redis_server: RedisServer, rounds: int, dice: Random
) -> None:
    *mirroring, writing = servers
    async with written_to(writing) as [load]:
        for number in range(rounds):
            await load.grow(dice.randint(1, WRITES_MAX))
            victim = mirroring[number % len(mirroring)]
            victim.kill()
            await load.grow(dice.randint(1, WRITES_MAX))
            await asyncio.to_thread(victim.start)
    async with beside(writing.database_url) as store, connect(redis_server.url) as client:
        await check_mirror(store, client, f"digsite:log:{LOG}", LOG)
        assert not await client.exists(f"digsite:aside:{LOG}")
