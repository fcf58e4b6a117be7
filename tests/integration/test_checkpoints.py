"""Rows and checkpoint change together, and only by who holds the lease."""

from collections.abc import AsyncIterator, Sequence

import pytest
from msgspec.structs import replace

from events.event import RecordedEvent
from events.stores.sql import SqlStore
from events.stores.tables import Row
from projections.assets import ASSET_PROJECTOR
from projections.catch_up import Change, fold_page
from projections.checkpoints import Holder, Lease, LeaseLost, prolong_all, release, serving
from tests.asset_events import CLEAN, RAW, folded, recorded, reference, served, success
from tests.catching_up import LOG, Clock, Watched, opened_store, taken, taken_if_free


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[SqlStore]:
    async with opened_store(database_url) as store:
        await recorded(store, reference(RAW), success(CLEAN, RAW), reference(CLEAN))
        yield store


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def page(store: SqlStore, lease: Lease, upto: int, clock: Clock) -> Lease:
    return await fold_page(store, lease, ASSET_PROJECTOR, upto=upto, until=Holder(lease.holder).until(clock()))


async def position(store: SqlStore) -> int:
    checkpoint = await serving(store, await store.log_number(LOG), ASSET_PROJECTOR.name)
    assert checkpoint is not None
    return checkpoint.position


async def test_a_page_moves_rows_and_checkpoint(store: SqlStore, clock: Clock) -> None:
    lease = await page(store, await taken(store, "one", clock), 2, clock)
    assert (lease.position, await position(store)) == (2, 2)
    assert await served(store, ASSET_PROJECTOR) == folded(ASSET_PROJECTOR, (await store.read_all(LOG))[:2])


async def test_pages_come_out_as_one_fold(store: SqlStore, clock: Clock) -> None:
    lease = await taken(store, "one", clock)
    for upto in (1, 2, 3):
        lease = await page(store, lease, upto, clock)
    assert await served(store, ASSET_PROJECTOR) == folded(ASSET_PROJECTOR, await store.read_all(LOG))


class BreaksWhileWriting(Watched):
    """Its second change fails in the middle of the transaction."""

    def apply(self, placed: RecordedEvent) -> Sequence[Change]:
        first, second, *rest = super().apply(placed)
        return first, Change(second.table, second.key, broken), *rest


def broken(_: Row | None) -> Row | None:
    raise ZeroDivisionError


async def test_a_page_that_breaks_in_the_middle_leaves_neither_rows_nor_checkpoint(
    store: SqlStore, clock: Clock
) -> None:
    lease = await page(store, await taken(store, "one", clock), 1, clock)
    before = await served(store, ASSET_PROJECTOR)
    with pytest.raises(ZeroDivisionError):
        await fold_page(store, lease, BreaksWhileWriting(), upto=2, until=0)
    assert (await position(store), await served(store, ASSET_PROJECTOR)) == (1, before)


async def test_a_lease_that_holds_is_not_taken(store: SqlStore, clock: Clock) -> None:
    await taken(store, "one", clock)
    assert await taken_if_free(store, "other", clock) is None


async def test_a_lease_that_was_prolonged_is_not_taken(store: SqlStore, clock: Clock) -> None:
    await taken(store, "one", clock)
    clock.pass_s(8)
    await prolong_all(store, Holder("one"), clock())
    clock.pass_s(8)
    assert await taken_if_free(store, "other", clock) is None


async def test_a_lease_that_was_released_is_taken_at_once_and_not_prolonged(store: SqlStore, clock: Clock) -> None:
    lease = await taken(store, "one", clock)
    await release(store, lease)
    await prolong_all(store, Holder("one"), clock())
    assert await taken_if_free(store, "other", clock) is not None


async def test_each_taking_raises_the_fence(store: SqlStore, clock: Clock) -> None:
    first = await taken(store, "one", clock)
    clock.pass_s(11)
    second = await taken(store, "other", clock)
    third = await taken(store, "other", clock)
    assert first.fence < second.fence < third.fence


async def test_who_was_taken_over_from_writes_nothing(store: SqlStore, clock: Clock) -> None:
    stale = await page(store, await taken(store, "one", clock), 1, clock)
    clock.pass_s(11)
    lease = await taken(store, "other", clock)
    before = await served(store, ASSET_PROJECTOR)
    with pytest.raises(LeaseLost) as lost:
        await page(store, stale, 2, clock)
    assert (lost.value.fence, lost.value.position) == (stale.fence, 1)
    assert await served(store, ASSET_PROJECTOR) == before
    await page(store, lease, 3, clock)
    assert await served(store, ASSET_PROJECTOR) == folded(ASSET_PROJECTOR, await store.read_all(LOG))


async def test_who_was_taken_over_from_does_not_release_the_lease_of_the_next(store: SqlStore, clock: Clock) -> None:
    stale = await taken(store, "one", clock)
    clock.pass_s(11)
    await taken(store, "other", clock)
    await release(store, stale)
    assert await taken_if_free(store, "third", clock) is None


async def test_a_page_is_not_saved_twice(store: SqlStore, clock: Clock) -> None:
    lease = await taken(store, "one", clock)
    await page(store, lease, 2, clock)
    with pytest.raises(LeaseLost):
        await page(store, lease, 2, clock)
    assert await served(store, ASSET_PROJECTOR) == folded(ASSET_PROJECTOR, (await store.read_all(LOG))[:2])


async def test_events_of_other_kinds_move_the_checkpoint_alone(store: SqlStore, clock: Clock) -> None:
    projector = Watched()
    await recorded(store, replace(reference(RAW), kind="thing.happened"))
    lease = await page(store, await taken(store, "one", clock), 3, clock)
    moved = await fold_page(store, lease, projector, upto=4, until=0)
    assert (moved.position, await position(store), projector.given) == (4, 4, [])
