"""Glances: what lists say of data, made of the bodies that hold it, and remembered.

which are there? ─► remembered ─► the sizes of the others ─► as many as fit ─► a thread ─► remembered

Nothing waits for an archive, and nothing is read at length: of what does not fit, the size is told, and what fits is
remembered, so that it is more the next time.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Collection, Mapping

import msgspec
from msgspec import Raw, Struct
from sqlalchemy import bindparam, select

from events.absences import Part, absent_at
from events.payload import decode_content
from events.reading import SIZES
from events.stores.sql import BODIES, SqlStore
from events.stores.statement import OneOf, Statement
from events.stores.tables import EVENT_BODIES
from service.previews import glance
from service.previews.glance import Measure
from service.previews.line import first_line
from service.previews.preview import Absent, Large

GLANCED_BYTES_MAX = 4 * 1024 * 1024
"""Bodies that one request looks into."""
BODY_GLANCED_BYTES_MAX = 2 * 1024 * 1024
"""A body that is looked into at all."""
REMEMBERED_BYTES_MAX = 16 * 1024 * 1024
"""Previews and descriptions that a process remembers."""

_FIXED_BYTES = 400
"""What is counted for each beside its preview and its description."""
_encode = msgspec.json.Encoder().encode


class Seen(Struct, frozen=True):
    """What a body came to."""

    preview: Raw
    """As JSON text."""
    shown_as: str | None = None
    """None: it was not looked into."""
    measure: Measure | None = None
    data_bytes: int | None = None
    """None: the data is there no more."""
    description: str | None = None
    """Its first line; None: there is none."""


Types = Mapping[int, str | None]
"""By the position where an artifact's data stands: as what it was published."""


class Glances:
    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self._seen: OrderedDict[tuple[int, int], Seen] = OrderedDict()
        self._seen_bytes = 0
        self._life = 0

    def forget(self) -> None:
        """Something was erased: what is remembered may be of that, and what is being read, too."""
        self._seen.clear()
        self._seen_bytes = 0
        self._life += 1

    async def at(self, log: int, types: Types) -> dict[int, Seen]:
        """What the bodies at these positions come to, in the order of their wanting. Raises StorageUnavailable."""
        if not types:
            return {}
        life = self._life
        there = {position for (position,) in await self._store.fetch(THERE, log=log, positions=list(types))}
        found = {each: self._seen[log, each] for each in types if each in there and (log, each) in self._seen}
        for each in found:
            self._seen.move_to_end((log, each))
        read = await self._read(log, {each: types[each] for each in types if each in there and each not in found})
        if life == self._life:
            self._remember(log, read)
        absent = await self._absent(log, types.keys() - there)
        return {each: (found | read | absent)[each] for each in types}

    async def _read(self, log: int, types: Types) -> dict[int, Seen]:
        if not types:
            return {}
        sizes: dict[int, int] = dict(await self._store.fetch(SIZES, log=log, positions=list(types)))
        fitting = _fitting({each: sizes[each] for each in types if each in sizes})
        bodies: dict[int, str] = dict(await self._store.fetch(BODIES, log=log, positions=fitting)) if fitting else {}
        seen = await asyncio.to_thread(_all_seen, bodies, types)
        return {each: seen.get(each) or _large(sizes.get(each, 0)) for each in types}

    async def _absent(self, log: int, positions: Collection[int]) -> dict[int, Seen]:
        if not positions:
            return {}
        why = await absent_at(self._store.fetch, log, Part.BODY, positions)
        reasons = {each: str(why[each].reason) if each in why else "erased" for each in positions}
        return {each: Seen(Raw(_encode(Absent(reason)))) for each, reason in reasons.items()}

    def _remember(self, log: int, read: Mapping[int, Seen]) -> None:
        for position, seen in read.items():
            if seen.shown_as is None:
                continue  # too large for now
            if (log, position) not in self._seen:
                self._seen_bytes += _size(seen)
            self._seen[log, position] = seen
        while self._seen_bytes > REMEMBERED_BYTES_MAX:
            _, seen = self._seen.popitem(last=False)
            self._seen_bytes -= _size(seen)


def _fitting(sizes: Mapping[int, int]) -> list[int]:
    """Those that one request looks into: the first ones, and of the others what still fits."""
    left, fitting = GLANCED_BYTES_MAX, []
    for position, size_bytes in sizes.items():
        if size_bytes <= min(left, BODY_GLANCED_BYTES_MAX):
            left -= size_bytes
            fitting.append(position)
    return fitting


def _all_seen(bodies: Mapping[int, str], types: Types) -> dict[int, Seen]:
    return {position: seen(types[position], body) for position, body in bodies.items()}


def seen(type: str | None, body: str) -> Seen:
    """What a body with data comes to. Pure."""
    content = decode_content(body)
    data = bytes(content.data)
    found = glance(type, data.decode())
    description = msgspec.json.decode(content.description)
    return Seen(
        preview=Raw(_encode(found.preview)),
        shown_as=found.shown_as,
        measure=found.measure,
        data_bytes=len(data),
        description=first_line(description) or None if isinstance(description, str) else None,
    )


def _large(size_bytes: int) -> Seen:
    measure = Measure("bytes", float(size_bytes))
    return Seen(Raw(_encode(Large(size_bytes))), measure=measure, data_bytes=size_bytes)


def _size(seen: Seen) -> int:
    return len(bytes(seen.preview)) + len(seen.description or "") + _FIXED_BYTES


THERE = Statement(
    select(EVENT_BODIES.c.position).where(
        EVENT_BODIES.c.log == bindparam("log"), OneOf(EVENT_BODIES.c.position, "positions")
    ),
    is_point_read=True,
)
"""Those of the positions that have a body here."""
