"""Subscribers that are killed, and servers that are, in the midst of a storm of writes: nobody misses an event."""

import asyncio
from collections.abc import Callable
from random import Random

from tests.faults.amounts import few_and_many
from tests.faults.crowds import Crowd
from tests.faults.load import MixedLoad
from tests.faults.records import SELECTIONS
from tests.faults.subscribers import KINDS
from tests.servers import LiveServer

CLIENTS = 6
WRITES_MAX = 60

StartServer = Callable[..., LiveServer]


def everybody(url: str) -> Crowd:
    """One of each kind for each selection."""
    return Crowd(*(kind(url, selection) for kind in KINDS for selection in SELECTIONS))


@few_and_many("kills", 60, 200)
async def test_who_is_killed_and_comes_back_misses_nothing(live_server: LiveServer, kills: int, dice: Random) -> None:
    async with everybody(live_server.url) as crowd:
        async with MixedLoad(live_server.url, clients=CLIENTS) as load:
            while crowd.kills < kills:
                await load.grow(dice.randint(1, 5))
                for _ in range(dice.randint(0, 4)):
                    crowd.kill(dice)
        log = await crowd.check(live_server.database_url)
    print(f"{crowd.kills} kills, {len(log)} events")


@few_and_many("rounds", 2, 4)
async def test_nobody_misses_anything_when_the_server_is_killed(
    live_server: LiveServer, rounds: int, dice: Random
) -> None:
    async with everybody(live_server.url) as crowd:
        async with MixedLoad(live_server.url, clients=CLIENTS) as load:
            for _ in range(rounds):
                await load.grow(dice.randint(1, WRITES_MAX))
                live_server.kill()
                await asyncio.to_thread(live_server.start, live_server.port)
            await load.grow(1)
        log = await crowd.check(live_server.database_url)
    print(f"{rounds} kills of the server, {len(log)} events, breaks {[len(each.breaks) for each in crowd.subscribers]}")
