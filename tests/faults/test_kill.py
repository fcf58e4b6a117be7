"""kill -9 in the midst of concurrent writers: what was acknowledged is there after the restart, and whole."""

import asyncio
from random import randint

import pytest

from tests.faults.invariants import check_each_is_there_once, check_server
from tests.faults.load import Acknowledged, Load, MixedLoad, RetryingLoad
from tests.servers import LiveServer

WRITES_MAX = 150
"""The most writes that are acknowledged before a kill."""


def rounds(quick: int, slow: int) -> pytest.MarkDecorator:
    """How many kills: one in every run of the tests, many in the slow one."""
    many = pytest.param(slow, marks=[pytest.mark.slow, pytest.mark.timeout(240)])
    return pytest.mark.parametrize("rounds", [quick, many])


async def killed_and_restarted(server: LiveServer, load: Load) -> None:
    """Kill the server at a random moment under load; start it again at the same address."""
    await load.grow(randint(1, WRITES_MAX))
    server.kill()
    await asyncio.to_thread(server.start, server.port)


@rounds(1, 5)
async def test_what_was_acknowledged_outlives_a_kill(live_server: LiveServer, rounds: int) -> None:
    acknowledged: list[Acknowledged] = []
    for number in range(rounds):
        async with MixedLoad(live_server.url) as load:
            await killed_and_restarted(live_server, load)
        acknowledged += load.acknowledged
        events = await check_server(live_server.url, live_server.database_url, acknowledged)
        print(f"round {number}: {len(load.acknowledged)} acknowledged, {len(events)} events")


@rounds(1, 4)
async def test_what_is_sent_again_through_kills_is_there_exactly_once(live_server: LiveServer, rounds: int) -> None:
    async with RetryingLoad(live_server.url) as load:
        for _ in range(rounds):
            await killed_and_restarted(live_server, load)
    check_each_is_there_once(await check_server(live_server.url, live_server.database_url, load.acknowledged), load)
    print(f"{len(load.acknowledged)} artifacts")
