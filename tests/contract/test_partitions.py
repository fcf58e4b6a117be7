"""Partitions of bodies in PostgreSQL: where most has gone the disk is given back, and what stays reads as before."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from events.absences import Reason, remove_bodies
from events.stores import open_store, partitions
from events.stores.sql import SqlStore
from events.stores.statement import Statement
from events.stores.tables import EVENT_BODIES
from events.testing import LOG, one

CONTENT = '"' + "content that does not compress " * 20 + '"'


@pytest.fixture
async def store(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SqlStore]:
    """A log over two partitions of 200 positions; of the first all but every twentieth body has gone."""
    monkeypatch.setattr(partitions, "PARTITION_POSITIONS", 200)
    monkeypatch.setattr(partitions, "RENEWED_FROM_BYTES", 10_000)
    await _execute(postgres_url, _DROP)
    store = open_store(postgres_url)
    await store.open()
    for start in range(0, 250, 50):
        await store.append(LOG, *(one(content=CONTENT) for _ in range(start, start + 50)))
    gone = [each for each in range(1, 200) if each % 20]
    await store.beside(lambda fetch: remove_bodies(fetch, 1, gone, Reason.RETIRED, 250))
    yield store
    await store.close()
    await _execute(postgres_url, _DROP)


_DROP = """DO $$ DECLARE part regclass; BEGIN
    FOR part IN SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'event_bodies'::regclass LOOP
        EXECUTE 'DROP TABLE ' || part;
    END LOOP;
END $$"""


async def _execute(url: str, script: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(script)
    await connection.close()


async def size_of(url: str, table: str) -> int:
    connection = await asyncpg.connect(url)
    size_bytes: int = await connection.fetchval("SELECT pg_total_relation_size($1::regclass)", table)
    await connection.close()
    return size_bytes


async def test_the_disk_has_back_what_most_of_a_partition_took(store: SqlStore, postgres_url: str) -> None:
    before, bodies = await size_of(postgres_url, "event_bodies_0"), await store.bodies(LOG, range(1, 251))
    given_back = await store.give_back()
    after = await size_of(postgres_url, "event_bodies_0")
    assert given_back == before - after > before / 2
    assert await store.bodies(LOG, range(1, 251)) == bodies
    assert list(bodies)[:9] == list(range(20, 200, 20))
    assert await store.give_back() == 0


async def test_a_renewed_partition_keeps_its_bodies_as_before(store: SqlStore) -> None:
    await store.give_back()
    with pytest.raises(asyncpg.RaiseError, match="append-only"):
        await store.beside(lambda fetch: fetch(_forged()))
    await store.beside(lambda fetch: remove_bodies(fetch, 1, [20], Reason.RETIRED, 250))
    assert list(await store.bodies(LOG, [20, 40])) == [40]


async def test_another_log_writes_into_a_renewed_partition(store: SqlStore) -> None:
    await store.give_back()
    await store.append("another", one(content='"first"'))
    assert await store.bodies("another", [1]) == {1: '"first"'}


async def test_who_reads_bodies_is_not_waited_for_long(
    store: SqlStore, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitions, "LOCK_TIMEOUT_MS", 20)
    reader = await asyncpg.connect(postgres_url)
    async with reader.transaction():
        await reader.fetch("SELECT position FROM event_bodies")
        assert await store.give_back() == 0
    await reader.close()
    assert await store.give_back() > 0


async def test_what_is_written_and_read_meanwhile_is_there(store: SqlStore) -> None:
    async def write(log: str) -> None:
        for index in range(40):
            await store.append(log, one(content=f'"{index}"'))
            assert await store.bodies(log, [index + 1]) == {index + 1: f'"{index}"'}

    writing = asyncio.gather(write("another"), write("a third"))
    while not writing.done():
        await store.give_back()
    await writing
    assert len(await store.bodies("another", range(1, 41))) == 40


def _forged() -> Statement:
    return Statement(EVENT_BODIES.delete().where(EVENT_BODIES.c.position == 40))
