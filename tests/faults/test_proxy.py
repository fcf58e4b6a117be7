"""A network that delays, stutters, cuts, holds and doubles: every subscriber still has the log, and nothing more."""

from collections.abc import Callable
from random import Random

import pytest

from tests.faults.crowds import Crowd
from tests.faults.invariants import check_each_is_there_once
from tests.faults.load import MixedLoad, RetryingLoad
from tests.faults.proxy import Manner, Proxy, RepeatingProxy
from tests.faults.records import SELECTIONS
from tests.faults.subscribers import KINDS
from tests.servers import LiveServer

CLIENTS = 4
STUTTERING = Manner(delay_s=0.002, piece_bytes=400)
CUTTING = Manner(delay_s=0.02, piece_bytes=20_000, cut_within_bytes=4_000_000)
DOUBLING = Manner(doubled=0.02, piece_bytes=20_000)
MANNERS = {"stutters": STUTTERING, "cuts": CUTTING, "doubles": DOUBLING}
WRITES = [60, pytest.param(200, marks=pytest.mark.slow)]

StartServer = Callable[..., LiveServer]


@pytest.fixture
def server(start_server: StartServer, sqlite_url: str) -> LiveServer:
    return start_server(sqlite_url)


def everybody(url: str, *, expects_garbage: bool = False) -> Crowd:
    """One of each kind for each selection."""
    return Crowd(*(kind(url, selection, expects_garbage=expects_garbage) for kind in KINDS for selection in SELECTIONS))


@pytest.mark.parametrize("writes", WRITES)
@pytest.mark.parametrize("manner", MANNERS)
async def test_nobody_misses_anything_behind_a_network_that(
    server: LiveServer, manner: str, writes: int, dice: Random
) -> None:
    proxy = Proxy(server.url, dice, MANNERS[manner])
    async with proxy, everybody(proxy.url, expects_garbage=manner == "doubles") as crowd:
        async with MixedLoad(server.url, clients=CLIENTS) as load:
            await load.grow(writes)
        log = await crowd.check(server.database_url)
    print(f"{len(log)} events, {proxy.cuts} cuts, {proxy.doubles} doubles")


@pytest.mark.parametrize("directions", [["up"], ["down"], ["up", "down"]], ids="-".join)
async def test_a_network_that_stands_still_keeps_up_only_those_behind_it(
    server: LiveServer, directions: list[str], dice: Random
) -> None:
    async with Proxy(server.url, dice) as proxy, everybody(proxy.url) as held, everybody(server.url) as others:
        async with MixedLoad(server.url, clients=CLIENTS) as load:
            await load.grow(20)
            with proxy.held(*directions):
                await load.grow(20)
                await others.catch_up(server.database_url)
            await load.grow(20)
        await held.check(server.database_url)
        await others.check(server.database_url)


async def test_what_a_network_sends_twice_is_done_once(server: LiveServer, dice: Random) -> None:
    async with RepeatingProxy(server.url, dice) as proxy, everybody(server.url) as crowd:
        async with RetryingLoad(proxy.url, clients=CLIENTS) as load:
            await load.grow(60)
        check_each_is_there_once(await crowd.check(server.database_url), load)
    assert proxy.doubles >= 2 * len(load.acknowledged)
