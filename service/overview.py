"""The log at a glance: where it ends, how fast it grows, what the database takes up, when retention comes next."""

import asyncio
from itertools import pairwise

import msgspec
from msgspec import Struct

from events.clock import as_text
from events.cursor import Cursor
from events.event import Micros
from events.moments import recorded_by
from events.reading import read_event
from events.store import Head
from events.stores.sql import Sizes, SqlStore
from events.stores.tables import EVENT_BODIES, EVENTS
from projections import CATCH_UP, INLINE
from service.read import Read
from service.retention.retention import Retention
from service.settings import Settings

MINUTES = 60
"""How far back it is told how much was recorded in each minute."""
SIZES_S = 30.0
"""How long it is taken for true how large the database is."""

_MINUTE: Micros = 60_000_000
_encode = msgspec.json.Encoder().encode

READ_MODELS = frozenset(
    [each.table.name for each in INLINE] + [table.name for each in CATCH_UP for table in each.tables]
)


class Part(Struct, frozen=True):
    """Something that takes up space in the database."""

    name: str
    size_bytes: int


class Overview:
    """Over one store. Raises StorageUnavailable."""

    def __init__(self, store: SqlStore, retention: Retention, settings: Settings) -> None:
        self._store = store
        self._retention = retention
        self._interval_s = settings.retention_interval_s
        self._sizes: Sizes | None = None
        self._sizes_until = 0

    async def read(self, log: str, as_of: int | None) -> Read:
        """As the log is, or was at a position; sizes and retention are as they are now."""
        now = self._store.clock()
        head = await self._store.head(log)
        if as_of is not None and as_of < head.position:
            head = await self._head_at(head, as_of)
            now = head.recorded
        sizes = await self._known_sizes()
        coming = self._retention.next
        answer = {
            "log": log,
            "position": head.position,
            "epoch": head.epoch,
            "cursor": Cursor(log, head.position, head.epoch).encode(),
            "recorded": as_text(head.recorded) if head.position else None,
            "hash": head.hash.hex(),
            "minutes": await self._minutes(log, head.position, now),
            "size": {"size_bytes": sizes.total_bytes, "parts": parts_of(sizes)},
            "retention": {"interval_s": self._interval_s, "next": None if coming is None else as_text(coming)},
        }
        return Read(_encode(answer).decode(), head.position)

    async def _head_at(self, head: Head, position: int) -> Head:
        event = await read_event(self._store, head.log, position) if position else None
        if event is None:
            return Head.empty(head.log)
        return Head(
            log=head.log,
            position=position,
            recorded=event.recorded,
            hash=bytes.fromhex(event.entry.hash),
            epoch=head.epoch,
        )

    async def _minutes(self, log: str, head: int, now: Micros) -> list[int]:
        """How many events were recorded in each of the last minutes, the oldest first."""
        moments = [now - back * _MINUTE for back in range(MINUTES, 0, -1)]
        ends = await asyncio.gather(*(recorded_by(self._store, log, moment) for moment in moments))
        bounds = [*(min(head, end) for end in ends), head]
        return [later - earlier for earlier, later in pairwise(bounds)]

    async def _known_sizes(self) -> Sizes:
        now = self._store.clock()
        if self._sizes is None or now >= self._sizes_until:
            self._sizes = await self._store.sizes()
            self._sizes_until = now + int(SIZES_S * 1_000_000)
        return self._sizes


def parts_of(sizes: Sizes) -> list[Part]:
    """What takes up the database, in an order that stays. Empty: it cannot be told. Pure."""
    if not sizes.table_bytes:
        return []
    tables = dict(sizes.table_bytes)
    events, bodies = tables.pop(EVENTS.name, 0), tables.pop(EVENT_BODIES.name, 0)
    models = sum(tables.pop(name, 0) for name in READ_MODELS)
    known = events + bodies + models + sizes.free_bytes + sizes.wal_bytes
    parts = [
        Part("headers", events),
        Part("bodies", bodies),
        Part("read models", models),
        Part("free", sizes.free_bytes),
        Part("write-ahead log", sizes.wal_bytes),
        Part("other", max(0, sizes.total_bytes - known)),
    ]
    return [part for part in parts if part.size_bytes]
