"""The runner keeps projections up to date: over restarts, errors, and other runners."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from events.event import RecordedEvent
from events.stores.sql import SqlStore
from projections.assets import ASSET_PROJECTOR
from projections.catch_up import Change
from projections.checkpoints import State, states
from projections.runner import ProjectionBehind, Runner
from tests.asset_events import CLEAN, RAW, folded, recorded, reference, served, success
from tests.catching_up import LOG, TIMEOUT_S, Clock, Watched, opened_store, running, taken, until

NAME = ASSET_PROJECTOR.name


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[SqlStore]:
    async with opened_store(database_url) as store:
        yield store


@pytest.fixture
async def other_store(database_url: str, store: SqlStore) -> AsyncIterator[SqlStore]:
    """That of another process, where the database takes several."""
    if database_url.startswith("sqlite"):
        yield store
    else:
        async with opened_store(database_url) as other:
            yield other


async def caught_up(runner: Runner, store: SqlStore, log: str = LOG) -> int:
    return await runner.wait_for(log, NAME, (await store.head(log)).position, TIMEOUT_S)


async def state(store: SqlStore, projection: str = NAME) -> State:
    [found] = [each for each in await states(store, LOG) if each.projection == projection and each.serving]
    return found


async def events(store: SqlStore, count: int = 1) -> None:
    for number in range(count):
        await recorded(store, success(f"s3://made/{number}", RAW))


async def test_what_is_appended_is_folded(store: SqlStore) -> None:
    async with running(store) as runner:
        for _ in range(3):
            await events(store, 4)
            await caught_up(runner, store)
            assert await served(store, ASSET_PROJECTOR) == folded(ASSET_PROJECTOR, await store.read_all(LOG))


async def test_a_log_that_comes_into_being_is_followed(store: SqlStore) -> None:
    async with running(store) as runner:
        for log in ("team/one", "team/two"):
            await recorded(store, reference(RAW), log=log)
            assert await caught_up(runner, store, log) == 1
            assert list((await served(store, ASSET_PROJECTOR, log))["assets"]) == [(RAW,)]


async def test_a_restart_goes_on_where_it_was(store: SqlStore) -> None:
    projector = Watched()
    for _ in range(3):
        await events(store, 5)
        async with running(store, projector) as runner:
            await caught_up(runner, store)
    assert projector.given == list(range(1, 16))


async def test_of_two_runners_one_works(store: SqlStore, other_store: SqlStore) -> None:
    one, other = Watched(), Watched()
    async with running(store, one, name="one") as first, running(other_store, other, name="other"):
        for _ in range(10):
            await events(store, 2)
            await caught_up(first, store)
    assert sorted((one.given, other.given)) == [[], list(range(1, 21))]


async def test_when_one_stops_the_other_takes_over_at_once(store: SqlStore, other_store: SqlStore) -> None:
    one, other = Watched(), Watched()
    async with running(store, one, name="one") as first:
        await events(store, 2)
        await caught_up(first, store)
        async with running(other_store, other, name="other") as second:
            await first.close()
            await events(store, 2)
            await caught_up(second, store)
    assert (one.given, other.given) == ([1, 2], [3, 4])


async def test_when_one_dies_the_other_takes_over_when_its_lease_has_run_out(store: SqlStore) -> None:
    await events(store, 2)
    dead = await taken(store, "dead", Clock())  # in the past, so that it has run out
    async with running(store) as runner:
        await caught_up(runner, store)
    assert (await state(store)).owner != dead.holder


async def test_runners_that_take_over_from_each_other_all_the_time_fold_each_event_once(
    store: SqlStore, other_store: SqlStore
) -> None:
    """Leases that have run out before they begin: only the fence keeps order."""
    async with running(store, name="one", lease_s=0) as first, running(other_store, name="other", lease_s=0):
        for _ in range(30):
            await events(store, 2)
            await asyncio.sleep(0)
        await caught_up(first, store)
        assert await served(store, ASSET_PROJECTOR) == folded(ASSET_PROJECTOR, await store.read_all(LOG))


class Another(Watched):
    """A second projection beside the assets, without rows of its own."""

    name = "another"
    tables = ()

    def apply(self, placed: RecordedEvent) -> Sequence[Change]:
        super().apply(placed)
        return ()


async def test_a_projection_that_fails_is_shown_and_stops_no_other(store: SqlStore) -> None:
    await events(store, 5)
    async with running(store, Another(fails_at=2), ASSET_PROJECTOR) as runner:
        await caught_up(runner, store)
        await until(lambda: error_of(store, "another"))
        failed = await state(store, "another")
        assert (failed.error, failed.lag) == ("ZeroDivisionError: cannot fold 2", 5)
        await events(store)
        assert await caught_up(runner, store) == 6


async def error_of(store: SqlStore, projection: str) -> str | None:
    found = [each.error for each in await states(store, LOG) if each.projection == projection]
    return found[0] if found else None


async def test_a_projection_that_failed_goes_on_when_the_cause_is_gone(store: SqlStore) -> None:
    projector = Watched(fails_at=2)
    await events(store, 2)
    async with running(store, projector) as runner:
        await until(lambda: error_of(store, NAME))
        projector.fails_at = None
        await caught_up(runner, store)
    assert (await state(store)).error is None
    assert await served(store, ASSET_PROJECTOR) == folded(ASSET_PROJECTOR, await store.read_all(LOG))


async def test_the_lag_is_what_was_not_folded_yet(store: SqlStore) -> None:
    await events(store, 3)
    async with running(store) as runner:
        await caught_up(runner, store)
    await events(store, 2)
    shown = await state(store)
    assert (shown.position, shown.head, shown.lag, shown.generation, shown.version) == (3, 5, 2, 1, 1)


async def test_who_waits_for_a_position_that_does_not_come_is_told_what_was_reached(store: SqlStore) -> None:
    await recorded(store, reference(CLEAN))
    async with running(store) as runner:
        await caught_up(runner, store)
        with pytest.raises(ProjectionBehind) as behind:
            await runner.wait_for(LOG, NAME, 2, timeout_s=0.01)
    assert (behind.value.projection, behind.value.wanted, behind.value.reached) == (NAME, 2, 1)


async def test_nobody_waits_for_position_zero(store: SqlStore) -> None:
    async with running(store) as runner:
        assert await runner.wait_for("nowhere", NAME, 0, timeout_s=0) == 0
