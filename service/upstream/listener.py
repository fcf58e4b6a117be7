"""The listener: records what the upstream states, as soon as it states it.

    its socket ──► waiting (bounded) ──► all that wait at once ──► the log
    its REST   ──► what the log lacks (see backfill) ─────────────────▲

Prefect drops events silently for a socket behind which 256 wait. So the socket is read at all times, and what was
dropped is found by the backfill.
"""

import asyncio
from collections.abc import AsyncIterator

from msgspec import Struct
from prometheus_client import Counter

from events.event import Event
from service.outage import Outage
from service.upstream.backfill import Backfill
from service.upstream.events import UpstreamEvents
from service.upstream.recent import Recent
from service.upstream.recorder import Recorder

HEARD_EVENTS_MAX = 5_000
"""Events that wait to be recorded, or are being recorded."""
HEARD_BYTES_MAX = 32 * 1024 * 1024
"""What these may have together before the socket is not read on."""
LOT_EVENTS_MAX = 500
"""Events that are recorded at once."""

RECEIVED = Counter("digsite_bridge_received", "Events that came over the upstream's socket, echoes left out.")


class Heard(Struct, frozen=True):
    event: Event
    size_bytes: int


class Listener:
    """Listens until it fails."""

    def __init__(
        self, upstream: UpstreamEvents, recorder: Recorder, backfill: Backfill, recent: Recent, outage: Outage
    ) -> None:
        self._upstream = upstream
        self._recorder = recorder
        self._backfill = backfill
        self._recent = recent
        self._outage = outage
        self._waiting: list[Heard] = []
        self._count = self._bytes = 0
        self._moved = asyncio.Condition()

    async def run(self) -> None:
        """Raises UpstreamUnavailable, UpstreamRefused, LeaseLost, StorageUnavailable, QueueFull."""
        async with self._upstream.heard() as frames, asyncio.TaskGroup() as group:
            self._outage.end()
            group.create_task(self._hear(frames))
            group.create_task(self._record_all())
            group.create_task(self._backfill.run())

    async def _hear(self, frames: AsyncIterator[str | bytes]) -> None:
        async for frame in frames:
            event = self._recorder.event_of(frame)
            if event is None or event.id in self._recent:
                continue
            RECEIVED.inc()
            async with self._moved:
                await self._moved.wait_for(self._has_room)
                self._waiting.append(Heard(event, len(frame)))
                self._count += 1
                self._bytes += len(frame)
                self._moved.notify_all()

    def _has_room(self) -> bool:
        return self._count < HEARD_EVENTS_MAX and self._bytes < HEARD_BYTES_MAX

    async def _record_all(self) -> None:
        while True:
            async with self._moved:
                await self._moved.wait_for(lambda: self._waiting)
                lot, self._waiting = self._waiting[:LOT_EVENTS_MAX], self._waiting[LOT_EVENTS_MAX:]
            await self._recorder.record([each.event for each in lot])
            async with self._moved:
                self._count -= len(lot)
                self._bytes -= sum(each.size_bytes for each in lot)
                self._moved.notify_all()
