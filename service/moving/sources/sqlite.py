"""The SQLite file of a Prefect server, read without writing to it, whether the server runs or not."""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec

from service.moving.sources.database import Cursor, DatabaseSource, Dialect, Row
from service.moving.sources.source import SourceUnavailable

T = TypeVar("T")

BUSY_TIMEOUT_S = 30.0
_encode = msgspec.json.Encoder().encode


class SqliteSource(DatabaseSource):
    dialect = Dialect(
        text=lambda column: column,
        among=lambda column, number, _: f"{column} IN (SELECT value FROM json_each(?{number}))",
    )

    def __init__(self, path: Path) -> None:
        self._path = path.expanduser()
        self._connection: sqlite3.Connection | None = None

    @property
    def name(self) -> str:
        return str(self._path)

    async def open(self) -> None:
        if not self._path.is_file():
            raise SourceUnavailable(f"There is no file {self._path}. Prefect's own is ~/.prefect/prefect.db.")
        try:
            self._connection = await asyncio.to_thread(self._opened)
        except sqlite3.Error as error:
            raise SourceUnavailable(
                f"{self._path} cannot be read as the database of a Prefect 3 server: {error}."
            ) from error

    async def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    async def rows(self, query: str, *parameters: Any) -> list[Row]:
        values = [_encode(value).decode() if isinstance(value, list) else value for value in parameters]
        return await self._run(lambda connection: connection.execute(query, values).fetchall())

    async def cursor(self, query: str, *parameters: Any) -> Cursor:
        return _Cursor(self, await self._run(lambda connection: connection.execute(query, parameters)))

    async def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        connection = self._connection
        assert connection is not None
        return await self.in_thread(lambda: work(connection))

    async def in_thread(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.to_thread(work)
        except sqlite3.Error as error:
            raise SourceUnavailable(f"{self._path} cannot be read: {error}.") from error

    def _opened(self) -> sqlite3.Connection:
        """A connection that can only read, its transaction begun: the first query fixes what it sees."""
        address = f"file:{quote(str(self._path.absolute()))}?mode=ro"
        try:
            return _begun(address)
        except sqlite3.OperationalError:
            # in a folder that may not be written to, SQLite cannot share the file; without a WAL nobody else has it
            if self._path.with_name(self._path.name + "-wal").exists():
                raise
            return _begun(address + "&immutable=1")


class _Cursor:
    def __init__(self, source: SqliteSource, cursor: sqlite3.Cursor) -> None:
        self._source = source
        self._cursor = cursor

    async def fetch(self, count: int) -> list[Row]:
        return await self._source.in_thread(lambda: self._cursor.fetchmany(count))


def _begun(address: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        address, uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
    )
    try:
        connection.text_factory = lambda text: text.decode(errors="surrogateescape")
        connection.execute("PRAGMA query_only = ON")
        connection.execute("BEGIN")
        connection.execute("SELECT 1 FROM artifact, artifact_collection, events, event_resources LIMIT 1").fetchall()
    except BaseException:
        connection.close()
        raise
    return connection
