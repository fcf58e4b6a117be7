"""The mirror in Redis: the log's events in their order, each once, for any client of Redis."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from pydantic import ValidationError
from redis.asyncio import Redis

from events.feed import Feeds
from events.testing import LOG
from events.wakeup import Wakeup
from service.app import opened
from service.deciding.commands import CreateArtifacts, NewArtifact
from service.mirror import mirror
from service.mirror.mirror import Mirrors
from service.parts import Parts
from service.redis_client import connect
from service.settings import Settings
from tests.mirroring import check_mirror, until_mirrored
from tests.redises import RedisServer

TIMEOUT_S = 20
MORE_THAN_A_SPAN = 600


@pytest.fixture(autouse=True)
def _quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who looks now and then for what is new looks all the time."""
    for interval in ("DISCOVERY_S", "STAND_BY_S"):
        monkeypatch.setattr(mirror, interval, 0.01)


@pytest.fixture
def settings(database_url: str, tmp_path: Path, redis_url: str, redis_prefix: str) -> Settings:
    return Settings(
        home=tmp_path, database_url=database_url, redis_url=redis_url, redis_prefix=redis_prefix, redis_mirror=True
    )


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[Redis]:
    async with connect(settings.redis_url) as client:
        yield client


@pytest.fixture
def key(redis_prefix: str) -> str:
    return f"{redis_prefix}:log:{LOG}"


async def write(parts: Parts, count: int = 1, log: str = LOG) -> None:
    """As many events."""
    items = tuple(NewArtifact(data=f'"{number}"') for number in range(count))
    await parts.writer.submit(log, CreateArtifacts(items=items))


async def test_the_mirror_is_the_log(parts: Parts, client: Redis, key: str) -> None:
    await write(parts, MORE_THAN_A_SPAN)
    await write(parts)
    await check_mirror(parts.store, client, key, LOG)


async def test_what_was_written_before_is_mirrored_too(settings: Settings, client: Redis, key: str) -> None:
    async with opened(settings.model_copy(update={"redis_mirror": False})) as parts:
        await write(parts, 3)
    async with opened(settings) as parts:
        await check_mirror(parts.store, client, key, LOG)


async def test_a_log_that_comes_later_has_its_mirror(parts: Parts, client: Redis, redis_prefix: str) -> None:
    await write(parts)
    await write(parts, 2, log="acme/lab")
    await check_mirror(parts.store, client, f"{redis_prefix}:log:acme/lab", "acme/lab")


async def test_members_of_a_group_share_the_events_in_their_order(parts: Parts, client: Redis, key: str) -> None:
    await client.xgroup_create(key, "workers", id="0", mkstream=True)
    await write(parts, 30)
    taken: list[int] = []
    async with asyncio.timeout(TIMEOUT_S):
        while len(taken) < 30:
            member = f"member-{len(taken) % 3}"
            for _, entries in await client.xreadgroup("workers", member, {key: ">"}, count=4, block=500):
                taken += [int(values[b"position"]) for _, values in entries]
                await client.xack(key, "workers", *(entry for entry, _ in entries))
    assert taken == list(range(1, 31))
    assert (await client.xpending(key, "workers"))["pending"] == 0


async def test_a_new_mirror_begins_where_its_length_reaches_back_to(
    settings: Settings, client: Redis, key: str
) -> None:
    async with opened(settings.model_copy(update={"redis_mirror": False})) as parts:
        await write(parts, 50)
    async with opened(settings.model_copy(update={"redis_mirror_length": 20})) as parts:
        await check_mirror(parts.store, client, key, LOG, after=30)


async def test_a_mirror_that_was_emptied_is_filled_again(parts: Parts, client: Redis, key: str) -> None:
    await write(parts, 3)
    await until_mirrored(client, key, 3)
    await client.delete(key)
    await write(parts)
    await check_mirror(parts.store, client, key, LOG)


async def test_one_that_lost_its_end_gets_it_again(parts: Parts, client: Redis, key: str) -> None:
    await write(parts, 3)
    early = await client.dump(key) if await until_mirrored(client, key, 3) else b""
    await write(parts, 3)
    await until_mirrored(client, key, 6)
    await client.restore(key, 0, early, replace=True)
    await write(parts)
    await check_mirror(parts.store, client, key, LOG)


async def test_it_goes_on_behind_entries_that_were_deleted(settings: Settings, client: Redis, key: str) -> None:
    async with opened(settings) as parts:
        await write(parts, 3)
        await until_mirrored(client, key, 3)
    await client.xdel(key, "1-0", "2-0", "3-0")
    async with opened(settings) as parts:
        await write(parts)
        await check_mirror(parts.store, client, key, LOG, after=3)


async def test_the_copy_of_a_log_that_is_no_more_is_put_aside(
    settings: Settings, client: Redis, key: str, redis_prefix: str
) -> None:
    """As after a restore from a backup: the copy has other events at these positions, or positions beyond the log."""
    await client.xadd(key, {"position": "1", "id": "of a lost event"}, id="1-0")
    async with opened(settings) as parts:
        await write(parts, 2)
        await check_mirror(parts.store, client, key, LOG)
    [(entry, _)] = await client.xrange(f"{redis_prefix}:aside:{LOG}")
    assert entry == b"1-0"


@pytest.mark.parametrize("was_deleted", [False, True])
async def test_a_copy_that_is_ahead_of_its_log_is_put_aside(
    settings: Settings, client: Redis, key: str, was_deleted: bool
) -> None:
    await client.xadd(key, {"position": "900"}, id="900-0")
    if was_deleted:
        await client.xdel(key, "900-0")
    async with opened(settings) as parts:
        await write(parts, 2)
        await check_mirror(parts.store, client, key, LOG)


async def test_an_entry_that_somebody_adds_does_not_stop_it(parts: Parts, client: Redis, key: str) -> None:
    await write(parts)
    await until_mirrored(client, key, 1)
    await client.xadd(key, {"by": "mistake"})
    await write(parts)
    await check_mirror(parts.store, client, key, LOG)


async def test_what_is_too_large_is_mirrored_by_reference(parts: Parts, client: Redis, key: str) -> None:
    large = NewArtifact(data=f'"{"x" * 1_500_000}"')
    await parts.writer.submit(LOG, CreateArtifacts(items=(large, NewArtifact())))
    entries = await until_mirrored(client, key, 2)
    assert b'"digsite.body"' in entries[0][1][b"json"]
    await check_mirror(parts.store, client, key, LOG)


async def test_mirrors_in_several_processes_make_one_copy(
    settings: Settings, client: Redis, key: str, redis_prefix: str
) -> None:
    async with opened(settings) as parts, AsyncExitStack() as others:
        for _ in range(3):
            feeds = Feeds(parts.store, Wakeup())
            mirrors = Mirrors(parts.store, feeds, settings)
            mirrors.start()
            others.push_async_callback(feeds.close)
            others.push_async_callback(mirrors.close)
        for _ in range(60):
            await write(parts, 5)
        await check_mirror(parts.store, client, key, LOG)
    assert not await client.exists(f"{redis_prefix}:aside:{LOG}")


async def test_who_takes_over_goes_on_at_once(settings: Settings, client: Redis, key: str) -> None:
    async with opened(settings) as parts:
        feeds = Feeds(parts.store, Wakeup())
        first = Mirrors(parts.store, feeds, settings)
        first.start()
        await write(parts, 5)
        await until_mirrored(client, key, 5)
        await parts.mirrors.close()
        await write(parts, 5)
        await check_mirror(parts.store, client, key, LOG)
        await first.close()
        await feeds.close()


async def test_a_key_that_is_no_stream_is_shown_and_waited_out(parts: Parts, client: Redis, key: str) -> None:
    await client.set(key, "text")
    await write(parts, 2)
    await until(lambda: f"mirror/{LOG}" in parts.mirrors.outages)
    await client.delete(key)
    await check_mirror(parts.store, client, key, LOG)
    assert parts.mirrors.outages == {}


async def test_while_redis_is_gone_writes_go_on_and_are_mirrored_later(
    settings: Settings, redis_server: RedisServer
) -> None:
    async with opened(settings.model_copy(update={"redis_url": redis_server.url})) as parts:
        key = f"{settings.redis_prefix}:log:{LOG}"
        await write(parts, 2)
        async with connect(redis_server.url) as client:
            await until_mirrored(client, key, 2)
        redis_server.kill()
        await write(parts, 2)
        await until(lambda: parts.mirrors.outages != {})
        redis_server.start()
        async with connect(redis_server.url) as client:
            await check_mirror(parts.store, client, key, LOG)


async def test_a_mirror_needs_a_redis(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="needs DIGSITE_REDIS_URL"):
        Settings(home=tmp_path, redis_mirror=True)


async def until(is_reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(TIMEOUT_S):
        while not is_reached():
            await asyncio.sleep(0.01)
