"""PostgreSQL goes away under load and comes back: the server says so meanwhile, and needs no restart."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from random import randint
from typing import TypeVar

import asyncpg
import httpx2
import pytest

from events.errors import StorageUnavailable
from events.feed import Follower
from events.published import Published
from events.store import Append
from events.stores import partitions, postgres
from events.testing import STREAM, an_event, one
from service.app import opened
from service.parts import Parts
from service.settings import Settings
from tests.faults.clusters import Cluster
from tests.faults.invariants import LOG, check_each_is_there_once, check_server
from tests.faults.load import RetryingLoad
from tests.invariants import check_log
from tests.servers import LiveServer

T = TypeVar("T")

ROUNDS = [1, pytest.param(4, marks=[pytest.mark.slow, pytest.mark.timeout(240)])]
WRITES_MAX = 150
TIMEOUT_S = 30

StartServer = Callable[..., LiveServer]


@pytest.fixture
async def server(cluster: Cluster, start_server: StartServer) -> LiveServer:
    return start_server(await cluster.create_database())


async def check_unavailable(url: str) -> None:
    """Reads and writes are put off, the process itself is well."""
    async with httpx2.AsyncClient(base_url=f"{url}/", timeout=30) as client:
        put_off = [await client.post("artifacts/", json={}), await client.post("artifacts/filter")]
        ready, health = await client.get("ready"), await client.get("health")
    assert [(each.status_code, "retry-after" in each.headers) for each in [*put_off, ready]] == [(503, True)] * 3
    assert health.status_code == 200


@pytest.mark.parametrize("rounds", ROUNDS)
async def test_a_database_that_stops_hard_under_load_loses_and_doubles_nothing(
    cluster: Cluster, server: LiveServer, rounds: int
) -> None:
    async with RetryingLoad(server.url) as load:
        for _ in range(rounds):
            await load.grow(randint(1, WRITES_MAX))
            async with cluster.stopped():
                await check_unavailable(server.url)
        await load.grow(1)
    check_each_is_there_once(await check_server(server.url, server.database_url, load.acknowledged), load)
    print(f"{len(load.acknowledged)} artifacts, {load.unavailable} answers were 503")


@pytest.mark.parametrize("rounds", ROUNDS)
async def test_connections_that_are_cut_under_load_lose_and_double_nothing(
    cluster: Cluster, server: LiveServer, rounds: int
) -> None:
    async with RetryingLoad(server.url) as load:
        for _ in range(rounds):
            await load.grow(randint(1, WRITES_MAX))
            assert await cluster.end_backends() > 0
        await load.grow(1)
    check_each_is_there_once(await check_server(server.url, server.database_url, load.acknowledged), load)
    print(f"{len(load.acknowledged)} artifacts, {load.unavailable} answers were 503")


async def test_a_server_stops_cleanly_while_its_database_is_away(cluster: Cluster, server: LiveServer) -> None:
    async with cluster.stopped():
        assert server.stop() == 0


@pytest.fixture
async def impatient(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Parts]:
    """The parts of a server that waits a second for its database."""
    for limit in ("COMMAND_TIMEOUT_S", "CONNECT_TIMEOUT_S"):
        monkeypatch.setattr(postgres, limit, 1.0)
    async with opened(Settings(database_url=await cluster.create_database())) as parts:
        yield parts


async def retried(call: Callable[[], Awaitable[T]]) -> T:
    while True:
        with suppress(StorageUnavailable):
            return await call()


async def test_a_database_that_hangs_is_not_waited_for_without_end(cluster: Cluster, impatient: Parts) -> None:
    append = Append(STREAM, (an_event(),))
    async with asyncio.timeout(TIMEOUT_S):
        with cluster.frozen():
            with pytest.raises(StorageUnavailable):
                await impatient.store.append(LOG, append)
            with pytest.raises(StorageUnavailable):
                await impatient.store.read_all(LOG)
        await retried(lambda: impatient.store.append(LOG, append))
        assert len(await retried(lambda: impatient.store.read_all(LOG))) == 1


async def test_who_follows_a_database_that_hangs_until_it_is_given_up_misses_nothing(
    cluster: Cluster, impatient: Parts
) -> None:
    append = Append(STREAM, (an_event(),))
    async with asyncio.timeout(TIMEOUT_S):
        with impatient.feeds.of(LOG).follow(0) as follower:
            await follower.next()  # the end of the log, which is empty
            with cluster.frozen(), pytest.raises(StorageUnavailable):
                await impatient.store.append(LOG, append)
            await retried(lambda: impatient.store.append(LOG, append))
            assert (await following(follower)).position == 1


async def following(follower: Follower) -> Published:
    """The next event that it is given."""
    while not (events := (await follower.next()).events):
        pass
    return events[0]


async def test_closing_does_not_wait_for_a_database_that_hangs(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "CLOSE_TIMEOUT_S", 0.5)
    async with opened(Settings(database_url=await cluster.create_database())) as parts:
        await parts.store.append(LOG, one())
        with cluster.frozen():
            async with asyncio.timeout(postgres.COMMAND_TIMEOUT_S / 2):
                await parts.store.close()


async def test_a_database_that_was_read_only_takes_writes_again_by_itself(postgres_url: str) -> None:
    admin = await asyncpg.connect(postgres_url)
    database = await admin.fetchval("SELECT quote_ident(current_database())")
    async with opened(Settings(database_url=postgres_url)) as parts:
        await admin.execute(f"ALTER DATABASE {database} SET default_transaction_read_only = on")
        with pytest.raises(StorageUnavailable, match="read-only"):
            await parts.store.append(LOG, one())
        await admin.execute(f"ALTER DATABASE {database} RESET default_transaction_read_only")
        await parts.store.append(LOG, one())
    await admin.close()


async def test_a_new_partition_of_bodies_waits_for_no_reader(
    bare_postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitions, "PARTITION_POSITIONS", 4)
    reader = await asyncpg.connect(bare_postgres_url)
    async with opened(Settings(database_url=bare_postgres_url)) as parts, reader.transaction():
        for _ in range(5):
            await parts.store.append(LOG, one(), one(), one())
            await reader.fetch("SELECT count(*) FROM event_bodies")
        assert len(await check_log(parts.store, LOG)) == 15
    await reader.close()
