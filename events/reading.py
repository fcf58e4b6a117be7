"""Reading the log as its subscribers do: a span after a position, of which a filter leaves out some events.

headers (narrowed) ─► sizes of the bodies they need ─► as many as fit ─► the bodies ─► the matcher
"""

from collections.abc import Sequence
from functools import lru_cache

from msgspec import Struct
from sqlalchemy import bindparam, select

from events.matching import EVERYTHING, Matcher
from events.narrowing import CLAUSES, narrowing
from events.payload import INLINE_BYTES_MAX, Bodies, Body, body_positions
from events.published import Published
from events.stores.sql import BODIES, HEAD_OF, SqlStore
from events.stores.statement import OneOf, SizeBytes, Statement
from events.stores.tables import EVENT_BODIES, EVENTS, Row

SPAN_EVENTS_MAX = 1_000
"""Events in one span."""
SPAN_BYTES_MAX = 4 * 1024 * 1024
"""Bodies in one span, unless a single event has more."""


class Span(Struct, frozen=True):
    """What a filter lets through of all positions above `after` up to `to`. `head` is where the log ended by then."""

    after: int
    to: int
    head: int
    events: tuple[Published, ...]

    @property
    def is_at_head(self) -> bool:
        return self.to >= self.head


async def read_span(
    store: SqlStore, log: str, *, after: int, matcher: Matcher = EVERYTHING, limit: int = SPAN_EVENTS_MAX
) -> Span:
    """The next span after a position. It ends at the head, at the limit, or where enough bodies are together.

    Raises StorageUnavailable.
    """
    found = await store.fetch(HEAD_OF, name=log)
    number, head = (found[0][0], found[0][2]) if found else (0, 0)
    if after >= head:
        return Span(after, after, head, ())
    asked = narrowing(matcher.filter)
    limit = min(limit, SPAN_EVENTS_MAX)
    statement = headers_after(asked.shape)
    rows = await store.fetch(statement, log=number, after=after, upto=head, limit=limit, **asked.values)
    events = await publish(store, number, rows)
    to = head if len(events) == len(rows) < limit else events[-1].position
    return Span(after, to, head, tuple(event for event in events if matcher(event)))


async def publish(store: SqlStore, number: int, headers: Sequence[Row]) -> list[Published]:
    """The events of these headers, in their order; only the first of them, if their bodies are large."""
    needed = [body_positions(header) for header in headers]
    sizes = await _sizes(store, number, {each for positions in needed for each in positions})
    needed = _fitting(needed, sizes)
    small = {each for positions in needed for each in positions if _shown(sizes.get(each, 0))}
    contents = dict(await store.fetch(BODIES, log=number, positions=list(small))) if small else {}
    return [
        Published(header, _bodies(positions, sizes, contents))
        for header, positions in zip(headers, needed, strict=False)
    ]


async def _sizes(store: SqlStore, number: int, positions: set[int]) -> dict[int, int]:
    return dict(await store.fetch(SIZES, log=number, positions=list(positions))) if positions else {}


def _fitting(needed: list[tuple[int, ...]], sizes: dict[int, int]) -> list[tuple[int, ...]]:
    """The first events, at least one, whose bodies are not too much at once. Bodies shared by events count once."""
    counted: set[int] = set()
    total = 0
    for index, positions in enumerate(needed):
        total += sum(_shown(sizes.get(each, 0)) for each in set(positions) - counted)
        counted.update(positions)
        if index and total > SPAN_BYTES_MAX:
            return needed[:index]
    return needed


def _shown(size_bytes: int) -> int:
    return size_bytes if size_bytes <= INLINE_BYTES_MAX else 0


def _bodies(positions: tuple[int, ...], sizes: dict[int, int], contents: dict[int, str]) -> Bodies:
    return {each: Body(sizes[each], contents.get(each)) for each in positions if each in sizes}


_LOG = EVENTS.c.log == bindparam("log")


@lru_cache(maxsize=512)
def headers_after(shape: tuple[str, ...]) -> Statement:
    """Headers above `:after` up to `:upto`, by position."""
    return Statement(
        select(*EVENTS.columns)
        .where(_LOG, EVENTS.c.position > bindparam("after"), EVENTS.c.position <= bindparam("upto"))
        .where(*(CLAUSES[name] for name in shape))
        .order_by(EVENTS.c.position)
        .limit(bindparam("limit"))
    )


SIZES = Statement(
    select(EVENT_BODIES.c.position, SizeBytes(EVENT_BODIES.c.content)).where(
        EVENT_BODIES.c.log == bindparam("log"), OneOf(EVENT_BODIES.c.position, "positions")
    ),
    is_point_read=True,
)
