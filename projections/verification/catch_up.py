"""Whether a catch-up projection is the fold of the log: it is folded anew, into tables of this connection alone.

    fold to where the serving generation is ─► a page of both, by key ─► the first row that differs ─► fault
                 ▲                                      │ it has moved on
                 └──────────────────────────────────────┘

Each page of serving rows is read at one moment with its checkpoint. Nothing is locked, and nothing is switched.
"""

from collections.abc import AsyncIterator
from functools import cache, partial
from itertools import zip_longest
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Column, Table, bindparam, select, tuple_

from events.stores.sql import Fetch, SqlStore
from events.stores.statement import Statement
from events.stores.tables import Row
from events.verification.faults import Fault, Wrong
from projections.catch_up import CatchUpProjector, folding, page_positions_of
from projections.checkpoints import SERVING, Checkpoint, Lease
from projections.rows import PLACE

ROWS_PAGE = 2_000
"""Rows that are compared at a time."""


class Folded(Struct, frozen=True):
    """How far the rows of this connection have come, and how far they have to."""

    position: int
    target: int


class OtherVersion(Struct, frozen=True):
    """The serving rows were folded by other code: there is nothing to compare."""

    projection: str
    serving: int
    own: int


async def check_projection(
    store: SqlStore, log: str, projector: CatchUpProjector
) -> AsyncIterator[Folded | Fault | OtherVersion]:
    """Check one projection of one log. Raises StorageUnavailable, and what the projector raises."""
    number = await store.log_number(log)
    checkpoint = await _serving(store.fetch, number, projector)
    if checkpoint is None:
        return
    async with store.scratch(projector.tables) as own:
        check = _Check(store, own, projector, Lease(log, number, projector.name, 0, "verification", 0, 0))
        try:
            async for folded in check.fold(checkpoint):
                yield folded
            for table in projector.tables:
                async for step in check.compare(table):
                    yield step
                    if isinstance(step, Fault):
                        return
        except _OtherRows as found:
            yield OtherVersion(projector.name, found.version, projector.version)


class _OtherRows(Exception):
    """The generation that serves was folded by other code."""

    def __init__(self, version: int) -> None:
        super().__init__(f"It serves in version {version}.")
        self.version = version


class _Check:
    """One check of one projection: the rows of its own, and how far they have come."""

    def __init__(self, store: SqlStore, own: Fetch, projector: CatchUpProjector, lease: Lease) -> None:
        self._store = store
        self._own = own
        self._projector = projector
        self._lease = lease

    async def fold(self, serving: Checkpoint) -> AsyncIterator[Folded]:
        """Come to where the serving generation is. Raises _OtherRows."""
        if serving.version != self._projector.version or serving.position < self._lease.position:
            raise _OtherRows(serving.version)
        while self._lease.position < serving.position:
            upto = min(self._lease.position + page_positions_of(self._projector), serving.position)
            fold = await folding(self._own, self._lease, self._projector, upto)
            await fold(self._own)
            self._lease = replace(self._lease, position=upto)
            yield Folded(upto, serving.position)

    async def compare(self, table: Table) -> AsyncIterator[Folded | Fault]:
        """Compare a table with what it must be. The last step is the first row that is not, if there is one."""
        after: Row | None = None
        while True:
            serving, theirs = await self._store.at_one_moment(partial(self._page, table=table, after=after))
            async for folded in self.fold(serving):
                yield folded
            ours = await _rows(self._own, table, self._lease.number, self._lease.generation, after)
            for found, folded_row in zip_longest(theirs, ours):
                if found != folded_row:
                    yield self._fault(table, found, folded_row)
                    return
            if len(theirs) < ROWS_PAGE:
                return
            after = theirs[-1][: len(_keys(table))]
            yield Folded(serving.position, serving.position)

    async def _page(self, fetch: Fetch, table: Table, after: Row | None) -> tuple[Checkpoint, list[Row]]:
        serving = await _serving(fetch, self._lease.number, self._projector)
        if serving is None:
            raise _OtherRows(0)
        return serving, await _rows(fetch, table, self._lease.number, serving.generation, after)

    def _fault(self, table: Table, found: Row | None, folded: Row | None) -> Fault:
        """What is wrong, given the first row that is there and the first that should be."""
        keys = len(_keys(table))
        first = min(row[:keys] for row in (found, folded) if row is not None)
        if found is None or found[:keys] != first:
            what = "it is missing"
        elif folded is None or folded[:keys] != first:
            what = "it should not be there"
        else:
            names = [column.name for column in list(table.columns)[PLACE:]]
            what = "wrong in " + ", ".join(name for name, a, b in zip(names, found, folded, strict=True) if a != b)
        key = "/".join(map(str, first))
        detail = f"the row {key!r} of {table.name} is not what the events up to here say: {what}."
        return Fault(self._lease.log, self._lease.position, Wrong.READ_MODEL, detail, str(table.name), key)


async def _serving(fetch: Fetch, number: int, projector: CatchUpProjector) -> Checkpoint | None:
    rows = await fetch(SERVING, log=number, projection=projector.name)
    return Checkpoint(*rows[0]) if rows else None


async def _rows(fetch: Fetch, table: Table, number: int, generation: int, after: Row | None) -> list[Row]:
    """A page of a generation's rows, by key."""
    given = {} if after is None else {f"after_{index}": value for index, value in enumerate(after)}
    statement = _page_of(table, after is None)
    return [tuple(row) for row in await fetch(statement, log=number, generation=generation, limit=ROWS_PAGE, **given)]


@cache
def _page_of(table: Table, is_first: bool) -> Statement:
    keys = _keys(table)
    query = select(*list(table.columns)[PLACE:]).where(
        table.c.log == bindparam("log"), table.c.generation == bindparam("generation")
    )
    if not is_first:
        after = [bindparam(f"after_{index}", type_=key.type) for index, key in enumerate(keys)]
        query = query.where(tuple_(*keys) > tuple_(*after))
    return Statement(query.order_by(*keys).limit(bindparam("limit")))


def _keys(table: Table) -> list[Column[Any]]:
    return list(table.primary_key)[PLACE:]
