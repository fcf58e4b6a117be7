"""The versions of streams: from 1, without gaps. The index of streams knows them; no header is read."""

from msgspec import Struct
from sqlalchemy import bindparam, func, select, tuple_

from events.absences import ERASED_STREAM
from events.stores.sql import Fetch
from events.stores.statement import Statement
from events.stores.tables import EVENTS, restored
from events.streams import RESOURCE
from events.verification.faults import Fault, Wrong

STREAMS_PAGE = 10_000
"""Streams that one statement counts."""


class Walk(Struct, frozen=True):
    """A walk through the streams in their order, and where it is.

    An erased event has left the stream that was named after its resource: there may be as many gaps as such events.
    """

    category: str = ""
    stream: str = ""
    streams: int = 0
    events: int = 0
    erased: int = 0
    gaps: int = 0
    first_gap: int = 0
    """The position behind the first of the gaps."""
    is_done: bool = False


async def check_streams(fetch: Fetch, log: str, number: int, walk: Walk) -> Walk | Fault:
    """Check the next page of streams. Raises StorageUnavailable."""
    rows = await fetch(VERSIONS, log=number, category=walk.category, stream=walk.stream, limit=STREAMS_PAGE)
    erased, gaps, first_gap = walk.erased, walk.gaps, walk.first_gap
    for category, stream, count, first, last in rows:
        if category == RESOURCE and stream.startswith(ERASED_STREAM):
            erased += count
        elif (first, last) != (1, count):
            position = await _behind_gap(fetch, number, category, stream)
            if category != RESOURCE:
                name = f"{category}/{restored(stream)}"
                return Fault(log, position, Wrong.STREAM, f"the stream {name} has a gap before it.")
            gaps, first_gap = gaps + last - count, min(first_gap or position, position)
    if len(rows) == STREAMS_PAGE:
        category, stream = rows[-1][:2]
        streams, events = walk.streams + len(rows), walk.events + sum(row[2] for row in rows)
        return Walk(category, stream, streams, events, erased, gaps, first_gap)
    if gaps > erased:
        detail = (
            f"its stream has a gap before it; in all such streams {gaps:,} events are missing, {erased:,} are erased."
        )
        return Fault(log, first_gap, Wrong.STREAM, detail)
    return Walk(is_done=True)


async def _behind_gap(fetch: Fetch, number: int, category: str, stream: str) -> int:
    rows = await fetch(BEHIND_GAP, log=number, category=category, stream=stream)
    return int(rows[0][0]) if rows else 0


_E = EVENTS.c
_BEFORE = EVENTS.alias("before")
VERSIONS = Statement(
    select(_E.category, _E.stream, func.count(), func.min(_E.version), func.max(_E.version))
    .where(
        _E.log == bindparam("log"),
        tuple_(_E.category, _E.stream) > tuple_(bindparam("category"), bindparam("stream")),
    )
    .group_by(_E.category, _E.stream)
    .order_by(_E.category, _E.stream)
    .limit(bindparam("limit"))
)
BEHIND_GAP = Statement(
    select(_E.position)
    .where(
        _E.log == bindparam("log"),
        _E.category == bindparam("category"),
        _E.stream == bindparam("stream"),
        _E.version != 1,
        ~select(_BEFORE.c.position)
        .where(
            _BEFORE.c.log == _E.log,
            _BEFORE.c.category == _E.category,
            _BEFORE.c.stream == _E.stream,
            _BEFORE.c.version == _E.version - 1,
        )
        .exists(),
    )
    .order_by(_E.version)
    .limit(1)
)
