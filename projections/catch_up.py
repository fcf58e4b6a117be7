"""A catch-up projection: rows folded from recorded events, a page at a time, beside the log.

events of the kinds it handles ─► apply ─► changes ─┐
                                                    ▼
one transaction:  advance the checkpoint ─► load the rows that change ─► fold ─► put them back
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Protocol

import msgspec
from msgspec import Struct
from sqlalchemy import Table

from events.event import Micros, RecordedEvent
from events.reading import headers_after
from events.stores.sql import Fetch, SqlStore
from events.stores.tables import Row, from_row
from projections.checkpoints import Lease, advance
from projections.rows import RowStatements

PAGE_POSITIONS = 1_000
"""Positions that one transaction folds: few enough that writers of a SQLite file do not wait long for it.

Events of other kinds in between are not read.
"""

HANDLED = headers_after(("names",))

_encode = msgspec.json.Encoder().encode


class Change(Struct, frozen=True):
    """What an event does to one row.

    `key` and the rows that `fold` takes and gives are without log and generation; None: there is no such row.
    """

    table: Table
    key: Row
    fold: Callable[[Row | None], Row | None]


class CatchUpProjector(Protocol):
    """A read model that follows the log. Its tables' primary keys begin with log and generation."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> int:
        """Rises when the meaning of a row changes: then the projection is rebuilt."""
        ...

    @property
    def tables(self) -> tuple[Table, ...]: ...

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of event that it handles."""
        ...

    def apply(self, placed: RecordedEvent) -> Sequence[Change]:
        """What an event, without its body, changes. Pure."""
        ...


async def fold_page(store: SqlStore, lease: Lease, projector: CatchUpProjector, *, upto: int, until: Micros) -> Lease:
    """Fold all behind the lease's position up to another. Rows and checkpoint change together or not at all.

    Raises LeaseLost, StorageUnavailable, and what the projector raises.
    """
    changes = await changes_of(store.fetch, lease, projector, upto)

    async def work(fetch: Fetch) -> Lease:
        moved = await advance(fetch, lease, upto, until)
        await write(fetch, lease, changes)
        return moved

    return await store.beside(work)


async def changes_of(fetch: Fetch, lease: Lease, projector: CatchUpProjector, upto: int) -> list[Change]:
    """What the events behind the lease's position up to another change, in their order."""
    rows = await fetch(
        HANDLED,
        log=lease.number,
        after=lease.position,
        upto=upto,
        names=list(projector.kinds),
        limit=upto - lease.position,
    )
    return [change for row in rows for change in projector.apply(from_row(lease.log, row, None))]


async def write(fetch: Fetch, lease: Lease, changes: Sequence[Change]) -> None:
    """Carry out changes in a generation. What a page touches is taken away and put back as it is after the page."""
    here = {"log": lease.number, "generation": lease.generation}
    for table in dict.fromkeys(change.table for change in changes):
        sql = statements_of(table)
        folds = [change for change in changes if change.table is table]
        keys = _encode(list(dict.fromkeys(change.key for change in folds))).decode()
        found = [tuple(row) for row in await fetch(sql.load, **here, rows=keys)]
        rows = fold({sql.key(row): row for row in found}, folds)
        await fetch(sql.remove, **here, rows=keys)
        await fetch(sql.insert, **here, rows=_encode([row for row in rows.values() if row is not None]).decode())


def fold(before: dict[Row, Row], changes: Sequence[Change]) -> dict[Row, Row | None]:
    """The rows of one table after changes, by their keys. Pure."""
    rows: dict[Row, Row | None] = dict(before)
    for change in changes:
        rows[change.key] = change.fold(rows.get(change.key))
    return rows


@cache
def statements_of(table: Table) -> RowStatements:
    return RowStatements(table)
