"""PostgreSQL goes away under load and comes back: the server says so meanwhile, and needs no restart."""

import asyncio
from collections.abc import Callable
from random import randint

import httpx2
import pytest

from tests.faults.clusters import Cluster
from tests.faults.invariants import check_each_is_there_once, check_server
from tests.faults.load import RetryingLoad
from tests.servers import LiveServer

ROUNDS = [2, pytest.param(8, marks=[pytest.mark.slow, pytest.mark.timeout(240)])]
WRITES_MAX = 150

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
            await asyncio.to_thread(cluster.stop_hard)
            await check_unavailable(server.url)
            await asyncio.to_thread(cluster.start)
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
    await asyncio.to_thread(cluster.stop_hard)
    try:
        assert await asyncio.to_thread(server.stop) == 0
    finally:
        await asyncio.to_thread(cluster.start)
