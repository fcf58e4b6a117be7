"""The bridge: the log and the upstream tell each other of their events, each once.

    the log ── forwarder ──► the upstream
            ◄── listener ──
            ◄── observer ──  what its events do not say of runs

Of all processes over a database one forwards, one listens and one observes: each is a tenure of its own. What fails is
told, waited out and begun again from its checkpoint.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog

from events.errors import StorageUnavailable
from events.feed import Feeds, FeedStopped
from events.stores.sql import SqlStore
from projections.checkpoints import Holder, LeaseLost
from service.context import DEFAULT_LOG
from service.events import Events
from service.outage import Outage
from service.settings import Settings
from service.upstream.backfill import Backfill
from service.upstream.client import UpstreamClient
from service.upstream.events import UpstreamEvents
from service.upstream.forwarder import Forwarder
from service.upstream.listener import Listener
from service.upstream.observer import Observer
from service.upstream.recent import Recent
from service.upstream.recorder import Recorder
from service.upstream.runs import UpstreamRuns
from service.upstream.tenure import Tenure, tenure_of

STAND_BY_S = 1.0
"""How often it is looked whether a tenure is to be had."""
FORWARDER, LISTENER, OBSERVER = "forwarder", "listener", "observer"

log_ = structlog.get_logger()


class Bridge:
    """Bridges the log `default` and the upstream; without an upstream it does nothing."""

    def __init__(
        self,
        store: SqlStore,
        feeds: Feeds,
        events: Events,
        client: UpstreamClient | None,
        runs: UpstreamRuns | None,
        holder: Holder,
        settings: Settings,
    ) -> None:
        self._store = store
        self._feeds = feeds
        self._events = events
        self._upstream = None if client is None else UpstreamEvents(client)
        self._runs = runs
        self._holder = holder
        self._settings = settings
        self._recent = Recent()
        self._outages: dict[str, Outage] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._is_closed = False

    @property
    def outages(self) -> dict[str, str]:
        """What cannot go on of the three, by name, and why."""
        return {name: each.reason for name, each in self._outages.items() if each.reason is not None}

    def start(self) -> None:
        if self._upstream is None or self._runs is None:
            return
        upstream, runs = self._upstream, self._runs
        feed, recorder = self._feeds.of(DEFAULT_LOG), Recorder(self._events, self._settings)

        def forward(outage: Outage, tenure: Tenure) -> Awaitable[None]:
            return Forwarder(feed, upstream, self._recent, outage, tenure).run()

        def listen(outage: Outage, tenure: Tenure) -> Awaitable[None]:
            backfill = Backfill(self._store, upstream, recorder, tenure)
            return Listener(upstream, recorder, backfill, self._recent, outage).run()

        def observe(outage: Outage, tenure: Tenure) -> Awaitable[None]:
            return Observer(feed, runs, outage, tenure).run()

        self._supervised(FORWARDER, forward, begins_at_head=True)
        self._supervised(LISTENER, listen, begins_at_head=False)
        self._supervised(OBSERVER, observe, begins_at_head=False)

    async def close(self) -> None:
        self._is_closed = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _supervised(self, name: str, run: Callable[[Outage, Tenure], Awaitable[None]], *, begins_at_head: bool) -> None:
        outage = self._outages[name] = Outage(name)
        work = self._supervise(name, outage, run, begins_at_head)
        self._tasks.append(asyncio.create_task(work, name=name))

    async def _supervise(
        self, name: str, outage: Outage, run: Callable[[Outage, Tenure], Awaitable[None]], begins_at_head: bool
    ) -> None:
        while not self._is_closed:  # a task group that is just ending keeps a cancellation to itself
            try:
                tenure = await tenure_of(self._store, self._holder, name, begins_at_head=begins_at_head)
                if tenure is None:
                    outage.end()  # another process does it
                    await asyncio.sleep(STAND_BY_S)
                    continue
                await _within(tenure, run(outage, tenure))
            except FeedStopped:
                return
            except LeaseLost as lost:
                log_.info("tenure ended", what=name, reason=str(lost))
            except Exception as error:
                if not self._is_closed:
                    await asyncio.sleep(outage.begin(error))


async def _within(tenure: Tenure, work: Awaitable[None]) -> None:
    """Do it as long as the tenure lasts. Raises what it fails with, LeaseLost."""
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(tenure.watch())
            await work
    except ExceptionGroup as failed:
        raise _first_of(failed) from None
    finally:
        with suppress(StorageUnavailable):
            await tenure.end()


def _first_of(error: Exception) -> Exception:
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error
