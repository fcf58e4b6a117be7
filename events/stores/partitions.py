"""The partitions of bodies in PostgreSQL: one from which most have gone is renewed, and the disk is given back.

    copy the few survivors beside ─► one short transaction: lock, put right what changed meanwhile, swap, drop

Rows that are deleted leave holes, and no vacuum gives the holes of an old partition back to the disk.
"""

import asyncpg
import structlog
from msgspec import Struct

PARTITION_POSITIONS = 1_000_000
"""How many positions of bodies stand in one partition."""
SURVIVORS_MAX = 200_000
"""Bodies in a partition that is renewed, at most: it is copied in seconds, and compared in one."""
RENEWED_FROM_BYTES = 16 * 1024 * 1024
"""A partition is renewed if that gives at least so much back, and more than half of it."""
ROW_BYTES = 80
"""About what a row takes besides its content, its place in the index included."""
LOCK_TIMEOUT_MS = 500
"""How long the swap waits for those who read bodies, and so how long others may wait behind it."""
LOCK_NAME = 0xD1652
"""Of processes that would renew at the same time, one does."""

log_ = structlog.get_logger()


class Partition(Struct, frozen=True):
    """The bodies of some positions, of all logs."""

    number: int
    size_bytes: int

    @property
    def table(self) -> str:
        return f"event_bodies_{self.number}"

    @property
    def bounds(self) -> tuple[int, int]:
        return self.number * PARTITION_POSITIONS, (self.number + 1) * PARTITION_POSITIONS


async def renew_all(url: str) -> int:
    """Renew the partitions from which most has gone; answer with how many bytes the disk has back.

    The newest is left alone. Raises what asyncpg raises.
    """
    # where most rows are dead, reading along the index reads what lives, and reading the table reads all
    connection = await asyncpg.connect(url, server_settings={"enable_seqscan": "off"})
    try:
        if not await connection.fetchval("SELECT pg_try_advisory_lock($1)", LOCK_NAME):
            return 0
        return sum([await _renew(connection, each) for each in await partitions(connection)])
    finally:
        await connection.close()


async def partitions(connection: "asyncpg.Connection[asyncpg.Record]") -> list[Partition]:
    """All but the newest, with what they take on the disk."""
    newest = await connection.fetchval("SELECT coalesce(max(position), 0) FROM logs") // PARTITION_POSITIONS
    rows = await connection.fetch(
        "SELECT substring(child.relname FROM '[0-9]+$')::int AS number, pg_total_relation_size(child.oid) "
        "FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid "
        "WHERE inhparent = 'event_bodies'::regclass ORDER BY number"
    )
    return [Partition(*row) for row in rows if row[0] < newest]


async def _renew(connection: "asyncpg.Connection[asyncpg.Record]", partition: Partition) -> int:
    if partition.size_bytes < RENEWED_FROM_BYTES:
        return 0
    [(survivors, live_bytes)] = await connection.fetch(
        f"SELECT count(*), coalesce(sum(pg_column_size(content)), 0)::bigint FROM "
        f"(SELECT content FROM {partition.table} ORDER BY log, position LIMIT {SURVIVORS_MAX + 1}) AS survivors"
    )
    would_take = live_bytes + survivors * ROW_BYTES
    if survivors > SURVIVORS_MAX or partition.size_bytes - would_take < max(would_take, RENEWED_FROM_BYTES):
        return 0
    beside = f"{partition.table}_next"
    try:
        await _copy(connection, partition, beside)
        await _swap(connection, partition, beside)
    except asyncpg.LockNotAvailableError:
        log_.info("a partition is renewed later: it is being read", table=partition.table)
        return 0
    finally:
        await connection.execute(f"DROP TABLE IF EXISTS {beside}")
    size_bytes: int = await connection.fetchval("SELECT pg_total_relation_size($1::regclass)", partition.table)
    log_.info("partition renewed", table=partition.table, bytes_before=partition.size_bytes, bytes_after=size_bytes)
    return partition.size_bytes - size_bytes


async def _copy(connection: "asyncpg.Connection[asyncpg.Record]", partition: Partition, beside: str) -> None:
    first, last = partition.bounds
    await connection.execute(
        f"DROP TABLE IF EXISTS {beside}; CREATE TABLE {beside} (LIKE event_bodies INCLUDING ALL, "
        f"CONSTRAINT within CHECK (position >= {first} AND position < {last})); "
        f"INSERT INTO {beside} SELECT * FROM {partition.table} ORDER BY log, position"
    )


async def _swap(connection: "asyncpg.Connection[asyncpg.Record]", partition: Partition, beside: str) -> None:
    """Bodies never change: the same keys are the same rows. The parent is locked first, as everybody does it."""
    table, (first, last) = partition.table, partition.bounds
    same = f"{table}.log = {beside}.log AND {table}.position = {beside}.position"
    async with connection.transaction():
        await connection.execute(
            f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}; "
            f"LOCK TABLE ONLY event_bodies IN ACCESS EXCLUSIVE MODE; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE; "
            f"DELETE FROM {beside} WHERE NOT EXISTS (SELECT FROM {table} WHERE {same}); "
            f"INSERT INTO {beside} SELECT * FROM {table} WHERE NOT EXISTS (SELECT FROM {beside} WHERE {same}); "
            f"ALTER TABLE event_bodies DETACH PARTITION {table}; DROP TABLE {table}; "
            f"ALTER TABLE {beside} RENAME TO {table}; "
            f"ALTER TABLE event_bodies ATTACH PARTITION {table} FOR VALUES FROM ({first}) TO ({last}); "
            f"ALTER TABLE {table} DROP CONSTRAINT within"
        )
