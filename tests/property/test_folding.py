"""Over random histories: the read models are the fold of the log, live and rebuilt alike."""

import asyncio
import uuid

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as profile
from sqlalchemy import text

from events.stores.sql import SqlStore
from events.stores.statement import Statement
from projections import INLINE
from projections.rebuild import rebuild
from projections.steps import Rebuilt
from service.parts import Parts
from tests.invariants import check_log, rows_of
from tests.property.histories import Step, histories, live

EXAMPLES = 25
quick = profile(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


async def rebuilt(store: SqlStore, log: str) -> list[Rebuilt]:
    steps = [step for projector in INLINE async for step in rebuild(store, log, projector, page_positions=7)]
    return [step for step in steps if isinstance(step, Rebuilt)]


@given(history=histories)
@quick
async def test_what_was_folded_live_is_what_the_log_says(parts: Parts, history: list[list[Step]]) -> None:
    log = uuid.uuid4().hex
    await live(parts, log, history)
    await check_log(parts.store, log)


@given(history=histories)
@quick
async def test_a_rebuild_comes_out_as_what_was_folded_live(parts: Parts, history: list[list[Step]]) -> None:
    log = uuid.uuid4().hex
    await live(parts, log, history)
    before = [await rows_of(parts.store, log, projector) for projector in INLINE]
    assert [step.differences for step in await rebuilt(parts.store, log)] == [0] * len(INLINE)
    assert [await rows_of(parts.store, log, projector) for projector in INLINE] == before


DAMAGES = [
    "DELETE FROM artifacts",
    "UPDATE artifacts SET type = 'forged', updated = updated + 1",
    "UPDATE collections SET latest_id = 'forged'",
    "INSERT INTO collections SELECT log, 'surplus', id, latest_id, type, flow_run_id, task_run_id, created, updated, "
    "position, version, event_id, recorded, data_position, description_position, metadata_position FROM collections",
]


@pytest.mark.parametrize("damage", DAMAGES)
async def test_a_rebuild_puts_a_damaged_read_model_right(parts: Parts, damage: str) -> None:
    await live(parts, "default", [[Step("create", "a", n, None) for n in range(3)]])
    await parts.store.run([(Statement(text(damage)), {})])
    assert sum(step.differences for step in await rebuilt(parts.store, "default")) > 0
    await check_log(parts.store, "default")


async def test_a_rebuild_under_writes_switches_to_what_is_there_by_then(parts: Parts) -> None:
    chunks = [[Step("create", "a", n, None), Step("update", "a", n, 1)] for n in range(50)]
    await live(parts, "default", chunks[:1])
    writes = asyncio.create_task(live(parts, "default", chunks))
    while not writes.done():
        assert [step.differences for step in await rebuilt(parts.store, "default")] == [0] * len(INLINE)
    await writes
    await check_log(parts.store, "default")


async def test_a_rebuild_leaves_other_logs_as_they_are(parts: Parts) -> None:
    for log in ("one", "two"):
        await live(parts, log, [[Step("create", "a", 1, None)]])
    await rebuilt(parts.store, "one")
    await check_log(parts.store, "two")
