"""The feed and its followers: who is told what, and when."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from events import Append, StreamId, feed
from events.errors import StorageUnavailable
from events.feed import Feed
from events.stores.sql import SqlStore
from events.testing import an_event
from events.wakeup import Wakeup
from service.parts import Parts

LOG = "default"


@pytest.fixture
def store(parts: Parts) -> SqlStore:
    return parts.store


@pytest.fixture
async def followed(store: SqlStore) -> AsyncIterator[Feed]:
    made = Feed(store, LOG, Wakeup(), beat_s=0.2)
    async with asyncio.timeout(20):
        yield made
    await made.close()


async def append(store: SqlStore, events: int) -> None:
    await store.append(LOG, *(Append(StreamId("thing", "one"), (an_event(),)) for _ in range(events)))


async def test_one_who_begins_at_the_head_is_told_at_once(store: SqlStore, followed: Feed) -> None:
    await append(store, 3)
    with followed.follow(3) as follower:
        began = time.monotonic()
        span = await follower.next()
        assert time.monotonic() - began < 0.2
        assert (span.after, span.to, span.head) == (3, 3, 3)


async def test_one_who_is_behind_is_given_events_first(store: SqlStore, followed: Feed) -> None:
    await append(store, 40)
    with followed.follow(0) as follower:
        span = await follower.next()
        assert [event.position for event in span.events] == list(range(1, 17))
        assert not follower.is_live


async def test_one_whose_page_ends_at_the_head_is_live_and_hears_nothing_until_the_beat(
    store: SqlStore, followed: Feed
) -> None:
    await append(store, 3)
    with followed.follow(0) as follower:
        assert (await follower.next()).to == 3
        assert follower.is_live
        began = time.monotonic()
        assert (await follower.next()).events == ()
        assert time.monotonic() - began > 0.05


async def test_an_event_that_nobody_announced_is_found(store: SqlStore, followed: Feed) -> None:
    with followed.follow(0) as follower:
        assert (await follower.next()).to == 0
        await append(store, 1)
        while (span := await follower.next()).to == 0:
            pass
        assert [event.position for event in span.events] == [1]


async def test_readers_of_the_same_share_one_span(store: SqlStore, followed: Feed) -> None:
    with followed.follow(0) as one, followed.follow(0) as other:
        for follower in (one, other):
            await follower.next()
        waiting = [asyncio.create_task(follower.next()) for follower in (one, other)]
        await asyncio.sleep(0)
        await append(store, 1)
        spans = await asyncio.gather(*waiting)
        while not spans[0].events:
            spans = await asyncio.gather(one.next(), other.next())
        assert spans[0] is spans[1]


async def test_while_the_storage_is_away_followers_hear_a_beat_and_then_go_on(
    store: SqlStore, followed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unavailable(*_: object, **__: object) -> None:
        raise StorageUnavailable("away")

    monkeypatch.setattr(feed, "RETRY_S", 0.05)
    await append(store, 2)
    with followed.follow(2) as follower:
        await follower.next()
        with monkeypatch.context() as away:
            away.setattr(feed, "read_span", unavailable)
            assert (await follower.next()).to == 2
            assert (await follower.next()).to == 2
        await append(store, 1)
        while (span := await follower.next()).to == 2:
            pass
        assert span.to == 3


async def test_with_the_last_follower_the_ring_goes(store: SqlStore, followed: Feed) -> None:
    with followed.follow(0) as follower:
        await follower.next()
        assert followed.followers == {follower}
    assert (followed.followers, followed.head) == (set(), 0)
