"""The bus: how often it sends, and over what."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection

import pytest
from structlog.testing import capture_logs

from service.bus.bus import PAUSE_S, Bus
from service.outage import RETRY_FIRST_S, RETRY_S_MAX, wait_s

TIMEOUT_S = 10


class Memory:
    """A carrier whose messages stay here. It is there or away, as the test says."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.sent: list[set[str]] = []
        self.is_there = True
        self.broken = asyncio.Event()

    async def listen(self, heard: Callable[[str], None], connected: Callable[[], None]) -> None:
        if self.is_there:
            connected()
            await self.broken.wait()
            self.broken.clear()
        raise ConnectionError("away")

    async def send(self, logs: Collection[str]) -> None:
        if not self.is_there:
            raise ConnectionError("away")
        self.sent.append(set(logs))

    async def close(self) -> None:
        """Nothing is left to be done."""


@pytest.fixture
def first() -> Memory:
    return Memory("first")


@pytest.fixture
def second() -> Memory:
    return Memory("second")


@pytest.fixture
async def bus(first: Memory, second: Memory) -> AsyncIterator[Bus]:
    bus = Bus([first, second], heard=lambda log: None)
    bus.start()
    await asyncio.sleep(0)
    yield bus
    await bus.close()


async def test_a_lone_write_is_told_without_delay(bus: Bus, first: Memory, second: Memory) -> None:
    started = asyncio.get_running_loop().time()
    bus.announce("default")
    await until(lambda: bool(first.sent))
    assert asyncio.get_running_loop().time() - started < PAUSE_S
    assert (first.sent, second.sent) == ([{"default"}], [])


async def test_many_writes_are_one_message_in_each_pause(bus: Bus, first: Memory) -> None:
    started = asyncio.get_running_loop().time()
    for number in range(500):
        bus.announce(f"log-{number % 3}")
        await asyncio.sleep(0)
    await until(lambda: set().union(*first.sent) == {"log-0", "log-1", "log-2"})
    pauses = (asyncio.get_running_loop().time() - started) / PAUSE_S
    assert len(first.sent) <= pauses + 2


async def test_what_the_first_carrier_does_not_take_the_second_does(bus: Bus, first: Memory, second: Memory) -> None:
    first.is_there = False
    bus.announce("default")
    await until(lambda: bool(second.sent))
    assert (first.sent, second.sent) == ([], [{"default"}])
    await until(lambda: list(bus.outages) == ["bus/first"])


async def test_a_carrier_that_is_back_is_used_again(bus: Bus, first: Memory) -> None:
    first.is_there = False
    bus.announce("default")
    await until(lambda: "bus/first" in bus.outages)
    first.is_there = True
    await until(lambda: bus.outages == {})
    bus.announce("again")
    await until(lambda: first.sent == [{"again"}])


async def test_to_announce_never_fails(bus: Bus, first: Memory, second: Memory) -> None:
    first.is_there = second.is_there = False
    bus.announce("default")
    await until(lambda: len(bus.outages) == 2)
    bus.announce("default")
    first.is_there = True
    await until(lambda: list(bus.outages) == ["bus/second"])
    bus.announce("default")
    await until(lambda: bool(first.sent))


async def test_an_outage_is_told_once_and_its_end_too(bus: Bus, first: Memory) -> None:
    with capture_logs() as lines:
        first.is_there = False
        first.broken.set()
        await until(lambda: bool(lines))
        first.is_there = True
        await until(lambda: len(lines) == 2)
    assert [(line["event"], line["log_level"]) for line in lines] == [
        ("bus/first is away", "warning"),
        ("bus/first is back", "info"),
    ]


def test_tries_are_rarer_the_longer_it_lasts_and_spread_out() -> None:
    assert wait_s(1, 0) == RETRY_FIRST_S
    assert wait_s(2, 0) == 2 * RETRY_FIRST_S
    assert wait_s(1_000_000, 0) == RETRY_S_MAX
    assert wait_s(1_000_000, 1) == RETRY_S_MAX / 2


async def until(is_reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(TIMEOUT_S):
        while not is_reached():
            await asyncio.sleep(0)
