"""The copy of a log in Redis takes each event once, in order, without a gap, whoever sends what."""

import json
from collections.abc import AsyncIterator

import pytest
from fakeredis import FakeAsyncRedis
from redis.asyncio import Redis

from events.payload import Body
from events.published import Published
from events.recording import Recording
from events.store import Head
from events.stores.tables import to_row
from events.streams import StreamId
from events.testing import an_event
from service.mirror.mirrored_log import EMPTY, MirroredLog, entry_id
from service.redis_client import connect

LENGTH = 1_000


def published(*positions: int) -> list[Published]:
    """Events of these positions, which follow each other."""
    before = Head(log="default", epoch=1, position=positions[0] - 1, recorded=0, hash=b"")
    recording = Recording(before, 1)
    placed = [recording.add(an_event(), StreamId("thing", "one"), position) for position in positions]
    return [Published(to_row(1, each), {each.position: Body(7, '{"n":1}')}) for each in placed]


@pytest.fixture(params=["fake", "real"])
async def client(request: pytest.FixtureRequest) -> AsyncIterator[Redis]:
    url = None if request.param == "fake" else request.getfixturevalue("redis_url")
    async with FakeAsyncRedis() if url is None else connect(url) as client:
        yield client


@pytest.fixture
def copy(client: Redis, redis_prefix: str) -> MirroredLog:
    return MirroredLog(client, redis_prefix, "default", LENGTH)


async def positions(client: Redis, key: str) -> list[int]:
    return [int(values[b"position"]) for _, values in await client.xrange(key)]


async def test_a_batch_that_continues_the_copy_is_taken(client: Redis, copy: MirroredLog) -> None:
    assert await copy.append(EMPTY, published(1, 2)) == "2-0"
    assert await copy.append("2-0", published(3)) == "3-0" == await copy.place()
    assert await positions(client, copy.key) == [1, 2, 3]


@pytest.mark.parametrize("batch", [(2, 3), (3,), (1, 2, 3), (7, 8)])
async def test_one_that_does_not_is_told_where_the_copy_stands(
    client: Redis, copy: MirroredLog, batch: tuple[int, ...]
) -> None:
    await copy.append(EMPTY, published(1, 2, 3))
    assert await copy.append(entry_id(batch[0] - 1), published(*batch)) == "3-0"
    assert await positions(client, copy.key) == [1, 2, 3]


async def test_a_copy_begins_in_the_midst_only_when_it_is_empty(client: Redis, copy: MirroredLog) -> None:
    assert await copy.append(EMPTY, published(501, 502), anew=True) == "502-0"
    assert await copy.append(EMPTY, published(401, 402), anew=True) == "502-0"
    assert await positions(client, copy.key) == [501, 502]


async def test_groups_that_wait_for_the_first_event_are_kept(client: Redis, copy: MirroredLog) -> None:
    await client.xgroup_create(copy.key, "workers", id="0", mkstream=True)
    await copy.append(await copy.place(), published(1), anew=True)
    [[_, [[entry, _]]]] = await client.xreadgroup("workers", "ann", {copy.key: ">"})
    assert entry == b"1-0"


async def test_what_is_no_copy_is_put_aside_whole(client: Redis, copy: MirroredLog) -> None:
    await client.xadd(copy.key, {"by": "somebody"}, id="900-1")
    assert await copy.append("900-1", published(1), anew=True) == "1-0"
    assert await client.xrange(copy.key_aside) == [(b"900-1", {b"by": b"somebody"})]


async def test_only_one_of_two_that_would_begin_anew_does(client: Redis, copy: MirroredLog) -> None:
    await client.xadd(copy.key, {"by": "somebody"}, id="900-0")
    assert await copy.append("900-0", published(1), anew=True) == "1-0"
    assert await copy.append("900-0", published(1), anew=True) == "1-0"
    assert await positions(client, copy.key) == [1]


async def test_the_oldest_make_room(client: Redis, redis_prefix: str) -> None:
    copy = MirroredLog(client, redis_prefix, "default", 10)
    for first in range(1, 1_001, 100):
        await copy.append(entry_id(first - 1), published(*range(first, first + 100)))
    kept = await positions(client, copy.key)
    assert kept == list(range(kept[0], 1_001))
    assert 10 <= len(kept) <= 200


async def test_an_entry_has_the_public_event_and_what_spares_reading_it(client: Redis, copy: MirroredLog) -> None:
    [event] = published(1)
    await copy.append(EMPTY, [event])
    [(entry, values)] = await client.xrange(copy.key)
    public = json.loads(values.pop(b"json"))
    assert entry == b"1-0"
    assert values == {
        b"position": b"1",
        b"id": public["id"].encode(),
        b"event": public["event"].encode(),
        b"resource": public["resource"]["prefect.resource.id"].encode(),
    }


async def test_the_newest_entry_tells_whose_copy_it_is(client: Redis, copy: MirroredLog) -> None:
    assert await copy.newest() is None
    events = published(1, 2)
    await copy.append(EMPTY, events)
    newest = await copy.newest()
    assert newest is not None
    assert (newest.position, newest.id) == (2, events[1].id)
    await client.xdel(copy.key, "2-0")
    assert (await copy.newest()) is not None
    assert await copy.place() == "2-0"
