"""SQLite: one file, one process, one writing thread. WAL with synchronous FULL: a commit is on disk when it returns."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, TypeVar
from urllib.parse import quote

import msgspec
from sqlalchemy import Table

from events.chain import genesis
from events.clock import now
from events.errors import StorageUnavailable
from events.recording import Clock, Recording
from events.store import Head
from events.stores.lock import take_lock
from events.stores.sql import (
    HEAD_OF,
    Fetch,
    InlineProjector,
    Sizes,
    SqlStore,
    Transaction,
    gone_from,
    head_of,
    rows_of,
    temporary,
)
from events.stores.statement import SQLITE_DIALECT, Statement
from events.stores.tables import EVENT_BODIES, EVENTS, Row

T = TypeVar("T")

_encode = msgspec.json.Encoder().encode

READERS = 4
"""Threads for queries that may take long."""
LOCK_TIMEOUT_S = 2.0
"""How long a statement waits for a lock that another process holds on the file."""
CACHE_KIB = 64 * 1024
PAGE_SIZE_BYTES = 4096
CHECKPOINT_PAGES = 4_000
"""Pages in the WAL before they are folded into the file: pages that are written often are folded once."""
FULL = 2
SPLIT_BYTES_MAX = 512 * 1024 * 1024
"""Largest file of which it is told what takes it up: each of its pages is looked at."""
PAGE_COUNTS = "SELECT page_count, freelist_count FROM pragma_page_count, pragma_freelist_count"
TABLE_SIZES = (
    "SELECT coalesce(made.tbl_name, dbstat.name), sum(pgsize) FROM dbstat "
    "LEFT JOIN sqlite_schema AS made ON made.name = dbstat.name GROUP BY 1"
)

Connect = Callable[..., sqlite3.Connection]


class SqliteStore(SqlStore):
    """A `SqlStore` in one file. The process that writes holds `{path}.lock`."""

    def __init__(
        self,
        path: str,
        projectors: Sequence[InlineProjector],
        clock: Clock,
        connect: Connect = sqlite3.connect,
    ) -> None:
        super().__init__(projectors, clock)
        self.path = Path(path).expanduser()
        self._connect_to = connect
        self._lock: IO[str] | None = None
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="sqlite-writer")
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="sqlite-reader")
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []

    async def open(self) -> None:
        try:
            self._lock = take_lock(self.path)
            await self._in(self._writer, self._writing_connection)
        except sqlite3.Error as error:
            raise self._translated(error) from error
        except OSError as error:
            raise StorageUnavailable(f"{self.path}: {error.strerror}") from error

    async def close(self) -> None:
        """Finish what runs, fold the WAL back into the file, let the file go."""
        if self._lock is not None:
            await self._in(self._writer, self._checkpoint)
        self._writer.shutdown()
        self._readers.shutdown()
        while self._connections:
            self._connections.pop().close()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    async def fetch(self, statement: Statement, **parameters: Any) -> list[Row]:
        """A point read runs here and now: that costs less than handing it to a thread. Others have threads."""
        if statement.is_point_read:
            return self._query(statement, parameters)
        return await self._in(self._readers, lambda: self._query(statement, parameters))

    async def transact(self, log: str, work: Callable[[Transaction], Awaitable[T]], *, locked: bool = False) -> T:
        """The head is always locked here."""
        return await self._in(self._writer, lambda: self._transact(log, work))

    async def beside(self, work: Callable[[Fetch], Awaitable[T]], *, locked_log: str | None = None) -> T:
        """The one writing thread keeps everything else from being appended meanwhile."""

        def run() -> T:
            with self._writing() as connection:
                return run_now(work(_fetcher(connection)))

        return await self._in(self._writer, run)

    async def vacuum(self, tables: Sequence[str]) -> tuple[int, int]:
        """The file is written anew through the WAL, and the WAL is emptied. Writes wait meanwhile, reads do not."""
        return await self._in(self._writer, self._vacuum)

    def _vacuum(self) -> tuple[int, int]:
        try:
            connection, before = self._writing_connection(), self._size_bytes
            connection.execute("VACUUM")
            [(is_busy, *_)] = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except sqlite3.Error as error:
            raise self._translated(error) from error
        if is_busy:
            raise StorageUnavailable(f"{self.path}: somebody has been reading from the old file for too long")
        return before, self._size_bytes

    async def sizes(self) -> Sizes:
        return await self._in(self._readers, self._sizes)

    def _sizes(self) -> Sizes:
        try:
            connection, total = self._reading_connection(), self._size_bytes
            [(pages, free)] = connection.execute(PAGE_COUNTS).fetchall()
            waiting = max(0, total - pages * PAGE_SIZE_BYTES)
            return Sizes(total, self._table_sizes(connection, total), free * PAGE_SIZE_BYTES, waiting)
        except sqlite3.Error as error:
            raise self._translated(error) from error

    @staticmethod
    def _table_sizes(connection: sqlite3.Connection, total: int) -> dict[str, int]:
        if total > SPLIT_BYTES_MAX:
            return {}
        with suppress(sqlite3.OperationalError):  # not every SQLite is built with this table
            return dict(connection.execute(TABLE_SIZES).fetchall())
        return {}

    @property
    def _size_bytes(self) -> int:
        files = [self.path, self.path.with_name(self.path.name + "-wal")]
        return sum(file.stat().st_size for file in files if file.exists())

    async def at_one_moment(self, work: Callable[[Fetch], Awaitable[T]]) -> T:
        def run() -> T:
            try:
                connection = self._reading_connection()
                connection.execute("BEGIN")
                try:
                    return run_now(work(_fetcher(connection)))
                finally:
                    connection.execute("ROLLBACK")
            except sqlite3.Error as error:
                raise self._translated(error) from error

        return await self._in(self._readers, run)

    @asynccontextmanager
    async def scratch(self, tables: Sequence[Table]) -> AsyncIterator[Fetch]:
        thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite-scratch")
        connection = await self._in(thread, lambda: self._scratch_connection(tables))

        async def fetch(statement: Statement, **parameters: Any) -> list[Row]:
            return await self._in(thread, lambda: _fetch(connection, statement, parameters))

        try:
            yield fetch
        finally:
            thread.shutdown()
            connection.close()

    def _scratch_connection(self, tables: Sequence[Table]) -> sqlite3.Connection:
        try:
            connection = _connect_read_only(str(self.path), isolation_level=None, check_same_thread=False)
            for schema in ("main", "temp"):
                connection.execute(f"PRAGMA {schema}.cache_size = -{CACHE_KIB}")
            for statement in temporary(tables, SQLITE_DIALECT):
                connection.execute(statement)
        except sqlite3.Error as error:
            raise self._translated(error) from error
        return connection

    def _transact(self, log: str, work: Callable[[Transaction], Awaitable[T]]) -> T:
        with self._writing() as connection:
            number, head = self._take_head(connection, log)
            transaction = Transaction(number, Recording(head, self.clock()), self.projectors, _fetcher(connection))
            result = run_now(work(transaction))
            if transaction.headers:
                _write(connection, transaction)
            return result

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction on the writing connection: committed, and so on disk, or rolled back."""
        try:
            connection = self._writing_connection()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
        except sqlite3.Error as error:
            raise self._translated(error) from error

    def _take_head(self, connection: sqlite3.Connection, log: str) -> tuple[int, Head]:
        rows = _fetch(connection, HEAD_OF, {"name": log})
        if not rows:
            connection.execute(
                "INSERT INTO logs (log, name, epoch, position, recorded, hash) "
                "SELECT coalesce(max(log), 0) + 1, ?, 1, 0, 0, ? FROM logs",
                (log, genesis(log)),
            )
            rows = _fetch(connection, HEAD_OF, {"name": log})
        return rows[0][0], head_of(log, rows[0])

    def _query(self, statement: Statement, parameters: dict[str, Any]) -> list[Row]:
        try:
            return _fetch(self._reading_connection(), statement, parameters)
        except sqlite3.Error as error:
            raise self._translated(error) from error

    def _writing_connection(self) -> sqlite3.Connection:
        """The only connection that writes and checkpoints.

        SQLite before 3.51.3 may corrupt the file if two connections do so at the same instant.
        """
        return self._connection(_set_up_for_writing)

    def _reading_connection(self) -> sqlite3.Connection:
        return self._connection(_set_up_for_reading)

    def _connection(self, set_up: Callable[[sqlite3.Connection], None]) -> sqlite3.Connection:
        """This thread's connection. A new one is kept once it is set up, and not before."""
        if not hasattr(self._local, "connection"):
            connection = self._connect_to(
                str(self.path), timeout=LOCK_TIMEOUT_S, isolation_level=None, check_same_thread=False
            )
            try:
                set_up(connection)
            except BaseException:
                connection.close()
                raise
            self._connections.append(connection)
            self._local.connection = connection
        kept: sqlite3.Connection = self._local.connection
        return kept

    def _translated(self, error: sqlite3.Error) -> Exception:
        """What cannot be helped by trying again (a wrong statement) stays as it is."""
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        if code in (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISUSE):
            return error
        if code not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL):
            self._drop_connection()
        return StorageUnavailable(f"{self.path}: {error}")

    def _drop_connection(self) -> None:
        """Let the next statement of this thread open the file anew."""
        connection = self._local.__dict__.pop("connection", None)
        if connection is not None:
            self._connections.remove(connection)
            connection.close()

    def _checkpoint(self) -> None:
        # if it cannot be done, no harm: the WAL is as durable as the file, and the next start folds it back
        with suppress(sqlite3.Error):
            self._writing_connection().execute("PRAGMA wal_checkpoint(TRUNCATE)")

    @staticmethod
    async def _in(executor: ThreadPoolExecutor, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(executor, call)


class SqliteReader(SqliteStore):
    """Reads a file, beside the process that writes to it or without one. It takes no lock and never writes."""

    def __init__(self, path: str) -> None:
        super().__init__(path, (), now, _connect_read_only)

    async def open(self) -> None:
        """Raises StorageUnavailable, also if there is no file."""
        try:
            self._reading_connection().execute("SELECT 1 FROM sqlite_master").fetchone()
        except sqlite3.Error as error:
            raise StorageUnavailable(f"{self.path}: {error}") from error


def _connect_read_only(path: str, **options: Any) -> sqlite3.Connection:
    connection: sqlite3.Connection = sqlite3.connect(f"file:{quote(path)}?mode=ro", uri=True, **options)
    return connection


def _set_up_for_writing(connection: sqlite3.Connection) -> None:
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    connection.execute(f"PRAGMA page_size = {PAGE_SIZE_BYTES}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
    [(synchronous,)] = connection.execute("PRAGMA synchronous").fetchall()
    if synchronous != FULL:
        raise StorageUnavailable("this build of SQLite does not sync its commits")


def _set_up_for_reading(connection: sqlite3.Connection) -> None:
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    connection.execute("PRAGMA query_only = ON")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.create_function("commitment", 2, _commitment, deterministic=True)


def _commitment(salt: bytes | None, content: bytes | None) -> bytes | None:
    """For queries: PostgreSQL has SHA-256 itself."""
    return None if salt is None or content is None else sha256(salt + content).digest()


def run_now(work: Awaitable[T]) -> T:
    """Run a coroutine that never has to wait: on this backend every query answers at once."""
    coroutine = work if isinstance(work, Coroutine) else None
    assert coroutine is not None
    try:
        coroutine.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    coroutine.close()
    raise RuntimeError("a transaction waited for something other than its database")


def _fetch(connection: sqlite3.Connection, statement: Statement, parameters: dict[str, Any]) -> list[Row]:
    text, values = statement.render(SQLITE_DIALECT, parameters)
    return connection.execute(
        text, [_encode(value).decode() if isinstance(value, list) else value for value in values]
    ).fetchall()


def _fetcher(connection: sqlite3.Connection) -> Fetch:
    async def fetch(statement: Statement, **parameters: Any) -> list[Row]:
        return _fetch(connection, statement, parameters)

    return fetch


def _write(connection: sqlite3.Connection, transaction: Transaction) -> None:
    for table, identities in gone_from(transaction).items():
        connection.executemany(_delete(table), [(transaction.log, each) for each in identities])
    for table, rows in rows_of(transaction).items():
        connection.executemany(_insert(table), rows)
    head = transaction.recording.head
    connection.execute(
        "UPDATE logs SET position = ?, recorded = ?, hash = ? WHERE log = ?",
        (head.position, head.recorded, head.hash, transaction.log),
    )


@cache
def _insert(table: Table) -> str:
    """A row of a read model takes the place of the one before it; a row of the log never does."""
    marks = ", ".join("?" for _ in table.columns)
    insert = f"INSERT INTO {table.name} VALUES ({marks})"
    if table in (EVENTS, EVENT_BODIES):
        return insert
    keys = ", ".join(column.name for column in table.primary_key)
    changes = ", ".join(f"{column.name} = excluded.{column.name}" for column in table.columns if not column.primary_key)
    return f"{insert} ON CONFLICT ({keys}) DO UPDATE SET {changes}"


@cache
def _delete(table: Table) -> str:
    return f"DELETE FROM {table.name} WHERE " + " AND ".join(f"{column.name} = ?" for column in table.primary_key)
