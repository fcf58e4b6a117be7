"""A catch-up projection: rows folded from recorded events, a page at a time, beside the log.

events of the kinds it handles ─► apply ─► changes ─┐
                                                    ▼
one transaction:  advance the checkpoint ─► load the rows that change ─► fold ─► put them back

What headers alone say can be folded where they are, by statements: then nothing is loaded, and nothing put back.
"""

from collections.abc import Awaitable, Callable, Sequence
from functools import cache, partial
from typing import Protocol, TypeAlias, runtime_checkable

import msgspec
from msgspec import Struct
from sqlalchemy import Table, bindparam, select

from events.event import Micros, RecordedEvent
from events.filter import EventFilter, Kind
from events.narrowing import narrowing
from events.reading import headers_after
from events.stores.sql import Fetch, SqlStore
from events.stores.statement import OneOf, SizeBytes, Statement
from events.stores.tables import EVENT_BODIES, HEADER, Row, from_row
from projections.checkpoints import Lease, advance
from projections.rows import PLACE, RowStatements

PAGE_POSITIONS = 1_000
"""Positions that one transaction folds: few enough that writers of a SQLite file do not wait long for it.

Events of other kinds in between are not read.
"""

HEADERS_PAGE_POSITIONS = 10_000
"""Positions that one transaction of a rebuild folds where that is done in the database."""

FOLDED_BODY_BYTES_MAX = 256 * 1024
"""Size of a body that a projector is given. An event whose body is larger is given without it, as an erased one is."""
FOLDED_BODIES_MAX = 100
"""Bodies that are in memory at the same time."""

_POSITION = HEADER.index("position")
_encode = msgspec.json.Encoder().encode


class Change(Struct, frozen=True):
    """What an event does to one row.

    `key` and the rows that `fold` takes and gives are without log and generation; None: there is no such row.
    """

    table: Table
    key: Row
    fold: Callable[[Row | None], Row | None]


class Projector(Protocol):
    """A read model that follows the log. Its tables' primary keys begin with log and generation."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> int:
        """Rises when the meaning of a row changes: then the projection is rebuilt."""
        ...

    @property
    def tables(self) -> tuple[Table, ...]: ...


class EventProjector(Projector, Protocol):
    """Folds one event after the other."""

    @property
    def kinds(self) -> Kind:
        """The kinds of event that it handles: their names, or how these begin."""
        ...

    @property
    def reads_bodies(self) -> bool:
        """Whether it is given events with their bodies. An erased body, and one that is too large, is None."""
        ...

    def apply(self, placed: RecordedEvent) -> Sequence[Change]:
        """What an event changes. Pure. What it needs of a body it takes at once, and does not keep the whole."""
        ...


@runtime_checkable
class HeaderProjector(Projector, Protocol):
    """Folds all headers of a page at once, in the database."""

    @property
    def statements(self) -> Sequence[Statement]:
        """Fold the headers of `:log` behind the position `:after` up to `:upto` into `:generation`, in this order."""
        ...


@runtime_checkable
class HashProjector(Projector, Protocol):
    """Folds the hashes of a page at once. They are never erased: so what it has folded stays as it is."""

    async def rows_of(self, fetch: Fetch, lease: Lease, upto: int) -> Sequence[Row]:
        """The rows that the hashes behind the lease's position up to another add to those of its generation."""
        ...

    @property
    def put(self) -> Statement:
        """Adds one row, by `:log`, `:generation` and its other columns."""
        ...


CatchUpProjector: TypeAlias = EventProjector | HeaderProjector | HashProjector


def page_positions_of(projector: CatchUpProjector) -> int:
    """How many positions one transaction of a rebuild folds."""
    return HEADERS_PAGE_POSITIONS if isinstance(projector, HeaderProjector | HashProjector) else PAGE_POSITIONS


async def fold_page(store: SqlStore, lease: Lease, projector: CatchUpProjector, *, upto: int, until: Micros) -> Lease:
    """Fold all behind the lease's position up to another. Rows and checkpoint change together or not at all.

    Raises LeaseLost, StorageUnavailable, and what the projector raises.
    """
    fold = await folding(store.fetch, lease, projector, upto)

    async def work(fetch: Fetch) -> Lease:
        moved = await advance(fetch, lease, upto, until)
        await fold(fetch)
        return moved

    return await store.beside(work)


async def folding(
    fetch: Fetch, lease: Lease, projector: CatchUpProjector, upto: int
) -> Callable[[Fetch], Awaitable[None]]:
    """What is to be done in a transaction to fold the events behind the lease's position up to another.

    The events are read now, if they must be: that may be done before the transaction.
    """
    if isinstance(projector, HashProjector):
        return partial(_put, lease=lease, projector=projector, rows=await projector.rows_of(fetch, lease, upto))
    if not isinstance(projector, HeaderProjector):
        changes = await changes_of(fetch, lease, projector, upto)
        return lambda fetch: write(fetch, lease, changes)
    span = {"log": lease.number, "generation": lease.generation, "after": lease.position, "upto": upto}

    async def run(fetch: Fetch) -> None:
        for statement in projector.statements:
            await fetch(statement, **span)

    return run


async def _put(fetch: Fetch, lease: Lease, projector: HashProjector, rows: Sequence[Row]) -> None:
    [table] = projector.tables
    names = [column.name for column in list(table.columns)[PLACE:]]
    for row in rows:
        values = dict(zip(names, row, strict=True))
        await fetch(projector.put, log=lease.number, generation=lease.generation, **values)


async def changes_of(fetch: Fetch, lease: Lease, projector: EventProjector, upto: int) -> list[Change]:
    """What the events behind the lease's position up to another change, in their order."""
    handled = narrowing(EventFilter(event=projector.kinds))
    headers = await fetch(
        headers_after(handled.shape),
        log=lease.number,
        after=lease.position,
        upto=upto,
        limit=upto - lease.position,
        **handled.values,
    )
    changes: list[Change] = []
    for start in range(0, len(headers), FOLDED_BODIES_MAX):
        portion = headers[start : start + FOLDED_BODIES_MAX]
        bodies = await _bodies(fetch, lease, portion) if projector.reads_bodies else {}
        for header in portion:
            changes += projector.apply(from_row(lease.log, header, bodies.get(header[_POSITION])))
    return changes


async def _bodies(fetch: Fetch, lease: Lease, headers: Sequence[Row]) -> dict[int, str]:
    positions = [header[_POSITION] for header in headers]
    return dict(await fetch(FOLDED_BODIES, log=lease.number, positions=positions, bytes_max=FOLDED_BODY_BYTES_MAX))


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


FOLDED_BODIES = Statement(
    select(EVENT_BODIES.c.position, EVENT_BODIES.c.content).where(
        EVENT_BODIES.c.log == bindparam("log"),
        OneOf(EVENT_BODIES.c.position, "positions"),
        SizeBytes(EVENT_BODIES.c.content) <= bindparam("bytes_max"),
    )
)
