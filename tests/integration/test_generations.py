"""A rebuild fills a generation beside the serving one: readers see the one or the other, whole."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
from msgspec.structs import replace
from sqlalchemy import text
from structlog.testing import capture_logs

from events.event import RecordedEvent
from events.stores.sql import SqlStore
from events.stores.statement import Statement
from projections import generations
from projections.asset_reader import list_assets
from projections.assets import ASSET_PROJECTOR, ASSETS, AssetProjector
from projections.catch_up import Change
from projections.checkpoints import Checkpoint, Holder, begin_beside, serving, states
from projections.generations import regenerate
from projections.runner import Runner
from projections.steps import Progress, Rebuilt
from tests.asset_events import RAW, folded, recorded, rows_of, served, success
from tests.catching_up import LOG, TIMEOUT_S, Clock, Watched, opened_store, running, taken, until

NAME = ASSET_PROJECTOR.name
COUNT = 7


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[SqlStore]:
    """With assets that were folded."""
    async with opened_store(database_url) as store:
        await made(store)
        async with running(store) as runner:
            await caught_up(runner, store)
        yield store


class Shouting(AssetProjector):
    """The next version: it shows every name in capitals."""

    version = 2

    def apply(self, placed: RecordedEvent) -> Sequence[Change]:
        resource = placed.event.resource
        louder = {label: said if label == "prefect.resource.id" else said.upper() for label, said in resource.items()}
        return super().apply(replace(placed, event=replace(placed.event, resource=louder)))


async def made(store: SqlStore, count: int = COUNT) -> None:
    for number in range(count):
        await recorded(store, success(f"s3://made/{number}", RAW, name="made"))


async def caught_up(runner: Runner, store: SqlStore) -> int:
    return await runner.wait_for(LOG, NAME, (await store.head(LOG)).position, TIMEOUT_S)


async def rebuilt(store: SqlStore, projector: AssetProjector = ASSET_PROJECTOR) -> Rebuilt:
    *_, last = [step async for step in regenerate(store, LOG, projector, page_positions=3)]
    assert isinstance(last, Rebuilt)
    return last


async def checkpoint(store: SqlStore) -> Checkpoint:
    found = await serving(store, await store.log_number(LOG), NAME)
    assert found is not None
    return found


async def only_generation(store: SqlStore) -> int:
    """The one generation that has a checkpoint and rows."""
    [state] = await states(store, LOG)
    with_rows = await store.fetch(Statement(text("SELECT DISTINCT generation FROM assets")))
    assert [tuple(row) for row in with_rows] == [(state.generation,)]
    return state.generation


async def test_a_rebuild_comes_out_as_what_was_folded_live(store: SqlStore) -> None:
    before = await served(store, ASSET_PROJECTOR)
    rows = sum(map(len, before.values()))
    assert await rebuilt(store) == Rebuilt(LOG, NAME, position=COUNT, rows=rows, differences=0)
    assert await served(store, ASSET_PROJECTOR) == before


async def test_a_rebuild_tells_how_far_it_is(store: SqlStore) -> None:
    *steps, _ = [step async for step in regenerate(store, LOG, ASSET_PROJECTOR, page_positions=3)]
    assert steps == [Progress(LOG, NAME, position, COUNT) for position in (3, 6, 7)]


async def test_the_new_generation_serves_and_the_old_one_is_gone(store: SqlStore) -> None:
    await rebuilt(store)
    assert await only_generation(store) == (await checkpoint(store)).generation == 2


DAMAGES = {
    "DELETE FROM assets": COUNT + 1,
    "UPDATE asset_materializations SET status = 'forged' WHERE position = 2": 1,
    "INSERT INTO asset_edges SELECT log, generation, 'forged', downstream, 1, 1 FROM asset_edges": COUNT,
}


@pytest.mark.parametrize("damage", DAMAGES)
async def test_a_rebuild_counts_what_differs_and_puts_it_right(store: SqlStore, damage: str) -> None:
    await store.run([(Statement(text(damage)), {})])
    assert (await rebuilt(store)).differences == DAMAGES[damage]
    assert await served(store, ASSET_PROJECTOR) == folded(ASSET_PROJECTOR, await store.read_all(LOG))


async def test_what_nobody_has_folded_yet_is_folded_first_and_is_no_difference(store: SqlStore) -> None:
    await made(store, 2)
    last = await rebuilt(store)
    assert (last.position, last.differences) == (COUNT + 2, 0)


async def test_a_rebuild_beside_a_runner_under_writes_finds_no_difference(store: SqlStore) -> None:
    async with running(store) as runner:
        writes = asyncio.create_task(made(store, 60))
        while not writes.done():
            assert (await rebuilt(store)).differences == 0
        await writes
        await caught_up(runner, store)
    assert await served(store, ASSET_PROJECTOR) == folded(ASSET_PROJECTOR, await store.read_all(LOG))


async def test_readers_never_see_half_a_model(store: SqlStore) -> None:
    number = await store.log_number(LOG)

    async def rebuild_often() -> None:
        for _ in range(5):
            await rebuilt(store)

    rebuilds = asyncio.create_task(rebuild_often())
    seen = set()
    while not rebuilds.done():
        seen.add(len(await list_assets(store, number, prefix="", after="", limit=100)))
        await asyncio.sleep(0)
    await rebuilds
    assert seen == {COUNT + 1}


async def test_two_rebuilds_at_once_harm_nothing(store: SqlStore) -> None:
    both = await asyncio.gather(rebuilt(store), rebuilt(store))
    assert [each.differences for each in both] == [0, 0]
    assert await only_generation(store) > 1
    assert await served(store, ASSET_PROJECTOR) == folded(ASSET_PROJECTOR, await store.read_all(LOG))


async def test_a_rebuild_that_is_broken_off_leaves_nothing_behind(store: SqlStore) -> None:
    broken_off = regenerate(store, LOG, ASSET_PROJECTOR, page_positions=3)
    await anext(broken_off)
    assert len(await states(store, LOG)) == 2
    await broken_off.aclose()  # type: ignore[attr-defined]
    assert await only_generation(store) == 1


async def test_a_rebuild_that_fails_leaves_the_serving_generation_as_it_was(store: SqlStore) -> None:
    before = await served(store, ASSET_PROJECTOR)
    with pytest.raises(ZeroDivisionError):
        await rebuilt(store, Watched(fails_at=5))
    assert await only_generation(store) == 1
    assert await served(store, ASSET_PROJECTOR) == before


async def test_what_a_rebuild_left_behind_that_died_is_cleared_by_the_next(store: SqlStore) -> None:
    number = await store.log_number(LOG)
    await begin_beside(store, LOG, number, NAME, 1, Holder("dead"), Clock()())
    await rebuilt(store)
    await only_generation(store)


async def test_a_rebuild_under_way_is_not_taken_for_one_that_died(store: SqlStore) -> None:
    one = regenerate(store, LOG, ASSET_PROJECTOR, page_positions=3)
    await anext(one)
    await rebuilt(store)
    *_, last = [step async for step in one]
    assert isinstance(last, Rebuilt)
    assert last.differences == 0


async def test_a_version_that_rose_is_rebuilt_at_the_start(store: SqlStore) -> None:
    async with running(store, Shouting()) as runner:
        await until(lambda: serves_version(store, 2))
        await recorded(store, success("s3://made/later", name="made"))
        await caught_up(runner, store)
    assert await only_generation(store) == 2
    assert await names(store) == {None, "MADE"}


async def test_the_old_version_serves_until_the_new_one_is_whole(store: SqlStore) -> None:
    steps = regenerate(store, LOG, Shouting(), page_positions=3)
    await anext(steps)
    assert await names(store) == {None, "made"}
    assert len(await served(store, ASSET_PROJECTOR)) > 0
    *_, last = [step async for step in steps]
    assert isinstance(last, Rebuilt)
    assert last.differences == COUNT
    assert await names(store) == {None, "MADE"}


async def test_older_code_leaves_the_rows_of_newer_code_alone_and_says_so(store: SqlStore) -> None:
    await rebuilt(store, Shouting())
    await made(store, 1)
    older = Watched()
    with capture_logs() as said:

        async def has_said_so() -> bool:
            return any("upgrade" in each.get("reason", "") for each in said)

        async with running(store, older):
            await until(has_said_so)
    assert (older.given, await checkpoint(store)) == ([], Checkpoint(2, version=2, position=COUNT))


async def test_what_is_folded_before_the_switch_is_in_the_new_generation_too(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def as_it_was_a_moment_ago(_: object) -> int:
        return 3

    monkeypatch.setattr(generations, "_target", as_it_was_a_moment_ago)
    last = await rebuilt(store)
    assert (last.position, last.differences) == (COUNT, 0)
    assert await served(store, ASSET_PROJECTOR) == folded(ASSET_PROJECTOR, await store.read_all(LOG))


async def test_whoever_folds_the_serving_generation_is_fenced_off_by_the_switch(store: SqlStore) -> None:
    await taken(store, "one", Clock())
    await rebuilt(store)
    number = await store.log_number(LOG)
    assert await rows_of(store, ASSETS, number, generation=1) == {}
    assert (await taken(store, "one", Clock())).generation == 2


async def test_a_log_that_was_never_written_to_is_rebuilt_in_no_time(store: SqlStore) -> None:
    steps = [step async for step in regenerate(store, "nowhere", ASSET_PROJECTOR)]
    assert steps == [Rebuilt("nowhere", NAME, position=0, rows=0, differences=0)]


async def serves_version(store: SqlStore, version: int) -> bool:
    return (await checkpoint(store)).version == version


async def names(store: SqlStore) -> set[str | None]:
    assets = await list_assets(store, await store.log_number(LOG), prefix="", after="", limit=100)
    return {each.name for each in assets}
