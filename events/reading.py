"""Reading the log as its subscribers do: a span after a position, of which a filter leaves out some events.

headers (narrowed) ─► sizes of the bodies they need ─► as many as fit ─► the bodies ─► the matcher
"""

from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any

from msgspec import Struct, field
from sqlalchemy import bindparam, select

from events.absences import Part, absent_at
from events.errors import ArchiveUnreachable
from events.matching import EVERYTHING, Matcher
from events.narrowing import CLAUSES, LEADING, narrowing
from events.payload import ERASED, INLINE_BYTES_MAX, Body, body_positions
from events.published import Published
from events.stores.sql import BODIES, HEAD_OF, SqlStore
from events.stores.statement import OneOf, SizeBytes, Statement, Unindexed
from events.stores.tables import EVENT_BODIES, EVENTS, HEADER, Row

SPAN_EVENTS_MAX = 1_000
"""Events in one span."""
SPAN_BYTES_MAX = 4 * 1024 * 1024
"""Labels and bodies in one span, unless a single event has more."""
WIDE_POSITIONS = 10_000
"""From how many positions on it is cheaper to be led to those of a run or a resource than to look at each."""

_POSITION = HEADER.index("position")
_RESOURCE, _RELATED = HEADER.index("resource"), HEADER.index("related")


class Span(Struct, frozen=True, eq=False):
    """What a filter lets through of all positions above `after` up to `to`. `head` is where the log ended by then."""

    after: int
    to: int
    head: int
    events: tuple[Published, ...] = ()
    scanned: int = 0
    """How many events were looked at."""
    rendered: dict[Any, str] = field(default_factory=dict)
    """What was made of it for one reader, for all others that read the same."""

    @property
    def is_at_head(self) -> bool:
        return self.to >= self.head


async def read_span(
    store: SqlStore,
    log: str,
    *,
    after: int,
    matcher: Matcher = EVERYTHING,
    upto: int | None = None,
    limit: int = SPAN_EVENTS_MAX,
    bytes_max: int = SPAN_BYTES_MAX,
) -> Span:
    """The next span after a position. It ends at the head or at `upto`, after `limit` events, or where enough bodies
    are together.

    Raises StorageUnavailable.
    """
    found = await store.fetch(HEAD_OF, name=log)
    number, head = (found[0][0], found[0][2]) if found else (0, 0)
    last = head if upto is None else min(upto, head)
    if after >= last:
        return Span(after, after, head)
    headers = await read_headers(store, number, matcher, after=after, upto=last, limit=limit)
    end = headers[-1][_POSITION] if len(headers) == min(limit, SPAN_EVENTS_MAX) else last
    wanted = headers if matcher.needs_payload else [each for each in headers if matcher(Published(each, {}))]
    events = await publish(store, number, wanted, bytes_max)
    to = end if len(events) == len(wanted) else events[-1].position
    scanned = sum(each[_POSITION] <= to for each in headers)
    return Span(after, to, head, tuple(event for event in events if matcher(event)), scanned)


async def read_headers(
    store: SqlStore,
    number: int,
    matcher: Matcher,
    *,
    after: int,
    upto: int,
    limit: int = SPAN_EVENTS_MAX,
    newest_first: bool = False,
) -> list[Row]:
    """Headers above a position, narrowed: the matcher has the last word. Raises StorageUnavailable."""
    asked = narrowing(matcher.filter)
    statement = headers_after(asked.shape, is_wide=upto - after > WIDE_POSITIONS, newest_first=newest_first)
    limit = min(limit, SPAN_EVENTS_MAX)
    return await store.fetch(statement, log=number, after=after, upto=upto, limit=limit, **asked.values)


async def read_event(store: SqlStore, log: str, position: int) -> Published | None:
    """The event at a position, if there is one. Raises StorageUnavailable."""
    span = await read_span(store, log, after=position - 1, limit=1)
    return next((event for event in span.events if event.position == position), None)


async def publish(
    store: SqlStore, number: int, headers: Sequence[Row], bytes_max: int = SPAN_BYTES_MAX
) -> list[Published]:
    """The events of these headers, in their order; only the first of them, if together they have more than that."""
    needed = [body_positions(header) for header in headers]
    own = {header[_POSITION] for header in headers}
    sizes = await _sizes(store, number, {each for positions in needed for each in positions}, own)
    labels = [len(header[_RESOURCE]) + len(header[_RELATED]) for header in headers]
    needed = needed[: _fitting(labels, needed, sizes, bytes_max)]
    wanted = {each for positions in needed for each in positions}
    small = [each for each in wanted if _shown(sizes.get(each, 0))]
    contents: dict[int, str] = dict(await store.fetch(BODIES, log=number, positions=small)) if small else {}
    if store.elsewhere is not None and (archived := set(small) - contents.keys()):
        contents.update(await store.elsewhere.bodies(number, archived))
    bodies = {each: Body(size, contents.get(each)) for each, size in sizes.items()}
    missing = (wanted - sizes.keys()) | (set(small) - contents.keys())
    if missing:
        gone = await absent_at(store.fetch, number, Part.BODY, missing)
        bodies.update({each: Body(0, ERASED, absence) for each, absence in gone.items()})
    return [
        Published(header, {each: bodies[each] for each in positions if each in bodies})
        for header, positions in zip(headers, needed, strict=False)
    ]


async def _sizes(store: SqlStore, number: int, positions: set[int], own: set[int]) -> dict[int, int]:
    """Of all that there are, those that are archived among them.

    What only others point at, and cannot be reached, is left out. Raises ArchiveUnreachable for an event's own body.
    """
    sizes: dict[int, int] = dict(await store.fetch(SIZES, log=number, positions=list(positions))) if positions else {}
    missing = positions - sizes.keys()
    if store.elsewhere is not None and missing:
        if missing & own:
            sizes.update(await store.elsewhere.sizes(number, missing & own))
        with suppress(ArchiveUnreachable):
            sizes.update(await store.elsewhere.sizes(number, missing - own))
    return sizes


def _fitting(labels: list[int], needed: list[tuple[int, ...]], sizes: dict[int, int], bytes_max: int) -> int:
    """How many events, at least one, are not too much at once. A body that several of them show counts once."""
    counted: set[int] = set()
    total = 0
    for index, (size_bytes, positions) in enumerate(zip(labels, needed, strict=True)):
        total += size_bytes + sum(_shown(sizes.get(each, 0)) for each in set(positions) - counted)
        counted.update(positions)
        if index and total > bytes_max:
            return index
    return len(needed)


def _shown(size_bytes: int) -> int:
    return size_bytes if size_bytes <= INLINE_BYTES_MAX else 0


_LOG = EVENTS.c.log == bindparam("log")


@lru_cache(maxsize=512)
def headers_after(shape: tuple[str, ...], *, is_wide: bool = False, newest_first: bool = False) -> Statement:
    """Headers above `:after` up to `:upto`, by position, or back from the last. `is_wide`: there may be many."""
    leading = LEADING if is_wide else {}
    position = Unindexed(EVENTS.c.position) if leading.keys() & set(shape) else EVENTS.c.position
    return Statement(
        select(*EVENTS.columns)
        .where(_LOG, position > bindparam("after"), position <= bindparam("upto"))
        .where(*(leading.get(name, CLAUSES[name]) for name in shape))
        .order_by(EVENTS.c.position.desc() if newest_first else EVENTS.c.position)
        .limit(bindparam("limit"))
    )


SIZES = Statement(
    select(EVENT_BODIES.c.position, SizeBytes(EVENT_BODIES.c.content)).where(
        EVENT_BODIES.c.log == bindparam("log"), OneOf(EVENT_BODIES.c.position, "positions")
    ),
    is_point_read=True,
)
