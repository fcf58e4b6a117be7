"""Every storage of the log keeps the same contract."""

from collections.abc import AsyncIterator

import pytest

from events.errors import StorageInUse
from events.store import EventStore
from events.stores import open_store
from events.stores.memory import MemoryStore
from events.stores.sql import SqlStore
from events.testing import EventStoreContract


async def opened(url: str) -> AsyncIterator[SqlStore]:
    store = open_store(url)
    await store.open()
    yield store
    await store.close()


class TestMemory(EventStoreContract):
    @pytest.fixture
    def store(self) -> EventStore:
        return MemoryStore()


class TestSqlite(EventStoreContract):
    @pytest.fixture
    async def store(self, sqlite_url: str) -> AsyncIterator[EventStore]:
        async for store in opened(sqlite_url):
            yield store

    async def test_a_second_opening_of_the_file_is_refused(self, store: SqlStore, sqlite_url: str) -> None:
        with pytest.raises(StorageInUse) as refusal:
            await open_store(sqlite_url).open()
        assert refusal.value.pid is not None


class TestPostgres(EventStoreContract):
    @pytest.fixture
    async def store(self, postgres_url: str) -> AsyncIterator[EventStore]:
        async for store in opened(postgres_url):
            yield store
