"""Entries of the log, the newest first, and how many there are over time: what a person looks through.

positions below one, down to a floor ─► headers, narrowed ─► the matcher ─► entries, each with the size of its body
"""

from collections.abc import Sequence
from contextlib import suppress

import msgspec
from msgspec.structs import asdict
from sqlalchemy import ColumnElement, Select, bindparam, select, union_all

from events.clock import as_text, micros
from events.entry import entry_of
from events.errors import ArchiveUnreachable
from events.matching import Matcher
from events.published import Published
from events.reading import SIZES, publish, read_headers
from events.stores.sql import SqlStore
from events.stores.statement import Statement
from events.stores.tables import EVENTS, HEADER, Row
from events.tallying import tally_spans
from projections.runs.reader import names_of
from service.buckets import EMPTY, buckets_between
from service.read import Read

ENTRIES_PAGE_MAX = 500
"""Entries in one answer."""
ENTRIES_SHOWN = 100
"""Unless another number is asked for."""
ENTRIES_SPAN_MAX = 100_000
"""Positions that one answer looks through."""
SPANS_MAX = 200
"""Spans of time in one histogram."""

_POSITION, _COMMITMENT = HEADER.index("position"), HEADER.index("commitment")
_FLOW_RUN, _TASK_RUN = HEADER.index("flow_run_id"), HEADER.index("task_run_id")
_encode = msgspec.json.Encoder().encode


class Entries:
    """Over one store. All raise StorageUnavailable."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store

    async def page(self, log: str, matcher: Matcher, *, after: int, upto: int, limit: int) -> Read:
        """The newest entries that match, above a position up to another; it says down to where it looked."""
        number = await self._store.log_number(log)
        floor = max(after, upto - ENTRIES_SPAN_MAX)
        headers = []
        if number and upto > floor:
            found = {"after": floor, "upto": upto, "limit": limit}
            headers = await read_headers(self._store, number, matcher, **found, newest_first=True)
        if len(headers) == limit > 0:
            floor = headers[-1][_POSITION] - 1
        if matcher.needs_payload and headers:
            events = await publish(self._store, number, headers)  # fewer, where they are large
            floor = floor if len(events) == len(headers) else events[-1].position - 1
        else:
            events = [Published(header, {}) for header in headers]
        shown = [header for event, header in zip(events, headers, strict=False) if matcher(event)]
        sizes = await self._sizes(number, shown)
        names = await names_of(self._store, number, [each[run] for each in shown for run in (_FLOW_RUN, _TASK_RUN)])
        entries = [
            {
                **asdict(entry_of(tuple(each))),
                "flow_run_name": names.get(each[_FLOW_RUN]),
                "task_run_name": names.get(each[_TASK_RUN]),
                "size_bytes": sizes.get(each[_POSITION]) if each[_COMMITMENT] else 0,
            }
            for each in shown
        ]
        return Read(_encode({"position": upto, "from": floor, "to": upto, "entries": entries}).decode(), upto)

    async def histogram(self, log: str, matcher: Matcher, *, upto: int, count: int) -> Read:
        """How many events up to a position match, in at most so many spans of time: from when the filter says, or the
        first event, until it says, or the last."""
        number = await self._store.log_number(log)
        ends = [moment for (moment,) in await self._store.fetch(ENDS, log=number, upto=upto)] if upto else []
        if ends and (occurred := matcher.filter.occurred) is not None:
            ends = [
                micros(occurred.since) if occurred.since else min(ends),
                micros(occurred.until) if occurred.until else max(ends),
            ]
        buckets = buckets_between(min(ends), max(ends), count) if ends else EMPTY
        tallies = {}
        if buckets.count:
            place = {"upto": upto, "start": buckets.start, "width": buckets.width}
            tallies = await tally_spans(self._store, number, matcher, **place)
        answer = {
            "position": upto,
            "start": as_text(buckets.start) if buckets.count else None,
            "width_s": buckets.width / 1_000_000,
            "counts": [tallies[each].count if each in tallies else 0 for each in range(buckets.count)],
        }
        return Read(_encode(answer).decode(), upto)

    async def _sizes(self, number: int, headers: Sequence[Row]) -> dict[int, int]:
        """In bytes, of the bodies that are there, in the archive too if that can be reached."""
        wanted = [header[_POSITION] for header in headers if header[_COMMITMENT] is not None]
        sizes: dict[int, int] = dict(await self._store.fetch(SIZES, log=number, positions=wanted)) if wanted else {}
        elsewhere = self._store.elsewhere
        if elsewhere is not None and (missing := set(wanted) - sizes.keys()):
            with suppress(ArchiveUnreachable):
                sizes.update(await elsewhere.sizes(number, missing))
        return sizes


def _end(*order: ColumnElement[int]) -> Select[tuple[int]]:
    here = (EVENTS.c.log == bindparam("log"), EVENTS.c.position <= bindparam("upto"))
    return select(select(EVENTS.c.occurred).where(*here).order_by(*order).limit(1).subquery())


ENDS = Statement(
    union_all(_end(EVENTS.c.occurred, EVENTS.c.position), _end(EVENTS.c.occurred.desc(), EVENTS.c.position.desc()))
)
"""When the first and the last event up to `:upto` happened."""
