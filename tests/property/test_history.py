"""Over random histories: each state that was ever there stands in `history`, with the positions that it held."""

import uuid
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as profile
from msgspec import Struct

from events.event import RecordedEvent
from events.stores.sql import SqlStore
from events.writer import Writer
from projections.generations import regenerate
from projections.history import ARTIFACT_STATES, COLLECTION_STATES, HISTORY_PROJECTOR
from projections.history.states import States
from projections.rows import PLACE
from projections.steps import Rebuilt
from service.deciding.commands import Command
from service.handler import Answer, handle
from service.settings import Settings
from tests.asset_events import Model, served
from tests.catching_up import opened_store
from tests.property.foldings import Folding, fold_by_turns, foldings
from tests.property.histories import Step, histories, live

quick = profile(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

Held = tuple[str, int, int | None, int | None]
"""A state: its stream, where it began and ended, and where its stream did, if it is the first."""


def naive(history: Sequence[RecordedEvent], states: States) -> list[Held]:
    """The states of a history, told as simply as can be."""
    told: list[Held] = []
    of_these = [each for each in history if each.stream.category == states.projector.category]
    for event in of_these:
        if event.event.kind == states.projector.gone:
            continue
        later = [each for each in of_these if each.stream == event.stream and each.position > event.position]
        gone = [each.position for each in later if each.event.kind == states.projector.gone]
        until = later[0].position if later else None
        told.append((event.stream.id, event.position, until, gone[0] if gone and event.version == 1 else None))
    return sorted(told)


def check_order(model: Model) -> None:
    """States that are in order sort by what they say of themselves as they do by position."""
    for states in (ARTIFACT_STATES, COLLECTION_STATES):
        names = [column.name for column in states.table.columns][PLACE:]
        rows = [dict(zip(names, row or (), strict=True)) for row in model[states.table.name].values()]
        in_order = sorted((row for row in rows if row["is_in_order"]), key=lambda row: row["position"])
        first = [row for row in in_order if row["version"] == 1]
        assert sorted(in_order, key=lambda row: row["updated"]) == in_order
        assert sorted(first, key=lambda row: row["id"]) == first == sorted(first, key=lambda row: row["created"])


async def held(store: SqlStore, log: str) -> dict[str, list[Any]]:
    model = await served(store, HISTORY_PROJECTOR, log)
    return {name: sorted(row[:4] for row in rows.values() if row is not None) for name, rows in model.items()}


class Bare(Struct, frozen=True):
    """A store with a writer. Nobody but the test folds what it writes."""

    store: SqlStore
    writer: Writer[Command, Answer]


@pytest.fixture
async def bare(settings: Settings) -> AsyncIterator[Bare]:
    async with opened_store(settings.database) as store:
        writer = Writer(store, handle)
        writer.start()
        yield Bare(store, writer)
        await writer.close()


@given(history=histories, foldings=foldings)
@quick
async def test_however_it_is_folded_each_state_has_the_positions_that_it_held(
    bare: Bare, history: list[list[Step]], foldings: list[Folding]
) -> None:
    log, store = uuid.uuid4().hex, bare.store
    await live(bare, log, history)
    await fold_by_turns(store, log, HISTORY_PROJECTOR, foldings)
    recorded = await store.read_all(log)
    expected = {states.table.name: naive(recorded, states) for states in (ARTIFACT_STATES, COLLECTION_STATES)}
    assert await held(store, log) == expected
    check_order(await served(store, HISTORY_PROJECTOR, log))
    *_, last = [step async for step in regenerate(store, log, HISTORY_PROJECTOR, page_positions=4)]
    assert isinstance(last, Rebuilt)
    assert last.differences == 0
    assert await held(store, log) == expected


async def test_what_this_server_writes_is_in_order(bare: Bare) -> None:
    await live(bare, "default", [[Step(verb, "a", 0, 1)] for verb in ("create", "create", "update", "update")])
    await fold_by_turns(bare.store, "default", HISTORY_PROJECTOR, [])
    model = await served(bare.store, HISTORY_PROJECTOR)
    column = [column.name for column in ARTIFACT_STATES.table.columns].index("is_in_order") - PLACE
    assert all(row and row[column] for rows in model.values() for row in rows.values())
