"""Two servers over one PostgreSQL and one Redis, of which each part fails in turn: nobody misses an event."""

import asyncio
from collections.abc import Awaitable, Callable
from random import Random

import pytest

from tests.faults.clusters import Cluster
from tests.faults.crowds import Crowd
from tests.faults.load import MixedLoad
from tests.faults.records import SELECTIONS
from tests.faults.subscribers import KINDS
from tests.redises import RedisServer
from tests.servers import LiveServer

CLIENTS = 3
WRITES_MAX = 40
MOMENT_S = 1.0

StartServer = Callable[..., LiveServer]


class House:
    """All the parts, and what may happen to them."""

    def __init__(self, servers: tuple[LiveServer, LiveServer], cluster: Cluster, redis: RedisServer, dice: Random):
        self._servers, self._cluster, self._redis, self._dice = servers, cluster, redis, dice

    def faults(self) -> list[Callable[[], Awaitable[None]]]:
        return [
            self.server_is_killed,
            self.database_stops,
            self.database_hangs,
            self.connections_are_cut,
            self.redis_is_killed,
            self.redis_hangs,
        ]

    async def server_is_killed(self) -> None:
        server = self._dice.choice(self._servers)
        server.kill()
        await asyncio.to_thread(server.start, server.port)

    async def database_stops(self) -> None:
        async with self._cluster.stopped():
            pass

    async def database_hangs(self) -> None:
        with self._cluster.frozen():
            await self._moment()

    async def connections_are_cut(self) -> None:
        await self._cluster.end_backends()

    async def redis_is_killed(self) -> None:
        self._redis.kill()
        await self._moment()
        await asyncio.to_thread(self._redis.start)

    async def redis_hangs(self) -> None:
        with self._redis.frozen():
            await self._moment()

    async def _moment(self) -> None:
        await asyncio.sleep(self._dice.uniform(0, MOMENT_S))


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_nobody_misses_anything_whatever_part_fails(
    cluster: Cluster, redis_server: RedisServer, start_server: StartServer, dice: Random
) -> None:
    database_url = await cluster.create_database()
    one, other = (start_server(database_url, DIGSITE_REDIS_URL=redis_server.url) for _ in range(2))
    faults = House((one, other), cluster, redis_server, dice).faults()
    dice.shuffle(faults)
    everybody = (kind(server.url, each) for server in (one, other) for kind in KINDS for each in SELECTIONS)
    async with Crowd(*everybody) as crowd:
        async with MixedLoad(one.url, clients=CLIENTS) as load, MixedLoad(other.url, clients=CLIENTS) as more:
            for fault in faults:
                await load.grow(dice.randint(1, WRITES_MAX))
                await more.grow(dice.randint(1, WRITES_MAX))
                await fault()
            await load.grow(1)
            await more.grow(1)
        log = await crowd.check(database_url)
    print(f"{len(faults)} faults, {len(log)} events, breaks {[len(each.breaks) for each in crowd.subscribers]}")
