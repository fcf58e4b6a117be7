"""What each carrier of wake-ups promises, whether word travels over Redis or over PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from fakeredis import FakeAsyncRedis, FakeServer
from redis.asyncio import Redis

from service.bus.carrier import Carrier
from service.bus.postgres_carrier import PostgresCarrier
from service.bus.redis_carrier import RedisCarrier
from service.redis_client import connect

TIMEOUT_S = 10

Make = Callable[[], Carrier]
"""Another process's end of the same carrier."""


@asynccontextmanager
async def listening(carrier: Carrier) -> AsyncIterator["asyncio.Queue[str]"]:
    """What a carrier hears from now on."""
    heard: asyncio.Queue[str] = asyncio.Queue()
    connected = asyncio.Event()
    task = asyncio.create_task(carrier.listen(heard.put_nowait, connected.set))
    async with asyncio.timeout(TIMEOUT_S):
        await connected.wait()
        yield heard
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await carrier.close()


@asynccontextmanager
async def closing(carrier: Carrier) -> AsyncIterator[None]:
    yield
    await carrier.close()


async def send_for_ever(carrier: Carrier) -> None:
    while True:
        await carrier.send(["default"])


class CarrierContract:
    async def test_word_reaches_all_others(self, make: Make) -> None:
        sender = make()
        async with listening(sender), listening(make()) as one, listening(make()) as two:
            await sender.send(["default"])
            assert (await one.get(), await two.get()) == ("default", "default")

    async def test_a_sender_does_not_hear_itself(self, make: Make) -> None:
        one, two = make(), make()
        async with listening(one) as heard, listening(two):
            await one.send(["its own"])
            await two.send(["another's"])
            assert await heard.get() == "another's"

    async def test_several_logs_are_told_at_once(self, make: Make) -> None:
        sender = make()
        async with listening(sender), listening(make()) as heard:
            await sender.send(["a", "b c", "ü"])
            assert {await heard.get() for _ in range(3)} == {"a", "b c", "ü"}

    async def test_one_that_is_not_connected_says_so_or_sends(self, make: Make) -> None:
        sender = make()
        async with listening(make()) as heard, closing(sender):
            try:
                await sender.send(["default"])
            except ConnectionError:
                return
            assert await heard.get() == "default"


class RealCarrierContract(CarrierContract):
    """What only the real thing shows."""

    async def test_who_sends_may_be_stopped_at_any_moment(self, make: Make) -> None:
        sender = make()
        async with listening(sender):
            for steps in range(60):
                sending = asyncio.create_task(send_for_ever(sender))
                for _ in range(steps):
                    await asyncio.sleep(0)
                sending.cancel()
                await asyncio.wait({sending})


class TestPostgres(RealCarrierContract):
    @pytest.fixture
    def make(self, postgres_url: str) -> Make:
        return lambda: PostgresCarrier(postgres_url)


class RedisContract(CarrierContract):
    async def test_what_is_no_wake_up_harms_nobody(self, make: Make, client: Redis, redis_prefix: str) -> None:
        sender = make()
        async with listening(sender), listening(make()) as heard:
            for nonsense in (b"", b" ", b"\xff\xfe\x00", b"x" * 100_000, b"[1]"):
                await client.publish(f"{redis_prefix}:wakeups", nonsense)
            await sender.send(["default"])
            while await heard.get() != "default":
                pass

    async def test_other_systems_on_the_same_redis_are_not_heard(self, make: Make, client: Redis) -> None:
        other, sender = RedisCarrier(client, "another system"), make()
        async with listening(sender), listening(make()) as heard:
            await other.send(["theirs"])
            await sender.send(["ours"])
            assert await heard.get() == "ours"


class TestFakeRedis(RedisContract):
    @pytest.fixture
    def server(self) -> FakeServer:
        return FakeServer()

    @pytest.fixture
    async def client(self, server: FakeServer) -> AsyncIterator[Redis]:
        async with FakeAsyncRedis(server=server) as client:
            yield client

    @pytest.fixture
    def redis_prefix(self) -> str:
        return "digsite"

    @pytest.fixture
    def make(self, server: FakeServer, redis_prefix: str) -> Make:
        return lambda: RedisCarrier(FakeAsyncRedis(server=server), redis_prefix)


class TestRedis(RealCarrierContract, RedisContract):
    @pytest.fixture
    async def client(self, redis_url: str) -> AsyncIterator[Redis]:
        async with connect(redis_url) as client:
            yield client

    @pytest.fixture
    def make(self, redis_url: str, redis_prefix: str) -> Make:
        return lambda: RedisCarrier(connect(redis_url), redis_prefix)
