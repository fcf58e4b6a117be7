"""Rebuilding a read model from position 0, beside the serving one.

    fill a table beside it, page by page ─► catch up with the head locked ─► compare ─► switch

The switch makes the serving rows equal to the rebuilt ones, in the same transaction, and touches only those that
differ: usually none. So readers never see half a read model, and a rebuild that finds nothing wrong costs no
writes to it (`docs/adr/0004-rebuild.md`).
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from sqlalchemy import text

from events.errors import StorageUnavailable
from events.stores.sql import Fetch, SqlStore
from events.stores.statement import Statement
from projections import CATCH_UP, INLINE
from projections.generations import NothingKept, regenerate
from projections.leftovers import name_beside
from projections.projector import LatestHeader
from projections.steps import EXAMPLES_MAX, Progress, Rebuilt, Way, examples

PAGE_POSITIONS = 50_000
"""How many positions are folded in one transaction."""


IN_PLACE = (
    "It is folded in the transaction of each append, and a rebuild changes only those of its rows that are not what "
    "the log says: there is nothing else to go back to. Ask for a comparison first to see them."
)


class UnknownProjection(Exception):
    def __init__(self, name: str) -> None:
        known = ", ".join(each.name for each in (*INLINE, *CATCH_UP))
        super().__init__(f"There is no projection {name!r}. There are {known}.")
        self.name = name


async def rebuild_all(
    store: SqlStore, *, log: str | None = None, projection: str | None = None, way: Way = Way.REPLACE
) -> AsyncIterator[Progress | Rebuilt]:
    """Rebuild every read model of every log, or one of them, or those of one log.

    Raises UnknownProjection, NothingKept, StorageUnavailable; of the read model at which it ends, nothing is switched.
    """
    inline = [each for each in INLINE if projection in (None, each.name)]
    followers = [each for each in CATCH_UP if projection in (None, each.name)]
    if not inline and not followers:
        raise UnknownProjection(str(projection))
    for each in await store.logs() if log is None else [log]:
        for projector in inline:
            async for step in rebuild(store, each, projector, way=way):
                yield step
        for follower in followers:
            async for step in regenerate(store, each, follower, way=way):
                yield step


async def rebuild(
    store: SqlStore,
    log: str,
    projector: LatestHeader,
    *,
    way: Way = Way.REPLACE,
    page_positions: int = PAGE_POSITIONS,
) -> AsyncIterator[Progress | Rebuilt]:
    """Rebuild one read model of one log. The last step is a `Rebuilt`. Raises NothingKept, StorageUnavailable."""
    if way is Way.BACK:
        raise NothingKept(log, projector.name, IN_PLACE)
    sql = _Statements(projector, name_beside(projector.table.name, store.clock()))
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
        yield await _switch(store, sql, log, number, position, way)
    finally:
        with suppress(StorageUnavailable):
            await asyncio.shield(store.run([(sql.drop, {})]))


async def _switch(store: SqlStore, sql: "_Statements", log: str, number: int, position: int, way: Way) -> Rebuilt:
    """With the head locked: fold what came meanwhile, compare, and, if asked to, make the serving rows equal."""
    here = {"log": number}

    async def work(fetch: Fetch) -> Rebuilt:
        for statement, given in sql.fold(number, position, 2**62):
            await fetch(statement, **given)
        [(head,)] = await fetch(sql.head, **here)
        [(rows, served)] = await fetch(sql.count, **here)
        [(surplus,)] = await fetch(sql.count_surplus, **here)
        if surplus == 0 and rows == served:  # an identity has one row: so nothing is missing, either
            return Rebuilt(log, sql.projector.name, head, rows, 0)
        [(missing,)] = await fetch(sql.count_missing, **here)
        shown = examples(
            list(sql.projector.columns), await fetch(sql.surplus, **here), await fetch(sql.missing, **here)
        )
        if way is not Way.COMPARE:
            await fetch(sql.delete_surplus, **here)
            await fetch(sql.insert_missing, **here)
        return Rebuilt(log, sql.projector.name, head, rows, max(surplus, missing), shown)

    return await store.beside(work, locked_log=log)


class _Statements:
    """The statements of one rebuild. `beside` is the table that is filled: its own, so that two rebuilds never mix."""

    def __init__(self, projector: LatestHeader, beside: str) -> None:
        self.projector = projector
        live, identity = projector.table.name, projector.identity_column
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
        self.count = _statement(
            f"SELECT (SELECT count(*) FROM {beside}), (SELECT count(*) FROM {live} WHERE log = :log)"
        )
        self.count_surplus = _statement(f"SELECT count(*) FROM ({surplus}) AS surplus")
        self.count_missing = _statement(f"SELECT count(*) FROM ({missing}) AS missing")
        order = f"ORDER BY {columns} LIMIT {EXAMPLES_MAX}"
        self.surplus = _statement(f"SELECT * FROM ({surplus}) AS surplus {order}")
        self.missing = _statement(f"SELECT * FROM ({missing}) AS missing {order}")
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
