"""Events that come in by socket, again and again, through cuts and kills: each is recorded once, in its order."""

import asyncio
from collections.abc import Callable, Sequence
from random import Random

import httpx2
import pytest

from events.event import RecordedEvent
from tests.faults.crowds import Crowd
from tests.faults.proxy import Manner, Proxy, RepeatingProxy
from tests.faults.senders import Sender
from tests.faults.subscribers import KINDS
from tests.servers import LiveServer

SENDERS = 6
EVENTS = [60, pytest.param(500, marks=pytest.mark.slow)]
CUTTING = Manner(delay_s=0.01, piece_bytes=5_000, cut_within_bytes=1_000_000)

StartServer = Callable[..., LiveServer]


async def check_storm(server: LiveServer, senders: Sequence[Sender], trouble: Callable[[], object]) -> None:
    """Let all send while there is trouble, until all is there; then it is there once."""
    total = sum(len(each.events) for each in senders)
    async with Crowd(*(kind(server.url) for kind in KINDS)) as crowd:
        sending = [asyncio.create_task(each.run()) for each in senders]
        await asyncio.to_thread(trouble)
        await crowd.until(lambda: len(crowd.subscribers[0].record.ids) >= total)
        check_each_is_recorded_once(await crowd.check(server.database_url), senders)
        for task in sending:
            task.cancel()
        await asyncio.wait(sending)
    print(f"{total} events, breaks {[each.breaks for each in senders]}")


def check_each_is_recorded_once(log: Sequence[RecordedEvent], senders: Sequence[Sender]) -> None:
    recorded = [placed.event.id for placed in log]
    assert len(set(recorded)) == len(recorded)
    for sender in senders:
        ids = set(sender.ids)
        assert [id for id in recorded if id in ids] == sender.ids


@pytest.mark.parametrize("events", EVENTS)
async def test_what_is_sent_again_after_cuts_is_recorded_once(
    live_server: LiveServer, events: int, dice: Random
) -> None:
    async with Proxy(live_server.url, dice, CUTTING) as proxy:
        senders = [Sender(proxy.url, str(number), events, dice) for number in range(SENDERS)]
        await check_storm(live_server, senders, lambda: None)


@pytest.mark.parametrize("events", EVENTS)
async def test_what_is_sent_again_after_kills_is_recorded_once(
    live_server: LiveServer, events: int, dice: Random
) -> None:
    def kill_and_restart() -> None:
        for _ in range(1 + events // 100):
            live_server.kill()
            live_server.start(live_server.port)

    senders = [Sender(live_server.url, str(number), events, dice) for number in range(SENDERS)]
    await check_storm(live_server, senders, kill_and_restart)


async def test_what_a_network_posts_twice_is_recorded_once(live_server: LiveServer, dice: Random) -> None:
    sender = Sender(live_server.url, "posting", 40, dice)
    async with RepeatingProxy(live_server.url, dice) as proxy, httpx2.AsyncClient() as client:
        for event in sender.events:
            assert (await client.post(f"{proxy.url}/events", json=[event])).status_code == 204
    async with Crowd(*(kind(live_server.url) for kind in KINDS)) as crowd:
        check_each_is_recorded_once(await crowd.check(live_server.database_url), [sender])
