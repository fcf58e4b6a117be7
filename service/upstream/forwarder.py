"""The forwarder: tells the upstream what the log has, in the order of the log, each event once.

    the log ──► what did not come from there ──► POST /events ──► waiting ──► on its disk? ──► checkpoint
                                                   ▲                │ not after all this time
                                                   └────────────────┘

The upstream answers when it has an event in memory, and has it on its disk some seconds later. So the checkpoint only
moves over events that it was asked about, and what it forgets when it is killed is told again.
"""

import asyncio
import time
from collections.abc import Sequence

import structlog
from msgspec import Struct
from prometheus_client import Counter, Gauge

from events.feed import About, Feed
from events.published import Published
from service.outage import Outage
from service.provenance import IMPORTED, UPSTREAM
from service.upstream.client import UpstreamRefused
from service.upstream.events import UpstreamEvents
from service.upstream.recent import Recent
from service.upstream.tenure import Tenure

TOLD_EVENTS_MAX = 8_000
"""Events that were told and are not known to be on its disk yet. Prefect itself drops what it has more than 10,000 of
in memory."""
TOLD_BYTES_MAX = 32 * 1024 * 1024
"""What these may have together."""
ASKED_IDS = 500
"""Ids that it is asked about at once."""
CONFIRM_EVERY_S = 1.0
FLUSHED_AFTER_S = 6.0
"""When an event is asked about. By default Prefect writes to its disk every 5 s, sooner under load."""
AGAIN_AFTER_S = (15.0, 60.0, 300.0, 30.0)
"""How long it may take each time to appear on its disk. For five minutes Prefect ignores an event that it was told
before. After the last time it is given up."""
NOT_EVENTS = frozenset((400, 413, 422))
"""Answers that are about what was sent, not about who sent it."""
LEFT_OUT = frozenset((UPSTREAM, IMPORTED))
"""Actors whose events came from a Prefect server."""

FORWARDED = Counter("digsite_bridge_forwarded", "Events that the upstream was told of.")
CONFIRMED = Counter("digsite_bridge_confirmed", "Events that the upstream has on its disk.")
AGAIN = Counter("digsite_bridge_forwarded_again", "Events that the upstream had forgotten and was told of once more.")
REFUSED = Counter("digsite_bridge_forwarding_refused", "Events that the upstream refused, or never wrote to its disk.")
WAITING = Gauge("digsite_bridge_waiting", "Events that the upstream was told of and may not have on its disk yet.")

log_ = structlog.get_logger()


class Told(Struct):
    """An event that the upstream was told of, and since when it should have it."""

    event: Published
    at: float
    times: int = 1


class Forwarder:
    """Forwards one log as long as its tenure lasts."""

    def __init__(self, feed: Feed, upstream: UpstreamEvents, recent: Recent, outage: Outage, tenure: Tenure) -> None:
        self._feed = feed
        self._upstream = upstream
        self._recent = recent
        self._outage = outage
        self._tenure = tenure
        self._to = tenure.position
        """All up to here was told, or left out."""
        self._waiting: dict[str, Told] = {}
        """By id, in the order of the log."""
        self._bytes = 0
        self._has_room = asyncio.Event()
        self._has_room.set()

    async def run(self) -> None:
        """Until it fails. Raises UpstreamUnavailable, UpstreamRefused, LeaseLost, StorageUnavailable, FeedStopped."""
        with self._feed.follow(self._to, about=About(kind="forwarder")) as follower:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._confirm_all())
                doubtful_to: int | None = None
                while True:
                    span = await follower.next()
                    if doubtful_to is None:
                        doubtful_to = span.head
                    events = [event for event in span.events if event.actor not in LEFT_OUT]
                    if span.after < doubtful_to:  # who did this before us may have told of them
                        events = await self._not_known(events)
                    await self._tell(events)
                    self._to = span.to
                    await self._has_room.wait()

    async def _not_known(self, events: Sequence[Published]) -> list[Published]:
        missing = set(await self._upstream.missing([event.id for event in events]))
        self._outage.end()
        return [event for event in events if event.id in missing]

    async def _tell(self, events: Sequence[Published]) -> None:
        """Tell of a batch; if it is refused, of each alone, so that one spoils no other."""
        if not events:
            return
        self._recent.add(event.id for event in events)
        try:
            await self._upstream.tell(event.json for event in events)
        except UpstreamRefused as refusal:
            if refusal.status not in NOT_EVENTS:
                raise
            if len(events) == 1:
                self._give_up(events[0], str(refusal))
            else:
                for event in events:
                    await self._tell([event])
            return
        self._outage.end()
        FORWARDED.inc(len(events))
        at = time.monotonic()
        for event in events:
            told = self._waiting.get(event.id)
            if told is None:
                self._waiting[event.id] = Told(event, at)
                self._bytes += event.size_bytes
            else:
                told.at, told.times = at, told.times + 1
        self._measure()

    async def _confirm_all(self) -> None:
        while True:
            await asyncio.sleep(CONFIRM_EVERY_S)
            to = self._to
            due_at = time.monotonic() - FLUSHED_AFTER_S
            due = [id for id, told in self._waiting.items() if told.at <= due_at]
            for first in range(0, len(due), ASKED_IDS):
                await self._confirm(due[first : first + ASKED_IDS])
            oldest = next(iter(self._waiting.values()), None)
            await self._tenure.advance(to if oldest is None else min(to, oldest.event.position - 1))

    async def _confirm(self, ids: Sequence[str]) -> None:
        missing = set(await self._upstream.missing(ids))
        for id in ids:
            if id not in missing:
                self._forget(id)
                CONFIRMED.inc()
        now = time.monotonic()
        overdue = [
            told for told in map(self._waiting.__getitem__, missing) if now - told.at >= AGAIN_AFTER_S[told.times - 1]
        ]
        overdue.sort(key=lambda told: told.event.position)
        for told in overdue:
            if told.times == len(AGAIN_AFTER_S):
                self._forget(told.event.id)
                self._give_up(told.event, "it was told of it again and again, and does not have it on its disk")
        again = [told.event for told in overdue if told.times < len(AGAIN_AFTER_S)]
        if again:
            log_.warning("the upstream has forgotten events, and is told again", count=len(again))
            AGAIN.inc(len(again))
            await self._tell(again)

    def _forget(self, id: str) -> None:
        told = self._waiting.pop(id)
        self._bytes -= told.event.size_bytes
        self._measure()

    def _give_up(self, event: Published, reason: str) -> None:
        REFUSED.inc()
        log_.error("event not forwarded", position=event.position, id=event.id, kind=event.kind, reason=reason)

    def _measure(self) -> None:
        WAITING.set(len(self._waiting))
        if len(self._waiting) < TOLD_EVENTS_MAX and self._bytes < TOLD_BYTES_MAX:
            self._has_room.set()
        else:
            self._has_room.clear()
