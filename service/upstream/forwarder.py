"""The forwarder: tells the upstream what the log has, in the order of the log, each event once.

    the log ──► what did not come from there ──► POST /events ──► waiting ──► on its disk? ──► checkpoint
                                                   ▲                │ not after all this time
                                                   └────────────────┘

The upstream answers when it has an event in memory, and has it on its disk some seconds later. So the checkpoint only
moves over events that it was asked about, and what it forgets when it is killed is told again.
"""

import asyncio
import time
from collections.abc import Iterable, Sequence
from typing import TypeAlias
from uuid import UUID

import structlog
from prometheus_client import Counter, Gauge

from events.feed import About, Feed
from events.published import Published
from service.outage import Outage
from service.provenance import IMPORTED, UPSTREAM
from service.upstream.client import UpstreamRefused, UpstreamUnavailable
from service.upstream.events import UpstreamEvents
from service.upstream.recent import Recent
from service.upstream.tenure import Tenure
from service.upstream.told import Told

ASKED_IDS = 500
"""Ids that it is asked about at once."""
CONFIRM_EVERY_S = 1.0
FAULT = 500
OF_EVENTS = frozenset((400, 413, 422, FAULT))
"""Answers that may be about what was sent."""
FAULT_PAUSE_S = 1.0
"""After which pause an event is told again at which the upstream failed, while it took others."""
LEFT_OUT = frozenset((UPSTREAM, IMPORTED))
"""Actors whose events came from a Prefect server."""

OF_TASK_RUNS = "prefect.task-run."
"""How the kinds of a task run's events begin, and its resource id."""

FORWARDED = Counter("digsite_bridge_forwarded", "Events that the upstream was told of.")
CONFIRMED = Counter("digsite_bridge_confirmed", "Events that the upstream has on its disk.")
AGAIN = Counter("digsite_bridge_forwarded_again", "Events that the upstream had forgotten and was told of once more.")
REFUSED = Counter("digsite_bridge_forwarding_refused", "Events that the upstream refused, or never wrote to its disk.")
WAITING = Gauge("digsite_bridge_waiting", "Events that the upstream was told of and may not have on its disk yet.")

Refusal: TypeAlias = UpstreamRefused | UpstreamUnavailable

log_ = structlog.get_logger()


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
        self._told = Told()
        self._has_room = asyncio.Event()

    async def run(self) -> None:
        """Until it fails. Raises UpstreamUnavailable, UpstreamRefused, LeaseLost, StorageUnavailable, FeedStopped."""
        await self._upstream.reach()
        with self._feed.follow(self._to, about=About(kind="forwarder")) as follower:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._confirm_all())
                span = await follower.next()
                doubtful_to = span.head  # who did this before may have told of them
                while True:
                    events = [event for event in span.events if event.actor not in LEFT_OUT]
                    await self._tell(await self._forgotten(events) if span.after < doubtful_to else events)
                    self._to = span.to
                    if not self._told.has_room:
                        await self._has_room.wait()
                    span = await follower.next()

    async def _forgotten(self, events: Sequence[Published]) -> list[Published]:
        """Of events that may have been told before: those that the upstream does not have, or has not acted upon.

        It writes the row of a task run apart from the events of which it is made. Killed, it may have the one alone.
        """
        missing = set(await self._upstream.missing([event.id for event in events]))
        runs = {event.id: id for event in events if (id := task_run_of(event)) is not None}
        states = await self._upstream.states_of_task_runs(list(dict.fromkeys(runs.values())))
        return [
            event
            for event in events
            if event.id in missing or (event.id in runs and states.get(runs[event.id], 0) < event.occurred)
        ]

    async def _tell(self, events: Sequence[Published]) -> None:
        """Tell of a batch. What is refused of it is given up, so that one event spoils no other."""
        if events:
            self._recent.add(event.id for event in events)
            refused = await self._refused(events)
            if len(refused) == len(events) and refused[0][1].status == FAULT:
                raise refused[0][1]  # it takes nothing at all: that is not for an event's sake
            for event, refusal in refused:
                still = refusal if refusal.status != FAULT else await self._refused_again(event)
                if still is not None:
                    self._give_up(event, str(still))
        self._outage.end()

    async def _refused_again(self, event: Published) -> Refusal | None:
        await asyncio.sleep(FAULT_PAUSE_S)
        return next((refusal for _, refusal in await self._refused([event])), None)

    async def _refused(self, events: Sequence[Published]) -> list[tuple[Published, Refusal]]:
        """Tell of a batch; of one that is refused, of each half. Answers with the events that are refused alone."""
        try:
            await self._upstream.tell(event.json for event in events)
        except (UpstreamRefused, UpstreamUnavailable) as refusal:
            if refusal.status not in OF_EVENTS:
                raise
            if len(events) == 1:
                return [(events[0], refusal)]
            middle = len(events) // 2
            return await self._refused(events[:middle]) + await self._refused(events[middle:])
        FORWARDED.inc(len(events))
        self._told.add(events, time.monotonic())
        self._measure()
        return []

    async def _confirm_all(self) -> None:
        while True:
            await asyncio.sleep(CONFIRM_EVERY_S)
            to = self._to
            due = self._told.due(time.monotonic())
            if self._told and not due:
                await self._upstream.reach()  # if it ends meanwhile, it has forgotten them
            for first in range(0, len(due), ASKED_IDS):
                await self._confirm(due[first : first + ASKED_IDS])
            await self._tenure.advance(min(to, self._told.complete_to(to)))

    async def _confirm(self, ids: Sequence[str]) -> None:
        missing = await self._upstream.missing(ids)
        self._forget(set(ids).difference(missing))
        CONFIRMED.inc(len(ids) - len(missing))
        again, lost = self._told.overdue(missing, time.monotonic())
        for event in lost:
            self._give_up(event, "it was told of it again and again, and does not have it on its disk")
        if again:
            log_.warning("the upstream has forgotten events, and is told again", count=len(again))
            AGAIN.inc(len(again))
            await self._tell(again)

    def _give_up(self, event: Published, reason: str) -> None:
        self._forget([event.id])
        REFUSED.inc()
        log_.error("event not forwarded", position=event.position, id=event.id, kind=event.kind, reason=reason)

    def _forget(self, ids: Iterable[str]) -> None:
        self._told.forget(ids)
        self._measure()

    def _measure(self) -> None:
        WAITING.set(len(self._told))
        if self._told.has_room:
            self._has_room.set()
        else:
            self._has_room.clear()


def task_run_of(event: Published) -> str | None:
    """The id of the task run whose row the upstream makes from this event, if it does."""
    if not event.kind.startswith(OF_TASK_RUNS) or event.resource.get("prefect.orchestration") != "client":
        return None
    try:
        return str(UUID(event.resource["prefect.resource.id"].removeprefix(OF_TASK_RUNS)))
    except ValueError:
        return None
