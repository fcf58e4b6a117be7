"""Bodies and labels can be taken away, with their reason, and the chain holds without them."""

import sqlite3
from collections.abc import AsyncIterator
from itertools import pairwise

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.absences import Absence, Part, Reason, absences, ranges, remove_bodies, remove_labels, without
from events.stores import open_store
from events.stores.sql import SqlStore
from events.stores.statement import Statement
from events.stores.tables import EVENTS
from events.testing import LOG, one
from tests.invariants import check_chain, read_whole_log

POSITIONS = st.lists(st.integers(1, 20))


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[SqlStore]:
    store = open_store(database_url)
    await store.open()
    await store.append(LOG, *(one(content=f'"{index}"') for index in range(1, 7)))
    yield store
    await store.close()


async def test_without_its_body_an_event_keeps_its_place_in_the_chain(store: SqlStore) -> None:
    await store.beside(lambda fetch: remove_bodies(fetch, 1, [2, 3, 5], Reason.ERASED, 6))
    assert await store.bodies(LOG, range(1, 7)) == {1: '"1"', 4: '"4"', 6: '"6"'}
    assert await absences(store.fetch, 1, Part.BODY, 3, 9) == [
        Absence(2, 3, Reason.ERASED, 6),
        Absence(5, 5, Reason.ERASED, 6),
    ]
    await check_chain(store, LOG, await read_whole_log(store, LOG))


async def test_without_its_labels_an_event_keeps_its_place_in_the_chain(store: SqlStore) -> None:
    await store.beside(lambda fetch: remove_labels(fetch, 1, [2], 6))
    events = await read_whole_log(store, LOG)
    assert [placed.labels_salt is None for placed in events] == [False, True, False, False, False, False]
    assert events[1].event.resource == {"prefect.resource.id": "digsite.erased"}
    assert (events[1].event.related, events[1].event.outcome.key) == ((), None)
    await check_chain(store, LOG, events)


async def test_what_no_absence_names_stays(store: SqlStore) -> None:
    await store.beside(lambda fetch: remove_bodies(fetch, 1, [2], Reason.ERASED, 6))
    await store.beside(lambda fetch: remove_labels(fetch, 1, [2], 6))
    forged = EVENTS.update().where(EVENTS.c.position == 2).values(kind="forged")
    for change in (EVENTS.update().where(EVENTS.c.position == 3).values(labels_salt=None), forged):
        with pytest.raises((sqlite3.IntegrityError, asyncpg.RaiseError), match="append-only"):
            await store.run([(Statement(change), {})])


async def test_a_part_that_is_absent_may_become_so_for_another_reason(store: SqlStore) -> None:
    await store.beside(lambda fetch: remove_bodies(fetch, 1, [1, 2, 3], Reason.ARCHIVED, 5))
    await store.beside(lambda fetch: remove_bodies(fetch, 1, [2], Reason.ERASED, 6))
    assert await absences(store.fetch, 1, Part.BODY, 1, 6) == [
        Absence(1, 1, Reason.ARCHIVED, 5),
        Absence(2, 2, Reason.ERASED, 6),
        Absence(3, 3, Reason.ARCHIVED, 5),
    ]


@given(POSITIONS)
def test_ranges_are_the_positions_and_do_not_touch(positions: list[int]) -> None:
    found = ranges(positions)
    assert [each for first, last in found for each in range(first, last + 1)] == sorted(set(positions))
    assert all(before[1] + 1 < after[0] for before, after in pairwise(found))


@given(POSITIONS, POSITIONS)
def test_a_position_is_in_one_range_only(before: list[int], new: list[int]) -> None:
    taken = [Absence(first, last, Reason.ERASED, 2) for first, last in ranges(new)]
    left = without([Absence(first, last, Reason.ARCHIVED, 1) for first, last in ranges(before)], taken)
    assert [each for part in left for each in range(part.first, part.last + 1)] == sorted(set(before) - set(new))
