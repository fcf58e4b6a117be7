"""The listener: records what the upstream states, each event once.

    its socket ──────────────────────► waiting (bounded) ──► all that wait at once ──► the log
    its REST: what happened meanwhile ──► what the log has not ──────────────────────────▲
              what the socket lost

The checkpoint is a position of the log: when it was recorded, all that the upstream had stated was in the log. So it
says from when on to ask, after whatever outage of whichever side.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence

import structlog
from fastapi.exceptions import RequestValidationError
from msgspec import Raw
from prometheus_client import Counter
from starlette.exceptions import HTTPException

from events.errors import QueueFull, StorageUnavailable, WriterClosed
from events.event import Event, Micros
from events.matching import Matcher
from events.reading import read_event
from events.stores.sql import SqlStore
from events.tallying import tally_kinds
from service.context import DEFAULT_LOG
from service.event_parsing import EventTooLarge, outside_event
from service.events import Events
from service.outage import Outage
from service.provenance import FROM_UPSTREAM
from service.settings import Settings
from service.upstream.events import UpstreamEvents, Window
from service.upstream.recent import Recent
from service.upstream.tenure import Tenure

HEARD_EVENTS_MAX = 5_000
"""Events that wait to be recorded, or are being recorded."""
HEARD_BYTES_MAX = 32 * 1024 * 1024
"""What these may have together before the socket is not read on."""
LOT_EVENTS_MAX = 500
"""Events that are recorded at once."""
SECOND: Micros = 1_000_000
RETENTION: Micros = 7 * 24 * 3600 * SECOND
"""How far back the first backfill reaches: Prefect keeps its events for so long."""
OVERLAP: Micros = 60 * SECOND
"""How much further back than needed it is asked: its clock may be another, and it writes to its disk later."""
SETTLED: Micros = 15 * SECOND
"""How old an event is when it is counted: by then it is on its disk."""
CHECK_EVERY_S = 30.0
"""How often it is counted whether the socket has lost some."""
REFUSAL_SHOWN_MAX = 500
"""Characters of a reason that are logged."""

RECEIVED = Counter("digsite_bridge_received", "Events that came over the upstream's socket, echoes left out.")
BACKFILLED = Counter("digsite_bridge_backfilled", "Events that were recorded because the upstream was asked for them.")
REFUSED = Counter("digsite_bridge_received_refused", "Events of the upstream that cannot be recorded.", ["reason"])

log_ = structlog.get_logger()


class Listener:
    """Listens as long as its tenure lasts."""

    def __init__(
        self,
        store: SqlStore,
        events: Events,
        upstream: UpstreamEvents,
        recent: Recent,
        settings: Settings,
        outage: Outage,
        tenure: Tenure,
    ) -> None:
        self._store = store
        self._events = events
        self._upstream = upstream
        self._recent = recent
        self._settings = settings
        self._outage = outage
        self._tenure = tenure
        self._waiting: list[tuple[Event, int]] = []
        self._count = self._bytes = 0
        self._moved = asyncio.Condition()

    async def run(self) -> None:
        """Until it fails. Raises UpstreamUnavailable, UpstreamRefused, LeaseLost, StorageUnavailable, QueueFull."""
        async with self._upstream.heard() as heard, asyncio.TaskGroup() as group:
            self._outage.end()
            group.create_task(self._hear(heard))
            group.create_task(self._record_waiting())
            group.create_task(self._complete())

    async def _hear(self, heard: AsyncIterator[Raw]) -> None:
        async for text in heard:
            event = self._parsed(text)
            if event is None or event.id in self._recent:
                continue
            RECEIVED.inc()
            async with self._moved:
                await self._moved.wait_for(self._has_room)
                size_bytes = len(bytes(text))
                self._waiting.append((event, size_bytes))
                self._count += 1
                self._bytes += size_bytes
                self._moved.notify_all()

    def _has_room(self) -> bool:
        return self._count < HEARD_EVENTS_MAX and self._bytes < HEARD_BYTES_MAX

    async def _record_waiting(self) -> None:
        while True:
            async with self._moved:
                await self._moved.wait_for(lambda: self._waiting)
                lot = self._waiting[:LOT_EVENTS_MAX]
                del self._waiting[:LOT_EVENTS_MAX]
            await self._record([event for event, _ in lot])
            async with self._moved:
                self._count -= len(lot)
                self._bytes -= sum(size_bytes for _, size_bytes in lot)
                self._moved.notify_all()

    async def _complete(self) -> None:
        """Bring what happened before the socket was open, then again and again what it has lost."""
        since = await self._since()
        is_first = True
        while True:
            head = (await self._store.head(DEFAULT_LOG)).position
            now = self._store.clock()
            window = Window(since - OVERLAP, now)
            if is_first:
                await self._backfill(window)
            else:
                await self._compare(Window(window.since, now - SETTLED))
                await self._tenure.advance(head)
                since = now - SETTLED
            is_first = False
            await asyncio.sleep(CHECK_EVERY_S)

    async def _since(self) -> Micros:
        """The moment from which on the log may lack something."""
        earliest = self._store.clock() - RETENTION
        complete = await read_event(self._store, DEFAULT_LOG, self._tenure.position) if self._tenure.position else None
        return earliest if complete is None else max(complete.recorded, earliest)

    async def _compare(self, window: Window) -> None:
        """Bring the events of those kinds of which it has more than the log has."""
        theirs = await self._upstream.count_by_kind(window)
        number = await self._store.log_number(DEFAULT_LOG)
        head = (await self._store.head(DEFAULT_LOG)).position
        ours = await tally_kinds(self._store, number, Matcher(window.own_filter), upto=head)
        lost = tuple(kind for kind, count in theirs.items() if kind not in ours or ours[kind].count < count)
        if lost:
            log_.warning("the upstream has events that its socket has not shown", kinds=list(lost))
            await self._backfill(Window(window.since, window.until, lost))

    async def _backfill(self, window: Window) -> None:
        async for page in self._upstream.within(window):
            events = [event for event in map(self._parsed, page) if event is not None]
            BACKFILLED.inc(await self._record(events))

    def _parsed(self, text: Raw) -> Event | None:
        """An event. One that is not valid is left out."""
        try:
            return outside_event(bytes(text), self._settings)
        except (EventTooLarge, RequestValidationError, HTTPException) as refusal:
            self._refuse(refusal)
            return None

    async def _record(self, events: Sequence[Event]) -> int:
        """Record them together; if something unforeseen breaks that, each alone, so that one spoils no other.

        Answers how many the log did not have.
        """
        try:
            return len(await self._events.news(DEFAULT_LOG, events, FROM_UPSTREAM))
        except (StorageUnavailable, QueueFull, WriterClosed):
            raise
        except Exception as error:
            if len(events) == 1:
                self._refuse(error)
                return 0
            return sum([await self._record([event]) for event in events])

    def _refuse(self, refusal: Exception) -> None:
        reason = type(refusal).__name__
        REFUSED.labels(reason).inc()
        log_.warning("event of the upstream not recorded", reason=reason, detail=str(refusal)[:REFUSAL_SHOWN_MAX])
