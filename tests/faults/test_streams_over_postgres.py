"""PostgreSQL stops, or hangs, under those who follow: they hear nothing meanwhile, and then all of it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from random import Random

import pytest
from websockets.exceptions import WebSocketException

from tests.faults.clusters import Cluster
from tests.faults.crowds import Crowd
from tests.faults.load import Load, RetryingLoad, publish
from tests.faults.records import SELECTIONS
from tests.faults.subscribers import KINDS, heard, opened
from tests.servers import LiveServer

CLIENTS = 4
WRITES_MAX = 40
MOMENT_S = 1.0
BACKLOG, CUTS = 2, 4
ROUNDS = [1, pytest.param(3, marks=pytest.mark.slow)]

StartServer = Callable[..., LiveServer]


def everybody(url: str) -> Crowd:
    """One of each kind for each selection."""
    return Crowd(*(kind(url, selection) for kind in KINDS for selection in SELECTIONS))


@asynccontextmanager
async def storm(server: LiveServer) -> AsyncIterator[Load]:
    """Writes and subscribers of all kinds; in the end all subscribers have what was written."""
    async with everybody(server.url) as crowd:
        async with RetryingLoad(server.url, clients=CLIENTS) as load:
            yield load
            await load.grow(1)
        log = await crowd.check(server.database_url)
    print(f"{len(log)} events, breaks {[len(each.breaks) for each in crowd.subscribers]}")


@pytest.mark.parametrize("rounds", ROUNDS)
async def test_nobody_misses_anything_when_the_database_stops_hard(
    cluster: Cluster, start_server: StartServer, rounds: int, dice: Random
) -> None:
    async with storm(start_server(await cluster.create_database())) as load:
        for _ in range(rounds):
            await load.grow(dice.randint(1, WRITES_MAX))
            async with cluster.stopped():
                await load.be_put_off(1)


@pytest.mark.parametrize("rounds", ROUNDS)
async def test_nobody_misses_anything_when_connections_are_cut(
    cluster: Cluster, start_server: StartServer, rounds: int, dice: Random
) -> None:
    async with storm(start_server(await cluster.create_database())) as load:
        for _ in range(2 * rounds):
            await load.grow(dice.randint(1, WRITES_MAX))
            assert await cluster.end_backends() > 0


async def test_who_catches_up_misses_nothing_when_connections_are_cut(
    cluster: Cluster, start_server: StartServer
) -> None:
    server = start_server(await cluster.create_database())
    for _ in range(BACKLOG):
        await publish(server.url, 1_000)
    async with everybody(server.url) as crowd:
        for _ in range(CUTS):
            before = crowd.progress
            await crowd.until(lambda before=before: crowd.progress > before)  # type: ignore[misc]
            await cluster.end_backends()
        await crowd.check(server.database_url)


async def test_nobody_misses_anything_when_the_database_hangs_for_a_moment(
    cluster: Cluster, start_server: StartServer, dice: Random
) -> None:
    async with storm(start_server(await cluster.create_database())) as load:
        for _ in range(3):
            await load.grow(dice.randint(1, WRITES_MAX))
            with cluster.frozen():
                await asyncio.sleep(dice.uniform(0, MOMENT_S))


@pytest.mark.parametrize(
    ("subprotocol", "told"), [(None, "HTTP 503"), ("prefect", "1013")], ids=["at the upgrade", "after it"]
)
async def test_who_comes_while_the_database_is_away_is_told_to_come_again(
    cluster: Cluster, start_server: StartServer, subprotocol: str | None, told: str
) -> None:
    server = start_server(await cluster.create_database())
    async with cluster.stopped():
        with pytest.raises(WebSocketException, match=told):
            await first_frame(f"{server.url}/log/stream", subprotocol)


async def first_frame(url: str, subprotocol: str | None) -> str | bytes:
    async with opened(url, subprotocol=subprotocol) as connection:
        await connection.send('{"type":"auth","token":null}')
        return await heard(connection)
