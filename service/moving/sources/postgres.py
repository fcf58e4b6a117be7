"""The PostgreSQL database of a Prefect server, read in one transaction that may only read."""

from collections.abc import Awaitable
from typing import Any, TypeVar

import asyncpg
from asyncpg.transaction import Transaction
from sqlalchemy.engine import make_url

from service.moving.sources.database import Cursor, DatabaseSource, Dialect, Row
from service.moving.sources.source import SourceUnavailable

T = TypeVar("T")

CONNECT_TIMEOUT_S = 10.0


class PostgresSource(DatabaseSource):
    dialect = Dialect(
        text=lambda column: f"{column}::text",
        among=lambda column, number, kind: f"{column} = ANY(${number}::{kind}[])",
    )

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: asyncpg.Connection | None = None
        self._transaction: Transaction | None = None

    @property
    def name(self) -> str:
        return make_url(self._url).render_as_string(hide_password=True)

    async def open(self) -> None:
        try:
            self._connection = await asyncpg.connect(self._url, timeout=CONNECT_TIMEOUT_S)
            self._transaction = self._connection.transaction(isolation="repeatable_read", readonly=True)
            await self._transaction.start()
            await self._connection.fetch("SELECT 1 FROM artifact, artifact_collection, events, event_resources LIMIT 1")
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, ValueError) as error:
            raise SourceUnavailable(
                f"{self.name} cannot be read as the database of a Prefect 3 server: {error}."
            ) from error

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close(timeout=CONNECT_TIMEOUT_S)
            self._connection = None

    async def rows(self, query: str, *parameters: Any) -> list[Row]:
        assert self._connection is not None
        return [tuple(row) for row in await self.told(self._connection.fetch(query, *parameters))]

    async def cursor(self, query: str, *parameters: Any) -> Cursor:
        assert self._connection is not None
        return _Cursor(self, await self.told(self._connection.cursor(query, *parameters)))

    async def told(self, work: Awaitable[T]) -> T:
        """What a query answers with. Raises SourceUnavailable."""
        try:
            return await work
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            raise SourceUnavailable(f"{self.name} cannot be read: {error}.") from error


class _Cursor:
    def __init__(self, source: PostgresSource, cursor: Any) -> None:
        self._source = source
        self._cursor = cursor

    async def fetch(self, count: int) -> list[Row]:
        return [tuple(row) for row in await self._source.told(self._cursor.fetch(count))]
