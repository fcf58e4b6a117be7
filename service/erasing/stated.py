"""What the log states of erasures. Their streams are neighbours in an index: they are found at once in any log."""

from collections.abc import Sequence

from sqlalchemy import bindparam, case, func, or_, select

from events.catalog import ERASURE_BEGUN, ERASURE_COMPLETED, ERASURE_REQUESTED
from events.event import RecordedEvent
from events.stores.sql import SqlStore
from events.stores.statement import OneOf, Statement
from events.stores.tables import EVENT_BODIES, EVENTS, from_row
from events.streams import RESOURCE
from service.erasing.order import RESOURCE_PREFIX


async def events_of(store: SqlStore, log: str, ids: Sequence[str]) -> list[RecordedEvent]:
    """What was stated of these erasures, in order, with bodies. Raises StorageUnavailable, as all below do."""
    streams = [RESOURCE_PREFIX + id for id in ids]
    kinds = [ERASURE_REQUESTED, ERASURE_BEGUN, ERASURE_COMPLETED]
    rows = await store.fetch(OF_ERASURES, log=await store.log_number(log), streams=streams, kinds=kinds)
    return [from_row(log, row[:-1], row[-1]) for row in rows]


async def requested_before(store: SqlStore, number: int, before: int, limit: int) -> list[str]:
    """The ids of those that were requested last before a position."""
    rows = await store.fetch(REQUESTED_BEFORE, log=number, before=before, limit=limit)
    return [stream.removeprefix(RESOURCE_PREFIX) for (stream,) in rows]


async def requested_after(store: SqlStore, number: int, after: int) -> list[tuple[str, int]]:
    """Ids, and where they were requested, in order."""
    rows = await store.fetch(REQUESTED_AFTER, log=number, after=after)
    return [(stream.removeprefix(RESOURCE_PREFIX), position) for stream, position in rows]


async def completed_last(store: SqlStore, number: int) -> int:
    """Where the last erasure was completed; 0: none was."""
    [(position,)] = await store.fetch(COMPLETED_LAST, log=number)
    return position or 0


_E = EVENTS.c
_BEHIND = RESOURCE_PREFIX[:-1] + chr(ord(RESOURCE_PREFIX[-1]) + 1)
_OF_ERASURES = (
    _E.log == bindparam("log"),
    _E.category == RESOURCE,
    _E.stream >= RESOURCE_PREFIX,
    _E.stream < _BEHIND,
)

REQUESTED_BEFORE = Statement(
    select(_E.stream)
    .where(*_OF_ERASURES, _E.kind == ERASURE_REQUESTED, _E.position < bindparam("before"))
    .order_by(_E.position.desc())
    .limit(bindparam("limit"))
)
REQUESTED_AFTER = Statement(
    select(_E.stream, _E.position)
    .where(*_OF_ERASURES, _E.kind == ERASURE_REQUESTED, _E.position > bindparam("after"))
    .order_by(_E.position)
)
OF_ERASURES = Statement(
    select(*EVENTS.columns, EVENT_BODIES.c.content)
    .select_from(
        EVENTS.outerjoin(EVENT_BODIES, (EVENT_BODIES.c.log == _E.log) & (EVENT_BODIES.c.position == _E.position))
    )
    .where(_E.log == bindparam("log"), _E.category == RESOURCE, OneOf(_E.stream, "streams"), OneOf(_E.kind, "kinds"))
    .order_by(_E.position)
)
COMPLETED_LAST = Statement(select(func.max(_E.position)).where(*_OF_ERASURES, _E.kind == ERASURE_COMPLETED))
UNDER_WAY = Statement(
    select(func.sum(case((_E.kind == ERASURE_REQUESTED, 1), else_=-1))).where(
        *_OF_ERASURES, or_(_E.kind == ERASURE_REQUESTED, _E.kind == ERASURE_COMPLETED)
    )
)
"""How many are requested and not completed; null: there never was one."""
