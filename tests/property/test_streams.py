"""Over random logs, filters and readers: who follows is told exactly what a filter over the whole log finds."""

import asyncio
import json
import uuid
from itertools import pairwise
from typing import Any, TypeAlias

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as profile
from hypothesis import strategies as st
from msgspec import Struct

from events import Append, StreamId, feed, reading, ring
from events.cursor import Cursor
from events.feed import Feed
from events.filter import EventFilter
from events.matching import ID, Matcher
from events.published import Published
from events.reading import Span, read_event, read_span
from events.stores.sql import SqlStore
from events.testing import an_event
from events.wakeup import Wakeup
from service.parts import Parts
from service.streams.session import Session

TINY = {
    ring: {"RING_EVENTS_MAX": 8, "RING_BYTES_MAX": 30_000},
    feed: {
        "FRAME_EVENTS_MAX": 3,
        "FRAME_BYTES_MAX": 1_500,
        "SCAN_EVENTS_MAX": 4,
        "PAGE_EVENTS_MIN": 2,
        "TAIL_EVENTS_MAX": 3,
        "POLL_S": 0.001,
        "CATCH_UP_MAX": 1,
    },
    reading: {"INLINE_BYTES_MAX": 3_000},
}
"""Limits so small that every reader meets all of them."""

quick = profile(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

KINDS = ("ship.sailed", "ship.lost", "port.reached", "Ship.sailed")
NAMES = ("one", "two", "drei")


CONTENTS = (None, '{"a":"one"}', '{"a":"' + "ü" * 700 + '"}', '{"a":"' + "x" * 4_000 + '"}')

Facts: TypeAlias = dict[str, Any]

facts = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(KINDS),
        "resource": st.sampled_from(NAMES).map(lambda name: {"prefect.resource.id": f"ship.{name}"}),
        "content": st.sampled_from(CONTENTS),
        "related": st.lists(st.sampled_from(NAMES), max_size=2).map(
            lambda roles: tuple({"prefect.resource.id": "run.1", "prefect.resource.role": role} for role in roles)
        ),
    }
)
"""What varies between events: all that filters and limits look at."""
batches = st.lists(st.lists(facts, min_size=1, max_size=9), max_size=7)
filters = st.fixed_dictionaries(
    {},
    optional={
        "event": st.sampled_from(
            [{"prefix": ["ship."]}, {"exclude_name": ["ship.sailed"]}, {"name": ["port.reached"]}]
        ),
        "resource": st.sampled_from([{"id": ["ship.one"]}, {"id_prefix": ["ship.d"]}, {"labels": {"x": "*"}}, {}]),
        "related": st.sampled_from([{"role": ["one"]}, {"labels": {"prefect.resource.role": "!one"}}, []]),
        "text": st.sampled_from([{"query": "ÜÜÜ"}, {"query": "-drei"}, {"query": "+one sailed"}]),
    },
).map(EventFilter.model_validate)


class Reader(Struct, frozen=True):
    """Where one begins, as a part of what is there by then; what it asks for; how often it stalls, and how long."""

    begins: float
    filter: EventFilter
    stalls: list[int]


readers = st.builds(
    Reader, begins=st.floats(0, 1), filter=filters, stalls=st.lists(st.integers(0, 30), min_size=1, max_size=5)
)


@pytest.fixture(autouse=True)
def _tiny_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, limits in TINY.items():
        for name, value in limits.items():
            monkeypatch.setattr(module, name, value)


async def append(store: SqlStore, log: str, batch: list[Facts]) -> None:
    events = [an_event(**facts) for facts in batch]
    await store.append(log, *(Append(StreamId("resource", event.resource[ID]), (event,)) for event in events))


async def naive(store: SqlStore, log: str, after: int, filter: EventFilter) -> list[str]:
    """What a filter finds, one event at a time."""
    matches, head = Matcher(filter), (await store.head(log)).position
    events = [await read_event(store, log, position) for position in range(after + 1, head + 1)]
    return [shown(event) for event in events if event is not None and matches(event)]


def shown(event: Published) -> str:
    return f"{event.position} {event.json}"


def told(spans: list[Span]) -> list[str]:
    return [shown(event) for span in spans for event in span.events]


@given(batches=batches, filter=filters, limit=st.integers(1, 9), bytes_max=st.sampled_from([1, 2_000, 10**6]))
@quick
async def test_the_pages_of_a_log_are_what_a_filter_over_it_finds(
    parts: Parts, batches: list[list[Facts]], filter: EventFilter, limit: int, bytes_max: int
) -> None:
    store, log = parts.store, uuid.uuid4().hex
    for batch in batches:
        await append(store, log, batch)
    head = (await store.head(log)).position
    spans = [Span(0, 0, head)]
    while spans[-1].to < head:
        span = await read_span(
            store, log, after=spans[-1].to, matcher=Matcher(filter), limit=limit, bytes_max=bytes_max
        )
        assert span.after < span.to <= span.head == head
        spans.append(span)
    assert all(one.to == other.after for one, other in pairwise(spans))
    assert told(spans) == await naive(store, log, 0, filter)


@given(batches=batches, readers=st.lists(readers, min_size=1, max_size=4))
@quick
async def test_followers_are_told_all_of_it_once_and_in_order_however_they_stall(
    parts: Parts, batches: list[list[Facts]], readers: list[Reader]
) -> None:
    store, log, wakeup = parts.store, uuid.uuid4().hex, Wakeup()
    for batch in batches[::2]:
        await append(store, log, batch)
    followed = Feed(store, log, wakeup)
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        end = asyncio.get_running_loop().create_future()
        following = [group.create_task(follow(followed, reader, end)) for reader in readers]
        for batch in batches[1::2]:
            await append(store, log, batch)
            wakeup.ring(log)
            await asyncio.sleep(0)
        end.set_result((await store.head(log)).position)
    await followed.close()
    for reader, task in zip(readers, following, strict=True):
        after, spans, frames = task.result()
        assert all(one.to == other.after for one, other in pairwise(spans))
        assert told(spans) == await naive(store, log, after, reader.filter)
        check_frames(frames, after, spans)


async def follow(followed: Feed, reader: Reader, end: "asyncio.Future[int]") -> tuple[int, list[Span], list[str]]:
    """Where it began, the spans that it was given up to the end, and the frames that they made."""
    after = int((await followed._store.head(followed.log)).position * reader.begins)
    session = Session(Cursor(followed.log, after))
    spans: list[Span] = []
    frames: list[str] = []
    with followed.follow(after, Matcher(reader.filter)) as follower:
        while not (end.done() and follower.position >= end.result()):
            for _ in range(reader.stalls[len(spans) % len(reader.stalls)]):
                await asyncio.sleep(0)
            if end.done() and follower.position >= end.result():
                break
            spans.append(await next_or_end(follower, end))
            frames += session.receive(spans[-1], is_live=follower.is_live)
    return after, spans, frames


async def next_or_end(follower: feed.Follower, end: "asyncio.Future[int]") -> Span:
    """The next span; an empty one if the log ends where the follower is already."""
    coming = asyncio.ensure_future(follower.next())
    while not coming.done():
        await asyncio.wait([coming], timeout=0.05)
        if end.done() and follower.position >= end.result() and not coming.done():
            coming.cancel()
            return Span(follower.position, follower.position, follower.position)
    return coming.result()


def check_frames(frames: list[str], after: int, spans: list[Span]) -> None:
    """The frames prove by themselves that nothing is missing: each begins where the one before ended."""
    at, found = after, []
    for frame in map(json.loads, frames):
        assert frame.get("from", at) == at <= frame["to"] <= frame["head"]
        at = frame["to"]
        found += [each["position"] for each in frame.get("events", ())]
    assert found == [event.position for span in spans for event in span.events]
