"""The backfill: what the upstream has stated while nobody listened, or its socket has lost, is brought into the log.

    since the checkpoint ──► all of it ──► then again and again: more there than here, of which kinds? ──► those
                                             └──► checkpoint

The checkpoint is a position of the log: when it was recorded, the log had all that the upstream had stated.
"""

import asyncio
import itertools

import structlog
from prometheus_client import Counter

from events.event import Micros
from events.matching import Matcher
from events.reading import read_event
from events.stores.sql import SqlStore
from events.tallying import tally_kinds
from service.context import DEFAULT_LOG
from service.upstream.events import SECOND, UpstreamEvents, Window
from service.upstream.recorder import Recorder
from service.upstream.tenure import Tenure

RETENTION: Micros = 7 * 24 * 3600 * SECOND
"""How far back it reaches at most, and the first time: Prefect keeps its events for so long."""
OVERLAP: Micros = 60 * SECOND
"""How much further back than needed it is asked, because its clock may be another."""
DAY: Micros = 24 * 3600 * SECOND
"""How far back the first count reaches, and each hour one: for what happened long before it was stated."""
COUNTS_OF_A_DAY = 240
"""Of so many counts one reaches back a day."""
SETTLED: Micros = 8 * SECOND
"""How old an event is when it is counted. Prefect has it on its disk then: it writes every 5 s."""
FIRST_COUNT_S = 10.0
"""When it is counted for the first time: what was on its way to the disk at the beginning is there then."""
COUNT_EVERY_S = 15.0

BACKFILLED = Counter("digsite_bridge_backfilled", "Events that were recorded because the upstream was asked for them.")

log_ = structlog.get_logger()


class Backfill:
    def __init__(self, store: SqlStore, upstream: UpstreamEvents, recorder: Recorder, tenure: Tenure) -> None:
        self._store = store
        self._upstream = upstream
        self._recorder = recorder
        self._tenure = tenure

    async def run(self) -> None:
        """Until it fails. The socket must be heard already.

        Raises UpstreamUnavailable, UpstreamRefused, LeaseLost, StorageUnavailable, QueueFull.
        """
        since = await self._complete_until()
        await self._bring(Window(since - OVERLAP, self._store.clock()))
        await asyncio.sleep(FIRST_COUNT_S)
        for number in itertools.count():
            since = await self._check(since, DAY if number % COUNTS_OF_A_DAY == 0 else OVERLAP)
            await asyncio.sleep(COUNT_EVERY_S)

    async def _complete_until(self) -> Micros:
        """The moment until which nothing is missing in the log."""
        earliest = self._store.clock() - RETENTION
        position = self._tenure.position
        event = await read_event(self._store, DEFAULT_LOG, position) if position else None
        return earliest if event is None else max(event.recorded, earliest)

    async def _check(self, since: Micros, overlap: Micros) -> Micros:
        """Count the events since a moment on both sides, and bring those of which there are more on theirs.

        Answers with the moment until which nothing is missing then.
        """
        head = (await self._store.head(DEFAULT_LOG)).position
        until = self._store.clock() - SETTLED
        window = Window(since - overlap, until)
        lost = await self._lost(window)
        if lost:
            log_.warning("the upstream has more events than its socket has shown", kinds=lost)
            await self._bring(Window(window.since, window.until, lost))
        await self._tenure.advance(head)
        return until

    async def _lost(self, window: Window) -> tuple[str, ...]:
        """The kinds of which the upstream has more events than the log."""
        theirs = await self._upstream.count_by_kind(window)
        number = await self._store.log_number(DEFAULT_LOG)
        head = (await self._store.head(DEFAULT_LOG)).position
        ours = await tally_kinds(self._store, number, Matcher(window.own_filter), upto=head)
        return tuple(kind for kind, count in theirs.items() if kind not in ours or ours[kind].count < count)

    async def _bring(self, window: Window) -> None:
        async for page in self._upstream.within(window):
            events = [event for text in page if (event := self._recorder.event(bytes(text))) is not None]
            BACKFILLED.inc(await self._recorder.record(events))
