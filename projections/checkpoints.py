"""Checkpoints: how far each generation of a catch-up projection has come, and who may move it on.

Other readers of a log that must be one at a time keep theirs in the same way: of them there is one generation.

    take ─► lease with a fence ─► advance, advance, ... ─► release
              another takes it when its time is over: the fence rises, and the first one's next advance finds no row

Time decides only when somebody tries to take over. Who is right is decided by the fence, in the transaction that
writes the rows: so clocks may be wrong, and a runner that was thought dead writes nothing.
"""

from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import (
    BigInteger,
    BindParameter,
    Column,
    ColumnElement,
    FromClause,
    Index,
    Integer,
    Table,
    Text,
    and_,
    bindparam,
    delete,
    literal,
    or_,
    select,
    text,
    update,
)

from events.event import Micros
from events.stores.sql import Fetch, SqlStore
from events.stores.statement import Statement
from events.stores.tables import BYTEWISE, LOGS, METADATA

TABLE = Table(
    "checkpoints",
    METADATA,
    Column("log", Integer, primary_key=True, autoincrement=False),
    Column("projection", BYTEWISE, primary_key=True),
    Column("generation", Integer, primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("is_serving", Integer, nullable=False),
    Column("owner", BYTEWISE, nullable=False),
    Column("lease_until", BigInteger, nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("error", Text),
    Index(
        "uq_checkpoints_serving",
        "log",
        "projection",
        unique=True,
        sqlite_where=text("is_serving = 1"),
        postgresql_where=text("is_serving = 1"),
    ),
)

PREVIOUS = "previous"
"""The owner of a generation that has served before, and is kept until its lease ends, so that one can go back to it."""
ERROR_CHARACTERS_MAX = 500
"""Characters of an error that are kept at its checkpoint."""


class LeaseLost(Exception):
    """Another runner has taken over, or the generation is no more. Nothing was written."""

    def __init__(self, lease: "Lease") -> None:
        super().__init__(
            f"The lease {lease.fence} on generation {lease.generation} of {lease.projection} in the log {lease.log!r} "
            f"no longer holds: behind position {lease.position}, another runner goes on."
        )
        self.log, self.projection, self.generation = lease.log, lease.projection, lease.generation
        self.fence, self.position = lease.fence, lease.position


class Holder(Struct, frozen=True):
    """Who takes leases, and for how long each time. Two that run at once have different names."""

    name: str
    lease_s: float = 10.0

    def until(self, moment: Micros) -> Micros:
        """When a lease ends that is taken or prolonged at this moment."""
        return moment + int(self.lease_s * 1_000_000)


class Checkpoint(Struct, frozen=True):
    """The serving generation of a projection: its number, the code that folds it, and how far it has come."""

    generation: int
    version: int
    position: int


class Lease(Struct, frozen=True):
    """The right to move one generation of a projection on from a position."""

    log: str
    number: int
    """The number that stands for the log in every key."""
    projection: str
    generation: int
    holder: str
    fence: int
    position: int


class State(Struct, frozen=True):
    """How far a generation has come. `lag`: events of the log that it has not folded yet."""

    log: str
    projection: str
    generation: int
    version: int
    position: int
    head: int
    lag: int
    serving: bool
    owner: str
    error: str | None


async def serving(store: SqlStore, number: int, projection: str) -> Checkpoint | None:
    """The generation that readers see. Raises StorageUnavailable, as all below do."""
    rows = await store.fetch(SERVING, log=number, projection=projection)
    return Checkpoint(*rows[0]) if rows else None


async def begin(store: SqlStore, number: int, projection: str, version: int, position: int = 0) -> Checkpoint:
    """The serving generation; at the very first, an empty one that has come to a position."""
    found = await serving(store, number, projection)
    if found is None:
        given = {"log": number, "projection": projection, "version": version, "position": position}
        await store.run([(BEGIN, given)])
    return found or Checkpoint(1, version, position)


async def begin_beside(
    store: SqlStore, log: str, number: int, projection: str, version: int, holder: Holder, moment: Micros
) -> Lease:
    """The lease on a new, empty generation beside the serving one, which must be there."""
    given = {"log": number, "projection": projection, "version": version}
    while True:  # another rebuild may take the same number at the same moment
        [rows] = await store.run([(BEGIN_BESIDE, {**given, "owner": holder.name, "until": holder.until(moment)})])
        if rows:
            [(generation, fence)] = rows
            return Lease(log, number, projection, generation, holder.name, fence, 0)


async def take(
    store: SqlStore, log: str, number: int, projection: str, generation: int, holder: Holder, moment: Micros
) -> Lease | None:
    """The lease on a generation, if it is free, has run out, or was the holder's own; else None."""
    here = {"log": number, "projection": projection, "generation": generation}
    given = {"holder": holder.name, "moment": moment, "until": holder.until(moment)}
    [rows] = await store.run([(TAKE, {**here, **given})])
    return Lease(log, number, projection, generation, holder.name, *rows[0]) if rows else None


async def take_kept(
    store: SqlStore, log: str, number: int, projection: str, version: int, holder: Holder, moment: Micros
) -> Lease | None:
    """The lease on the generation that has served before, if one is kept that the same code has folded."""
    given = {"log": number, "projection": projection, "version": version, "holder": holder.name}
    [rows] = await store.run([(TAKE_KEPT, {**given, "moment": moment, "until": holder.until(moment)})])
    return Lease(log, number, projection, rows[0][0], holder.name, rows[0][1], rows[0][2]) if rows else None


async def advance(fetch: Fetch, lease: Lease, to: int, until: Micros) -> Lease:
    """Move the checkpoint on, first thing in the transaction that writes the rows. Raises LeaseLost."""
    if not await fetch(ADVANCE, **held(lease), from_position=lease.position, to_position=to, until=until):
        raise LeaseLost(lease)
    return replace(lease, position=to)


async def holds(store: SqlStore, lease: Lease) -> bool:
    """Whether nobody else has taken over."""
    return bool(await store.fetch(HOLDS, **held(lease)))


async def release(store: SqlStore, lease: Lease, error: Exception | None = None) -> None:
    """Let another runner go on at once. The error, if there is one, is shown at the checkpoint."""
    said = None if error is None else f"{type(error).__name__}: {error}"[:ERROR_CHARACTERS_MAX]
    await store.run([(RELEASE, {**held(lease), "said": said})])


async def prolong_all(store: SqlStore, holder: Holder, moment: Micros) -> None:
    """Prolong every lease of the holder: one statement, however many there are."""
    await store.run([(PROLONG_ALL, {"holder": holder.name, "until": holder.until(moment)})])


async def release_all(store: SqlStore, holder: Holder) -> None:
    """Let other runners go on at once with all that the holder has."""
    await store.run([(PROLONG_ALL, {"holder": holder.name, "until": 0})])


async def states(store: SqlStore, log: str) -> list[State]:
    """Every generation of every catch-up projection of a log, for those who watch it."""
    rows = await store.fetch(STATES, name=log)
    return [
        State(log, projection, generation, version, position, head, max(0, head - position), bool(serving), *rest)
        for projection, generation, version, position, head, serving, *rest in rows
    ]


def held(lease: Lease) -> dict[str, Any]:
    """The parameters that find the checkpoint's row as long as the lease holds."""
    return {
        "log": lease.number,
        "projection": lease.projection,
        "generation": lease.generation,
        "holder": lease.holder,
        "held_fence": lease.fence,
    }


_T = TABLE.c
_PROJECTION = and_(_T.log == bindparam("log"), _T.projection == bindparam("projection"))
_GENERATION = and_(_PROJECTION, _T.generation == bindparam("generation"))
_HELD = and_(_GENERATION, _T.owner == bindparam("holder"), _T.fence == bindparam("held_fence"))
_UNTIL: BindParameter[int] = bindparam("until", type_=BigInteger())


def is_served(table: FromClause, projection: str) -> ColumnElement[bool]:
    """Whether a row of a projection's table is of the generation that readers see, in the log of number `:log`."""
    found = select(_T.generation).where(
        _T.log == bindparam("log"), _T.projection == literal(projection), _T.is_serving == 1
    )
    return and_(table.c.log == bindparam("log"), table.c.generation == found.scalar_subquery())


SERVING = Statement(
    select(_T.generation, _T.version, _T.position).where(_PROJECTION, _T.is_serving == 1), is_point_read=True
)
BEGIN = Statement(
    text(
        "INSERT INTO checkpoints VALUES (:log, :projection, 1, :version, :position, 1, '', 0, 0, NULL) "
        "ON CONFLICT DO NOTHING"
    )
)
BEGIN_BESIDE = Statement(
    text(
        "INSERT INTO checkpoints SELECT log, projection, max(generation) + 1, CAST(:version AS INTEGER), 0, 0, "
        "CAST(:owner AS TEXT), CAST(:until AS BIGINT), 1, NULL FROM checkpoints "
        "WHERE log = :log AND projection = :projection GROUP BY log, projection "
        "ON CONFLICT DO NOTHING RETURNING generation, fence"
    )
)
TAKE = Statement(
    update(TABLE)
    .where(_GENERATION, or_(_T.lease_until <= bindparam("moment"), _T.owner == bindparam("holder")))
    .values(owner=bindparam("holder"), lease_until=_UNTIL, fence=_T.fence + 1)
    .returning(_T.fence, _T.position)
)
ADVANCE = Statement(
    update(TABLE)
    .where(_HELD, _T.position == bindparam("from_position"))
    .values(position=bindparam("to_position"), lease_until=_UNTIL, error=None)
    .returning(_T.position)
)
HOLDS = Statement(select(_T.position).where(_HELD))
RELEASE = Statement(update(TABLE).where(_HELD).values(lease_until=0, error=bindparam("said")))
PROLONG_ALL = Statement(
    update(TABLE).where(_T.owner == bindparam("holder"), _T.lease_until > 0).values(lease_until=_UNTIL)
)
"""All that were not released."""
TAKE_SERVING = Statement(
    update(TABLE)
    .where(_PROJECTION, _T.is_serving == 1)
    .values(fence=_T.fence + 1)
    .returning(_T.generation, _T.position)
)
"""Locks the serving generation, and fences off whoever folds it."""
SERVE = Statement(update(TABLE).where(_HELD).values(is_serving=1, lease_until=0).returning(_T.generation))
REMOVE = Statement(delete(TABLE).where(_GENERATION))
_BESIDE = delete(TABLE).where(_PROJECTION, _T.is_serving == 0).returning(_T.generation)
KEEP = Statement(
    update(TABLE)
    .where(_GENERATION)
    .values(is_serving=0, owner=PREVIOUS, lease_until=_UNTIL, fence=_T.fence + 1)
    .returning(_T.generation)
)
KEEP_AGAIN = Statement(
    update(TABLE)
    .where(_PROJECTION, _T.is_serving == 0, _T.owner == bindparam("holder"))
    .values(owner=PREVIOUS, lease_until=_UNTIL, fence=_T.fence + 1)
    .returning(_T.generation)
)
"""Gives up going back, before the switch."""
TAKE_KEPT = Statement(
    update(TABLE)
    .where(
        _PROJECTION,
        _T.is_serving == 0,
        _T.owner == PREVIOUS,
        _T.lease_until > bindparam("moment"),
        _T.version == bindparam("version"),
    )
    .values(owner=bindparam("holder"), lease_until=_UNTIL, fence=_T.fence + 1)
    .returning(_T.generation, _T.fence, _T.position)
)
REMOVE_KEPT = Statement(_BESIDE.where(_T.owner == PREVIOUS))
REMOVE_OWN = Statement(_BESIDE.where(_T.owner == bindparam("holder")))
"""Takes away what a rebuild has filled and not switched to."""
REMOVE_ABANDONED = Statement(_BESIDE.where(_T.lease_until <= bindparam("moment")))
"""Takes away what rebuilds have left behind that ended with their process."""
STATES = Statement(
    select(_T.projection, _T.generation, _T.version, _T.position, LOGS.c.position, _T.is_serving, _T.owner, _T.error)
    .join_from(LOGS, TABLE, _T.log == LOGS.c.log)
    .where(LOGS.c.name == bindparam("name"))
    .order_by(_T.projection, _T.generation)
)
