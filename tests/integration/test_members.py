"""Members in two processes over one PostgreSQL, or in one over SQLite: what they share, and what survives."""

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import AsyncIterator

import pytest
from msgspec.structs import asdict

from events import Append, StreamId
from events.stores import open_store
from events.stores.sql import SqlStore
from events.subscriptions.errors import StaleTokens, SubscriptionDiffers, SubscriptionDisabled
from events.subscriptions.members import Members
from events.subscriptions.registry import find, put, standing
from events.subscriptions.rules import SECOND
from events.subscriptions.subscription import Terms
from events.testing import an_event

LOG, NAME = "default", "workers"
STREAMS, EVENTS_EACH = 12, 25
TERMS = Terms(filter="{}", start="start", visibility=60 * SECOND, attempts_max=100, webhook=None)


@pytest.fixture
async def stores(database_url: str) -> AsyncIterator[list[SqlStore]]:
    """Those of two processes; on SQLite, of the one that there may be."""
    stores = [open_store(database_url) for _ in range(1 if database_url.startswith("sqlite") else 2)]
    for store in stores:
        await store.open()
    yield stores
    for store in stores:
        await store.close()


async def filled(store: SqlStore) -> int:
    """A log in which the events of some streams follow each other; how many there are."""
    for _ in range(EVENTS_EACH):
        await store.append(LOG, *(Append(StreamId("thing", str(number)), (an_event(),)) for number in range(STREAMS)))
    return STREAMS * EVENTS_EACH


async def test_members_share_the_events_in_order_and_each_is_done_once(stores: list[SqlStore]) -> None:
    total = await filled(stores[0])
    await put(stores[0], LOG, NAME, TERMS, after=0)
    done: Counter[int] = Counter()
    order: dict[tuple[str, str], list[int]] = defaultdict(list)
    holders: dict[tuple[str, str], str] = {}
    dice = random.Random(7)

    async def work(name: str, members: Members) -> None:
        while sum(done.values()) < total:
            leased = await members.fetch(LOG, NAME, name, dice.randint(1, 9))
            for each in leased:
                assert holders.setdefault(each.delivery.stream, name) == name
            await asyncio.sleep(0)
            if dice.random() < 0.2:
                for stream in {each.delivery.stream for each in leased}:
                    del holders[stream]
                await members.nack(LOG, NAME, [each.delivery.token for each in leased], delay=0)
                continue
            for each in leased:
                order[each.delivery.stream].append(each.event.position)
                done[each.event.position] += 1
            for stream in {each.delivery.stream for each in leased}:
                del holders[stream]
            await members.ack(LOG, NAME, [each.delivery.token for each in leased])

    async with asyncio.TaskGroup() as group:
        for number in range(6):
            group.create_task(work(f"member {number}", Members(stores[number % len(stores)])))
    assert done == Counter(range(1, total + 1))
    assert all(positions == sorted(positions) for positions in order.values())
    at_end = await standing(stores[0], LOG, NAME)
    assert (at_end.lag, at_end.outstanding, at_end.parked) == (0, 0, 0)


async def test_of_many_who_make_it_at_once_one_makes_it(stores: list[SqlStore]) -> None:
    made = await asyncio.gather(*(put(stores[n % len(stores)], LOG, NAME, TERMS, after=0) for n in range(6)))
    assert sorted(made) == [False] * 5 + [True]
    with pytest.raises(SubscriptionDiffers):
        await put(stores[-1], LOG, NAME, Terms(**{**asdict(TERMS), "start": "head"}), after=0)


async def test_a_token_from_before_it_began_anew_settles_nothing(stores: list[SqlStore]) -> None:
    await filled(stores[0])
    members = Members(stores[-1])
    await put(stores[0], LOG, NAME, TERMS, after=0)
    [old] = await members.fetch(LOG, NAME, "ann", 1)
    await put(stores[0], LOG, NAME, TERMS, after=0, reset=True)
    [new] = await members.fetch(LOG, NAME, "bob", 1)
    assert old.event.position == new.event.position
    with pytest.raises(StaleTokens):
        await members.ack(LOG, NAME, [old.delivery.token])


async def test_what_a_filter_leaves_out_is_come_past_without_a_write_for_each(
    stores: list[SqlStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("events.subscriptions.members.REMEMBER_S", 3600)
    rare = Terms(**{**asdict(TERMS), "filter": '{"event":{"name":["rare"]}}'})
    await put(stores[0], LOG, NAME, rare, after=0)
    members = Members(stores[0])
    for _ in range(3):
        await filled(stores[0])
        assert await members.fetch(LOG, NAME, "ann", 1) == []
    assert (await find(stores[0], LOG, NAME)).scanned == 0
    await stores[0].append(LOG, Append(StreamId("thing", "1"), (an_event(kind="rare"),)))
    [leased] = await members.fetch(LOG, NAME, "ann", 1)
    assert leased.event.position == (await find(stores[0], LOG, NAME)).scanned


async def test_no_more_is_taken_from_the_log_than_may_be_outstanding(
    stores: list[SqlStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("events.subscriptions.members.OUTSTANDING_MAX", 130)  # in the middle of a step of scanning
    await filled(stores[0])
    await put(stores[0], LOG, NAME, TERMS, after=0)
    members = Members(stores[0])
    for number in range(5):
        await members.fetch(LOG, NAME, f"member {number}", 100)
    now = await standing(stores[0], LOG, NAME)
    assert (now.outstanding, now.checkpoint, now.subscription.scanned) == (130, 0, 130)


async def test_too_much_that_is_parked_switches_it_off(stores: list[SqlStore], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("events.subscriptions.members.PARKED_MAX", 3)
    await filled(stores[0])
    await put(stores[0], LOG, NAME, Terms(**{**asdict(TERMS), "attempts_max": 1}), after=0)
    members = Members(stores[0])
    leased = await members.fetch(LOG, NAME, "ann", 3)
    await members.nack(LOG, NAME, [each.delivery.token for each in leased])
    with pytest.raises(SubscriptionDisabled, match="3 of its events are parked"):
        await members.fetch(LOG, NAME, "ann", 1)
