"""Searching: what a filter finds in a log, in the order in which it happened.

headers by (occurred, position), narrowed ─► the matcher ─► those that it takes

Events happen in one order and are recorded in another; of two that happened at once, the position decides.
"""

from collections.abc import AsyncIterator
from functools import lru_cache
from typing import Annotated

from msgspec import Meta, Struct
from sqlalchemy import BigInteger, ColumnElement, bindparam, func, select, tuple_

from events.event import Micros
from events.matching import ID, Matcher
from events.narrowing import CLAUSES, narrowing
from events.published import Published
from events.reading import publish
from events.stores.sql import SqlStore
from events.stores.statement import Statement
from events.stores.tables import EVENTS, HEADER, Row

SEARCHED_AT_ONCE = 500
"""Headers that one query of a search reads."""

_FAR = 2**62
"""Beyond every moment and every position."""


class Mark(Struct, frozen=True):
    """Where an event stands in the order in which things happened."""

    occurred: Annotated[Micros, Meta(gt=-_FAR, lt=_FAR)]
    position: Annotated[int, Meta(gt=0, lt=_FAR)]


async def search(
    store: SqlStore, number: int, matcher: Matcher, *, upto: int, beyond: Mark | None = None
) -> AsyncIterator[Row]:
    """The headers that a filter finds in the log of this number up to a position, in its order, beyond a mark.

    Raises StorageUnavailable.
    """
    filter = matcher.filter
    is_ascending = filter.order == "ASC"
    is_distinct = filter.resource is not None and filter.resource.distinct
    seen: set[str] = set()
    begin = Mark(-_FAR, -_FAR) if is_ascending else Mark(_FAR, _FAR)
    at = begin if is_distinct or beyond is None else beyond  # the first of each resource may be before the mark
    async for event, header in _matching(store, number, matcher, upto, at):
        if is_distinct:
            if event.resource[ID] in seen:
                continue
            seen.add(event.resource[ID])
            if beyond is not None and not _is_beyond(mark_of(header), beyond, is_ascending):
                continue
        yield header


async def count(store: SqlStore, number: int, matcher: Matcher, *, upto: int) -> int:
    """How many events a filter finds up to a position. Raises StorageUnavailable."""
    asked = narrowing(matcher.filter)
    if asked.is_exact:
        [(found,)] = await store.fetch(_counted(asked.shape), log=number, upto=upto, **asked.values)
        return int(found)
    return len([None async for _ in search(store, number, matcher, upto=upto)])


async def _matching(
    store: SqlStore, number: int, matcher: Matcher, upto: int, at: Mark
) -> AsyncIterator[tuple[Published, Row]]:
    asked = narrowing(matcher.filter)
    statement = _headers_beyond(asked.shape, matcher.filter.order)
    is_last = False
    while not is_last:
        page = {"upto": upto, "at": at.occurred, "at_position": at.position, "limit": SEARCHED_AT_ONCE}
        rows = await store.fetch(statement, log=number, **page, **asked.values)
        is_last = len(rows) < SEARCHED_AT_ONCE
        if rows:
            at = mark_of(rows[-1])
        while rows:
            events = await _published(store, number, matcher, rows)
            for event, header in zip(events, rows, strict=False):
                if matcher(event):
                    yield event, header
            rows = rows[len(events) :]


async def _published(store: SqlStore, number: int, matcher: Matcher, headers: list[Row]) -> list[Published]:
    """The events of the first of these headers, with their bodies if those are searched."""
    if matcher.filter.text is None:
        return [Published(header, {}) for header in headers]
    return await publish(store, number, headers)


def mark_of(header: Row) -> Mark:
    """Where a header's event stands."""
    return Mark(header[_OCCURRED], header[_POSITION])


def _is_beyond(mark: Mark, other: Mark, is_ascending: bool) -> bool:
    ours, theirs = (mark.occurred, mark.position), (other.occurred, other.position)
    return ours > theirs if is_ascending else ours < theirs


_OCCURRED, _POSITION = HEADER.index("occurred"), HEADER.index("position")
IN_LOG, UP_TO = EVENTS.c.log == bindparam("log"), EVENTS.c.position <= bindparam("upto")


@lru_cache(maxsize=512)
def _headers_beyond(shape: tuple[str, ...], order: str) -> Statement:
    place = tuple_(EVENTS.c.occurred, EVENTS.c.position)
    mark = tuple_(bindparam("at", type_=BigInteger()), bindparam("at_position", type_=BigInteger()))
    columns = (EVENTS.c.occurred, EVENTS.c.position)
    is_ascending = order == "ASC"
    return Statement(
        select(*EVENTS.columns)
        .where(IN_LOG, UP_TO, place > mark if is_ascending else place < mark, *narrowed(shape))
        .order_by(*(column if is_ascending else column.desc() for column in columns))
        .limit(bindparam("limit"))
    )


@lru_cache(maxsize=512)
def _counted(shape: tuple[str, ...]) -> Statement:
    return Statement(select(func.count()).select_from(EVENTS).where(IN_LOG, UP_TO, *narrowed(shape)))


def narrowed(shape: tuple[str, ...]) -> list[ColumnElement[bool]]:
    """The criteria of a narrowing's shape."""
    return [CLAUSES[name] for name in shape]
