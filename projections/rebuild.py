"""Rebuilding a read model from position 0, beside the serving one.

    fill a table beside it, page by page ─► catch up with the head locked ─► compare ─► switch

The switch makes the serving rows equal to the rebuilt ones, in the same transaction, and touches only those that
differ: usually none. So readers never see half a read model, and a rebuild that finds nothing wrong costs no
writes to it (`docs/adr/0004-rebuild.md`).
"""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from sqlalchemy import text

from events.errors import StorageUnavailable
from events.stores.sql import SqlStore
from events.stores.statement import Statement
from projections import CATCH_UP, INLINE
from projections.generations import regenerate
from projections.projector import LatestHeader
from projections.steps import Progress, Rebuilt

PAGE_POSITIONS = 50_000
"""How many positions are folded in one transaction."""


async def rebuild_all(store: SqlStore) -> AsyncIterator[Progress | Rebuilt]:
    """Rebuild every read model of every log. Raises StorageUnavailable; then nothing was switched."""
    for log in await store.logs():
        for projector in INLINE:
            async for step in rebuild(store, log, projector):
                yield step
        for follower in CATCH_UP:
            async for step in regenerate(store, log, follower):
                yield step


async def rebuild(
    store: SqlStore, log: str, projector: LatestHeader, *, page_positions: int = PAGE_POSITIONS
) -> AsyncIterator[Progress | Rebuilt]:
    """Rebuild one read model of one log. The last step is a `Rebuilt`."""
    sql = _Statements(projector, secrets.token_hex(4))
    number = await store.log_number(log)
    if not number:
        yield Rebuilt(log, projector.name, position=0, rows=0, differences=0)
        return
    try:
        await store.run([(sql.create, {}), (sql.index, {})])
        position = 0
        while position < (head := (await store.head(log)).position):
            upto = min(position + page_positions, head)
            await store.run(sql.fold(number, position, upto))
            position = upto
            yield Progress(log, projector.name, position, head)
        yield await _switch(store, sql, log, number, position)
    finally:
        with suppress(StorageUnavailable):
            await asyncio.shield(store.run([(sql.drop, {})]))


async def _switch(store: SqlStore, sql: "_Statements", log: str, number: int, position: int) -> Rebuilt:
    """With the head locked: fold what came meanwhile, compare, make the serving rows equal."""
    here = {"log": number}
    script = [
        *sql.fold(number, position, 2**62),
        (sql.head, here),
        (sql.count, {}),
        (sql.count_surplus, here),
        (sql.count_missing, here),
        (sql.delete_surplus, here),
        (sql.insert_missing, here),
    ]
    _, _, [(head,)], [(rows,)], [(surplus,)], [(missing,)], *_ = await store.run(script, locked_log=log)
    return Rebuilt(log, sql.projector.name, head, rows, max(surplus, missing))


class _Statements:
    """The statements of one rebuild. `beside` is the table that is filled: its own, so that two rebuilds never mix."""

    def __init__(self, projector: LatestHeader, name: str) -> None:
        self.projector = projector
        live, identity = projector.table.name, projector.identity_column
        beside = f"{live}_rebuilt_{name}"
        columns = ", ".join(projector.columns)
        sources = ", ".join(projector.columns.values())
        source_identity = projector.columns[identity]
        changes = ", ".join(f"{name} = excluded.{name}" for name in projector.columns if name not in ("log", identity))
        newest = (
            "SELECT max(position) FROM events WHERE log = :log AND category = :category "
            f"AND position > :after AND position <= :upto AND {source_identity} IS NOT NULL GROUP BY {source_identity}"
        )
        serving = f"SELECT {columns} FROM {live} WHERE log = :log"
        rebuilt = f"SELECT {columns} FROM {beside}"
        surplus = f"{serving} EXCEPT {rebuilt}"
        missing = f"{rebuilt} EXCEPT {serving}"

        self.drop = _statement(f"DROP TABLE IF EXISTS {beside}")
        self.create = _statement(f"CREATE TABLE {beside} AS SELECT {columns} FROM {live} WHERE false")
        self.index = _statement(f"CREATE UNIQUE INDEX ix_{beside} ON {beside} (log, {identity})")
        self._put = _statement(
            f"INSERT INTO {beside} ({columns}) SELECT {sources} FROM events "
            f"WHERE log = :log AND kind <> :gone AND position IN ({newest}) "
            f"ON CONFLICT (log, {identity}) DO UPDATE SET {changes}"
        )
        self._remove = _statement(
            f"DELETE FROM {beside} WHERE {identity} IN (SELECT {source_identity} FROM events "
            f"WHERE log = :log AND kind = :gone AND position IN ({newest}))"
        )
        self.head = _statement("SELECT position FROM logs WHERE log = :log")
        self.count = _statement(f"SELECT count(*) FROM {beside}")
        self.count_surplus = _statement(f"SELECT count(*) FROM ({surplus}) AS surplus")
        self.count_missing = _statement(f"SELECT count(*) FROM ({missing}) AS missing")
        self.delete_surplus = _statement(
            f"DELETE FROM {live} WHERE log = :log AND {identity} IN (SELECT {identity} FROM ({surplus}) AS surplus)"
        )
        self.insert_missing = _statement(f"INSERT INTO {live} ({columns}) SELECT {columns} FROM ({missing}) AS missing")

    def fold(self, log: int, after: int, upto: int) -> list[tuple[Statement, dict[str, Any]]]:
        """Fold the headers between two positions into the table beside."""
        given = {
            "log": log,
            "category": self.projector.category,
            "gone": self.projector.gone,
            "after": after,
            "upto": upto,
        }
        return [(self._put, given), (self._remove, given)]


def _statement(sql: str) -> Statement:
    return Statement(text(sql))
