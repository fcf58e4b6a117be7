"""Events that come in by socket through cuts and kills: what was confirmed is there, and each is there once."""

import asyncio
from collections.abc import Awaitable, Sequence
from random import Random

import httpx2

from events.event import RecordedEvent
from tests.faults.amounts import few_and_many
from tests.faults.crowds import Crowd
from tests.faults.proxy import Manner, Proxy, RepeatingProxy
from tests.faults.senders import Sender
from tests.faults.subscribers import KINDS
from tests.servers import LiveServer

SENDERS = 6
EVENTS_PER_KILL = 100
GLANCE_S = 0.001
CUTTING = Manner(delay_s=0.01, piece_bytes=5_000, cut_within_bytes=1_000_000)


async def check_storm(server: LiveServer, senders: Sequence[Sender], trouble: Awaitable[None] | None = None) -> None:
    """Let all send while there is trouble, until all is confirmed; then it is there, once."""
    async with Crowd(*(kind(server.url) for kind in KINDS)) as crowd:
        async with asyncio.TaskGroup() as group:
            for sender in senders:
                group.create_task(sender.run())
            if trouble is not None:
                await trouble
        check_each_is_recorded_once(await crowd.check(server.database_url), senders)
    print(f"{sum(each.confirmed for each in senders)} events, breaks {[each.breaks for each in senders]}")


def check_each_is_recorded_once(log: Sequence[RecordedEvent], senders: Sequence[Sender]) -> None:
    recorded = [placed.event.id for placed in log]
    for sender in senders:
        ids = set(sender.ids)
        assert [id for id in recorded if id in ids] == sender.ids


@few_and_many("events", 80, 200)
async def test_what_is_sent_again_after_cuts_is_recorded_once(
    live_server: LiveServer, events: int, dice: Random
) -> None:
    async with Proxy(live_server.url, dice, CUTTING) as proxy:
        await check_storm(live_server, [Sender(proxy.url, str(number), events, dice) for number in range(SENDERS)])


@few_and_many("kills", 1, 3)
async def test_what_is_confirmed_outlives_a_kill_and_what_is_sent_again_is_recorded_once(
    live_server: LiveServer, kills: int, dice: Random
) -> None:
    senders = [Sender(live_server.url, str(number), EVENTS_PER_KILL * kills, dice) for number in range(SENDERS)]
    await check_storm(live_server, senders, killed_now_and_then(live_server, senders, kills, dice))


async def killed_now_and_then(server: LiveServer, senders: Sequence[Sender], kills: int, dice: Random) -> None:
    """Kill the server whenever some more events are confirmed."""
    for _ in range(kills):
        goal = sum(each.confirmed for each in senders) + dice.randint(1, EVENTS_PER_KILL)
        while sum(each.confirmed for each in senders) < goal:
            await asyncio.sleep(GLANCE_S)
        server.kill()
        await asyncio.to_thread(server.start, server.port)


async def test_what_a_network_posts_twice_is_recorded_once(live_server: LiveServer, dice: Random) -> None:
    sender = Sender(live_server.url, "posting", 40, dice)
    async with RepeatingProxy(live_server.url, dice) as proxy, httpx2.AsyncClient() as client:
        for event in sender.events:
            assert (await client.post(f"{proxy.url}/events", json=[event])).status_code == 204
    async with Crowd(*(kind(live_server.url) for kind in KINDS)) as crowd:
        check_each_is_recorded_once(await crowd.check(live_server.database_url), [sender])
