"""Reading a log for an export: headers with bodies and salts, a page at a time, in flat memory."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence

from sqlalchemy import bindparam, case, func, select

from events.absences import Part, absences
from events.filter import EventFilter
from events.matching import Matcher
from events.narrowing import CLAUSES, narrowing
from events.published import Published
from events.reading import publish
from events.stores.sql import SqlStore
from events.stores.statement import Statement
from events.stores.tables import EVENT_BODIES, EVENTS, HEADER, Row
from service.exports.line import Line, line_of
from service.exports.manifest import Missing

PAGE_EVENTS = 1_000
SMALL_CHARACTERS = 8 * 1024
"""Bodies up to this length come with their headers, larger ones one by one."""


class Holdings:
    """One log, and what of it is asked for. All methods raise StorageUnavailable."""

    def __init__(self, store: SqlStore, log: str, filter: EventFilter | None) -> None:
        self._store = store
        self._log = log
        self._matcher = Matcher(filter or EventFilter())
        narrowed = narrowing(self._matcher.filter)
        self._given = narrowed.values
        self._is_all = filter is None
        self._page = _page(narrowed.shape)

    async def lines(self, after: int, upto: int) -> AsyncGenerator[tuple[int, list[Line]], None]:
        """The lines of what is asked for above a position up to another, and how far the log was read by then."""
        number = await self._store.log_number(self._log)
        while after < upto:
            rows = await self._store.fetch(
                self._page, log=number, after=after, upto=upto, limit=PAGE_EVENTS, small=SMALL_CHARACTERS, **self._given
            )
            after = rows[-1][_POSITION] if len(rows) == PAGE_EVENTS else upto
            async for lines in self._whole(number, rows):
                yield lines[-1].position, lines
            yield after, []

    async def _whole(self, number: int, rows: Sequence[Row]) -> AsyncIterator[list[Line]]:
        """The lines of these rows; after a large body, some of them at once."""
        lines: list[Line] = []
        for row in rows if self._is_all else await self._matching(number, rows):
            content, salt = row[_WIDTH:]
            is_large = content is None and salt is not None
            if is_large:
                position = row[_POSITION]
                content = (await self._store.bodies(self._log, [position])).get(position)
            lines.append(line_of(row[:_WIDTH], None if content is None else salt, content))
            if is_large:
                yield lines
                lines = []
        if lines:
            yield lines

    async def _matching(self, number: int, rows: Sequence[Row]) -> list[Row]:
        headers = [row[:_WIDTH] for row in rows]
        if not self._matcher.needs_payload:
            return [row for row, header in zip(rows, headers, strict=True) if self._matcher(Published(header, {}))]
        wanted: list[Row] = []
        while len(headers) > 0:
            events = await publish(self._store, number, headers)
            wanted += [row for row, event in zip(rows, events, strict=False) if self._matcher(event)]
            rows, headers = rows[len(events) :], headers[len(events) :]
        return wanted

    async def hash(self, position: int) -> bytes | None:
        """The log's hash at a position; None: it has no such position."""
        number = await self._store.log_number(self._log)
        rows = await self._store.fetch(HASH, log=number, position=position)
        return rows[0][0] if rows else None

    async def absent(self, first: int, last: int) -> tuple[Missing, ...]:
        """What is absent among these positions."""
        number = await self._store.log_number(self._log)
        found = [
            Missing(part=part, first=each.first, last=each.last, reason=each.reason, cause=each.cause)
            for part in Part
            for each in await absences(self._store.fetch, number, part, first, last)
        ]
        return tuple(found)


_WIDTH = len(HEADER)
_POSITION = HEADER.index("position")
_BODY, _EVENT = EVENT_BODIES.c, EVENTS.c
_SMALL = case((func.length(_BODY.content) <= bindparam("small"), _BODY.content))


def _page(shape: tuple[str, ...]) -> Statement:
    """Headers by position, each with its body, if that is small, and its salt."""
    found = EVENTS.outerjoin(EVENT_BODIES, (_BODY.log == _EVENT.log) & (_BODY.position == _EVENT.position))
    return Statement(
        select(*EVENTS.columns, _SMALL, _BODY.salt)
        .select_from(found)
        .where(_EVENT.log == bindparam("log"), _EVENT.position > bindparam("after"))
        .where(_EVENT.position <= bindparam("upto"), *(CLAUSES[name] for name in shape))
        .order_by(_EVENT.position)
        .limit(bindparam("limit"))
    )


HASH = Statement(select(_EVENT.hash).where(_EVENT.log == bindparam("log"), _EVENT.position == bindparam("position")))
