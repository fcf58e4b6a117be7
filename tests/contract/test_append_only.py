"""The database itself refuses to change what is recorded."""

import sqlite3
from collections.abc import AsyncIterator

import asyncpg
import pytest
from sqlalchemy import text

from events.stores import open_store
from events.stores.sql import SqlStore
from events.stores.statement import Statement
from events.testing import LOG, one

CHANGES = [
    "UPDATE events SET kind = 'forged'",
    "DELETE FROM events",
    "UPDATE event_bodies SET content = 'forged'",
    "DELETE FROM event_bodies",
]


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[SqlStore]:
    store = open_store(database_url)
    await store.open()
    await store.append(LOG, one())
    yield store
    await store.close()


@pytest.mark.parametrize("change", CHANGES)
async def test_a_recorded_event_cannot_be_changed(store: SqlStore, change: str) -> None:
    before = await store.read_all(LOG)
    with pytest.raises((sqlite3.IntegrityError, asyncpg.RaiseError), match="append-only"):
        await store.run([(Statement(text(change)), {})])
    assert await store.read_all(LOG) == before


async def test_a_table_of_the_log_cannot_be_truncated(postgres_url: str) -> None:
    connection = await asyncpg.connect(postgres_url)
    with pytest.raises(asyncpg.RaiseError, match="append-only"):
        await connection.execute("TRUNCATE event_bodies")
    await connection.close()
