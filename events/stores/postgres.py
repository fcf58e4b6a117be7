"""PostgreSQL: any number of processes over one database.

A batch is decided beside the lock and written by one statement, which checks that the head is still where the
decision saw it. So no lock is ever held across a round trip to a client. A writer that keeps losing that race
takes the row lock first, and then cannot lose.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from functools import cache
from typing import Any, TypeVar

import asyncpg
from sqlalchemy import Table

from events.chain import genesis
from events.errors import StorageUnavailable
from events.recording import Clock, Recording
from events.store import Head
from events.stores import partitions
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
from events.stores.statement import POSTGRES_DIALECT, Statement
from events.stores.tables import EVENT_BODIES, EVENTS, LOGS, Row

T = TypeVar("T")

READERS_MAX = 8
"""Connections for queries."""
OPTIMISTIC_TRIES = 3
"""How often a batch is decided beside the lock before it is decided under it."""
COMMAND_TIMEOUT_S = 30.0
CONNECT_TIMEOUT_S = 5.0
CLOSE_TIMEOUT_S = 5.0
LOCK_TIMEOUT_MS = 5_000

READING = {"jit": "off", "random_page_cost": "1.1"}
"""How queries are planned: each is made to go by an index; on today's disks any page is near."""
PLAN_ANEW = "SET LOCAL plan_cache_mode = force_custom_plan"
"""A table that is being filled was small a moment ago: a plan from then would go through all of it, row by row."""
LOCK_HEAD = "SELECT FROM logs WHERE name = $1 FOR UPDATE"
OUTLIVE_S = 30.0
"""How long a vacuum waits for transactions that began before it."""
OUTLIVE_POLL_S = 0.05
OUTLIVED = (
    "SELECT pg_snapshot_xmin(pg_current_snapshot()) > $1::text::xid8 AND NOT EXISTS (SELECT FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid() AND age(backend_xmin) >= age($1::text::xid8::xid))"
)
"""Whether nobody sees any more what there was at a transaction: neither who writes, anywhere, nor who reads here."""
DATABASE_SIZE = "SELECT pg_database_size(current_database())"
TABLE_SIZES = (
    "SELECT coalesce(whole.relname, part.relname), sum(pg_total_relation_size(part.oid))::bigint FROM pg_class part "
    "LEFT JOIN pg_inherits ON inhrelid = part.oid LEFT JOIN pg_class whole ON whole.oid = inhparent "
    "WHERE part.relkind = 'r' AND part.relnamespace = current_schema()::regnamespace GROUP BY 1"
)
IS_PARTITION = "SELECT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = to_regclass($1))"

_TRY_AGAIN = ("08", "25", "28", "3D", "40", "53", "55", "57", "58")
"""Classes of SQLSTATE that pass, or that an administrator puts right: connection, transaction state, authorization,
no such database, rollback, resources, locks, intervention, system."""


class PostgresStore(SqlStore):
    """A `SqlStore` in PostgreSQL, with one connection for writes and a pool for reads."""

    def __init__(self, url: str, projectors: Sequence[InlineProjector], clock: Clock) -> None:
        super().__init__(projectors, clock)
        self._url = url
        self._pool: asyncpg.Pool[Any] | None = None
        self._writer: asyncpg.Connection[Any] | None = None
        self._heads: dict[str, tuple[int, Head]] = {}
        self._partitions: set[int] = set()
        self._one_write = asyncio.Lock()

    async def open(self) -> None:
        async with translated():
            await self._reading_pool()

    async def close(self) -> None:
        """Let the connections go. A database that does not answer is not waited for."""
        try:
            async with translated(), asyncio.timeout(CLOSE_TIMEOUT_S):
                if self._writer is not None:
                    await self._writer.close()
                if self._pool is not None:
                    await self._pool.close()
        except StorageUnavailable:
            self._drop_writing_connection()
            if self._pool is not None:
                self._pool.terminate()
        self._writer = self._pool = None

    async def fetch(self, statement: Statement, **parameters: Any) -> list[Row]:
        text, values = statement.render(POSTGRES_DIALECT, parameters)
        async with translated():
            pool = await self._reading_pool()
            return await pool.fetch(text, *values)

    async def beside(self, work: Callable[[Fetch], Awaitable[T]], *, locked_log: str | None = None) -> T:
        async with translated():
            pool = await self._reading_pool()
            async with pool.acquire() as connection, connection.transaction():
                await connection.execute(PLAN_ANEW)
                if locked_log is not None:
                    await connection.execute(LOCK_HEAD, locked_log)
                return await work(_fetcher(connection))

    async def vacuum(self, tables: Sequence[str]) -> tuple[int, int]:
        """Each table is written to a new file, locked meanwhile. What was sampled of its values goes as well."""
        async with translated():
            connection = await asyncpg.connect(self._url, timeout=CONNECT_TIMEOUT_S)
            try:
                before = await connection.fetchval(DATABASE_SIZE)
                await _outlive_all(connection)
                for table in tables:
                    await connection.execute(f"VACUUM (FULL, ANALYZE) {table}")
                await _outlive_all(connection)
                await connection.execute("VACUUM (FULL) pg_statistic")
                with suppress(asyncpg.InsufficientPrivilegeError):
                    await connection.execute("CHECKPOINT")
                return before, await connection.fetchval(DATABASE_SIZE)
            finally:
                await connection.close()

    async def sizes(self) -> Sizes:
        async with translated():
            pool = await self._reading_pool()
            total = await pool.fetchval(DATABASE_SIZE)
            return Sizes(total, dict(await pool.fetch(TABLE_SIZES)))

    async def at_one_moment(self, work: Callable[[Fetch], Awaitable[T]]) -> T:
        async with translated():
            pool = await self._reading_pool()
            async with (
                pool.acquire() as connection,
                connection.transaction(isolation="repeatable_read", readonly=True),
            ):
                return await work(_fetcher(connection))

    @asynccontextmanager
    async def scratch(self, tables: Sequence[Table]) -> AsyncIterator[Fetch]:
        async with translated():
            connection = await asyncpg.connect(self._url, timeout=CONNECT_TIMEOUT_S, server_settings={"jit": "off"})
            try:
                for statement in temporary(tables, POSTGRES_DIALECT):
                    await connection.execute(statement)
                yield _fetcher(connection)
            finally:
                connection.terminate()

    async def give_back(self) -> int:
        async with translated():
            return await partitions.renew_all(self._url)

    async def transact(self, log: str, work: Callable[[Transaction], Awaitable[T]], *, locked: bool = False) -> T:
        async with self._one_write:
            try:
                async with translated():
                    return await self._transact(log, work, 0 if locked else OPTIMISTIC_TRIES)
            except BaseException as error:
                self._heads.pop(log, None)
                if isinstance(error, StorageUnavailable | asyncio.CancelledError):
                    self._drop_writing_connection()
                raise

    async def _transact(self, log: str, work: Callable[[Transaction], Awaitable[T]], tries: int) -> T:
        connection = await self._writing_connection()
        for _ in range(tries):
            number, head = self._heads.get(log) or await self._head(connection, log)
            written, result = await self._attempt(connection, number, head, work)
            if written:
                return result
            self._heads.pop(log, None)
        _, head = await self._head(connection, log)  # which makes the log, if it was never written to
        await self._make_partition(connection, head.position + 1)
        async with connection.transaction():
            await connection.execute(LOCK_HEAD, log)
            number, head = await self._head(connection, log)
            _, result = await self._attempt(connection, number, head, work)
            return result

    async def _attempt(
        self,
        connection: "asyncpg.Connection[Any]",
        number: int,
        head: Head,
        work: Callable[[Transaction], Awaitable[T]],
    ) -> tuple[bool, T]:
        """Decide behind this head, and write if it still stands; tell whether it did."""
        transaction = Transaction(number, Recording(head, self.clock()), self.projectors, _fetcher(connection))
        result = await work(transaction)
        if not transaction.headers:
            return True, result
        await self._make_partition(connection, transaction.recording.head.position)
        text, values = write_statement(transaction, head.position)
        if not await connection.fetchval(text, *values):
            return False, result
        self._heads[head.log] = (number, transaction.recording.head)
        return True, result

    async def _head(self, connection: "asyncpg.Connection[Any]", log: str) -> tuple[int, Head]:
        text, values = HEAD_OF.render(POSTGRES_DIALECT, {"name": log})
        while True:
            rows = await connection.fetch(text, *values)
            if rows:
                return rows[0][0], head_of(log, rows[0])
            await connection.execute(
                "INSERT INTO logs (log, name, epoch, position, recorded, hash) "
                "SELECT coalesce(max(log), 0) + 1, $1, 1, 0, 0, $2 FROM logs ON CONFLICT DO NOTHING",
                log,
                genesis(log),
            )

    async def _make_partition(self, connection: "asyncpg.Connection[Any]", position: int) -> None:
        """Bodies stand in partitions by position, so that retention can drop the oldest whole.

        A new one is attached: to create it in place would wait for every transaction that has read bodies.
        """
        number = position // partitions.PARTITION_POSITIONS
        for each in {max(0, number - 1), number} - self._partitions:
            partition = partitions.Partition(each, 0)
            table, (first, last) = partition.table, partition.bounds
            if not await connection.fetchval(IS_PARTITION, table):
                # another process may be faster
                with suppress(asyncpg.DuplicateTableError, asyncpg.UniqueViolationError, asyncpg.WrongObjectTypeError):
                    await connection.execute(
                        f"CREATE TABLE IF NOT EXISTS {table} (LIKE event_bodies INCLUDING ALL); "
                        f"ALTER TABLE event_bodies ATTACH PARTITION {table} FOR VALUES FROM ({first}) TO ({last})"
                    )
            self._partitions.add(each)

    async def _reading_pool(self) -> "asyncpg.Pool[Any]":
        if self._pool is None:
            self._pool = await asyncpg.create_pool(
                self._url,
                min_size=1,
                max_size=READERS_MAX,
                command_timeout=COMMAND_TIMEOUT_S,
                timeout=CONNECT_TIMEOUT_S,
                server_settings=READING,
                reset=_leave_as_it_is,
            )
        return self._pool

    async def _writing_connection(self) -> "asyncpg.Connection[Any]":
        if self._writer is None or self._writer.is_closed():
            self._heads.clear()
            self._writer = await asyncpg.connect(
                self._url,
                command_timeout=COMMAND_TIMEOUT_S,
                timeout=CONNECT_TIMEOUT_S,
                server_settings={
                    "lock_timeout": str(LOCK_TIMEOUT_MS),
                    "synchronous_commit": "on",
                    "jit": "off",
                },
            )
        return self._writer

    def _drop_writing_connection(self) -> None:
        """After a fault nobody knows what the connection is about: the next write has a new one."""
        self._partitions.clear()
        if self._writer is not None:
            self._writer.terminate()
            self._writer = None


async def _outlive_all(connection: "asyncpg.Connection[Any]") -> None:
    """Wait for those who read by now: what they may still see is dead, and would be written anew all the same."""
    now = await connection.fetchval("SELECT pg_current_xact_id()::text")
    deadline = time.monotonic() + OUTLIVE_S
    while not await connection.fetchval(OUTLIVED, now):
        if time.monotonic() > deadline:
            raise StorageUnavailable("somebody has had a transaction open for too long; pg_stat_activity names them")
        await asyncio.sleep(OUTLIVE_POLL_S)


def _fetcher(connection: Any) -> Fetch:
    async def fetch(statement: Statement, **parameters: Any) -> list[Row]:
        text, values = statement.render(POSTGRES_DIALECT, parameters)
        rows: list[Row] = await connection.fetch(text, *values)
        return rows

    return fetch


async def _leave_as_it_is(connection: "asyncpg.Connection[Any]") -> None:
    """Readers change nothing about their connection: putting it back as it was would be a round trip for nothing."""


@asynccontextmanager
async def translated() -> AsyncIterator[None]:
    """Say StorageUnavailable for every fault that may pass."""
    try:
        yield
    except (OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        raise StorageUnavailable(str(error) or type(error).__name__) from error
    except asyncpg.PostgresError as error:
        if str(error.sqlstate or "").startswith(_TRY_AGAIN):
            raise StorageUnavailable(str(error)) from error
        raise


def write_statement(transaction: Transaction, expected_position: int) -> tuple[str, list[Any]]:
    """One statement that writes all of a transaction, or nothing if the head has moved."""
    head = transaction.recording.head
    values: list[Any] = [transaction.log, head.position, head.recorded, head.hash, expected_position]
    parts: list[tuple[Table, str]] = []
    for table, rows in rows_of(transaction).items():
        if rows:
            parts.append((table, "put"))
            values.extend(zip(*rows, strict=True))
    for table, identities in gone_from(transaction).items():
        if identities:
            parts.append((table, "remove"))
            values.append(identities)
    return _write_text(tuple(parts)), values


@cache
def _write_text(parts: tuple[tuple[Table, str], ...]) -> str:
    steps = [
        f"head AS (UPDATE {LOGS.name} SET position = $2, recorded = $3, hash = $4 "
        "WHERE log = $1 AND position = $5 RETURNING 1)"
    ]
    number = 6
    for table, what in parts:
        if what == "put":
            steps.append(f"put_{table.name} AS ({_put(table, number)})")
            number += len(table.columns)
        else:
            steps.append(f"remove_{table.name} AS ({_remove(table, number)})")
            number += 1
    return f"WITH {', '.join(steps)} SELECT EXISTS (SELECT FROM head)"


def _put(table: Table, number: int) -> str:
    arrays = ", ".join(f"${number + index}::{_base_type(column.type)}[]" for index, column in enumerate(table.columns))
    insert = f"INSERT INTO {table.name} SELECT * FROM unnest({arrays}) WHERE EXISTS (SELECT FROM head)"
    if table in (EVENTS, EVENT_BODIES):
        return insert
    keys = ", ".join(column.name for column in table.primary_key)
    changes = ", ".join(f"{column.name} = excluded.{column.name}" for column in table.columns if not column.primary_key)
    return f"{insert} ON CONFLICT ({keys}) DO UPDATE SET {changes}"


def _remove(table: Table, number: int) -> str:
    identity = list(table.primary_key)[1].name
    return (
        f"DELETE FROM {table.name} WHERE log = $1 AND {identity} = ANY(${number}::text[]) AND EXISTS (SELECT FROM head)"
    )


def _base_type(type_: Any) -> str:
    return str(type_.compile(dialect=POSTGRES_DIALECT)).split(" COLLATE")[0]
