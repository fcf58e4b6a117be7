"""Readers that are slow, stop, or were away for long: they lose nothing, slow down nobody, and cost little."""

import asyncio
import re
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import pytest

from tests.faults.crowds import Crowd
from tests.faults.load import publish
from tests.faults.subscribers import (
    KINDS,
    PageSubscriber,
    PrefectSubscriber,
    SlowSubscriber,
    SseSubscriber,
    StreamSubscriber,
)
from tests.servers import LiveServer

BATCH = 20
DATA_BYTES = 16_000
LAG_S = 0.25
"""What it may take to reach those who keep up, in the middle; a busy machine has its share in it."""
FEW_DATA_BYTES = 4_000
GROWTH_BYTES = 16 * 1024 * 1024
"""What a server may take beside its readers, for the ring and for what is on its way."""
READER_BYTES = 150 * 1024
"""What a reader that has stopped may cost: what its connection was given, and the frame behind it."""
PING_ANSWER_S = 42
"""By then a server that counts on the answers to its pings would have given up a silent reader."""
FOR_EVER_S = 3600
BEYOND_THE_RING = 12_000

StartServer = Callable[..., LiveServer]


@pytest.fixture
def server(start_server: StartServer, postgres_url: str) -> LiveServer:
    """On PostgreSQL, because a server that has SQLite in it holds its page cache, too."""
    return start_server(postgres_url)


def memory_bytes(server: LiveServer) -> int:
    """What the server holds in memory."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{server.process.pid}/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


@pytest.mark.parametrize("batches", [10, pytest.param(30, marks=pytest.mark.slow)])
async def test_a_slow_reader_slows_down_nobody_and_loses_nothing(server: LiveServer, batches: int) -> None:
    fast = [kind(server.url) for kind in KINDS]
    slow: list[SlowSubscriber] = [StreamSubscriber(server.url, pause_s=1), PrefectSubscriber(server.url, pause_s=1)]
    lags_s, held_bytes = [], []
    async with Crowd(*fast, *slow) as crowd:
        for _ in range(batches):
            position = await publish(server.url, BATCH, DATA_BYTES)
            acknowledged = time.monotonic()
            await crowd.reach(position, fast)
            lags_s.append(time.monotonic() - acknowledged)
            held_bytes.append(memory_bytes(server))
        assert all(each.progress < position / 2 for each in slow)
        for each in slow:
            each.hurry.set()
        await crowd.check(server.database_url)
    assert [each.breaks for each in slow] == [[], []]
    assert median(lags_s) < LAG_S
    assert held_bytes[-1] - held_bytes[batches // 2] < GROWTH_BYTES
    held_mb = [each >> 20 for each in held_bytes[:: batches // 5]]
    print(f"lag: median {median(lags_s):.3f} s, most {max(lags_s):.3f} s; MiB held: {held_mb}")


@pytest.mark.parametrize(
    ("readers", "wait_s"), [(40, 0), pytest.param(200, PING_ANSWER_S, marks=pytest.mark.slow)], ids=["few", "many"]
)
async def test_readers_that_stop_cost_a_bounded_amount_and_are_not_dropped(
    server: LiveServer, readers: int, wait_s: float
) -> None:
    stopped = [StreamSubscriber(server.url, pause_s=FOR_EVER_S) for _ in range(readers)]
    until = time.monotonic() + wait_s
    await publish(server.url, BATCH, FEW_DATA_BYTES)
    async with Crowd(*stopped) as crowd:
        await crowd.until(lambda: all(each.progress for each in stopped))
        started_with = memory_bytes(server)
        for _ in range(5):
            await publish(server.url, BATCH, FEW_DATA_BYTES)
        while time.monotonic() < until:
            await publish(server.url, 1, 1)
            await asyncio.sleep(1)
        grown = memory_bytes(server) - started_with
        for each in stopped:
            each.hurry.set()
        await crowd.check(server.database_url)
    print(f"{grown / readers / 1024:.0f} KiB for each reader")
    assert grown < GROWTH_BYTES + readers * READER_BYTES
    assert [each.breaks for each in stopped] == [[]] * readers


async def test_who_comes_back_from_beyond_the_ring_misses_nothing(server: LiveServer) -> None:
    """The ring is kept by one who never left; those who come back read the log until the ring has them."""
    away = [kind(server.url) for kind in (StreamSubscriber, SseSubscriber, PageSubscriber)]
    async with Crowd(StreamSubscriber(server.url)) as present:
        async with Crowd(*away) as crowd:
            await publish(server.url, BATCH, DATA_BYTES)
            await crowd.until(lambda: all(each.progress for each in away))
        while await publish(server.url, 1_000, 10) < BEYOND_THE_RING:
            pass
        async with Crowd(*away) as crowd:
            assert len(await crowd.check(server.database_url)) > BEYOND_THE_RING
        await present.check(server.database_url)
