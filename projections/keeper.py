"""A keeper: keeps one projection of one log up to date, whatever happens.

begin ─► take the lease ─► fold to the head ─► wait ─► fold ─► ...
  ▲        │ held by another: stand by       │ lost: stand by     │ an error: shown, tried again later
  └────────┴─────────────────────────────────┴────────────────────┘
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog
from msgspec import Struct

from events.clock import now
from events.errors import StorageUnavailable
from events.event import Micros
from events.stores.sql import SqlStore
from events.upcasters import LaterForm
from projections.catch_up import PAGE_POSITIONS, CatchUpProjector, fold_page
from projections.checkpoints import Holder, Lease, LeaseLost, begin, release, take
from projections.generations import regenerate

log = structlog.get_logger()

Wait = Callable[[str, int, float], Awaitable[object]]
"""`wait(log, after, timeout_s)` returns when the log has events above `after`, or the time is over."""


class Pace(Struct, frozen=True):
    """How a runner and its keepers go about their work, in seconds and positions."""

    page_positions: int = PAGE_POSITIONS
    pause_s: float = 0.05
    """After each page at the head: so a busy log pays for twenty transactions a second, and not for one per event."""
    idle_s: float = 5.0
    discovery_s: float = 1.0
    """How often the runner looks for new logs."""
    stand_by_s: float = 1.0
    """How often a runner that does not hold the lease looks whether it may take over."""
    backoff_s: float = 0.5
    backoff_max_s: float = 30.0

    def delay_s(self, failures: int) -> float:
        """How long to wait after so many failures in a row."""
        return min(self.backoff_s * 2.0 ** min(failures, 30), self.backoff_max_s)


class NewerVersionServes(Exception):
    """The rows were folded by newer code than this process has."""

    def __init__(self, projection: str, serving: int, own: int) -> None:
        super().__init__(
            f"{projection} is served in version {serving}, and this process folds version {own}: "
            "upgrade it. Other processes keep the projection up to date."
        )
        self.projection, self.serving, self.own = projection, serving, own


class Keeper:
    """Keeps one projection of one log. `moved` is called after each page that it has saved."""

    def __init__(
        self,
        store: SqlStore,
        log: str,
        projector: CatchUpProjector,
        holder: Holder,
        wait: Wait,
        moved: Callable[[], None],
        *,
        pace: Pace,
        clock: Callable[[], Micros] = now,
    ) -> None:
        self._store = store
        self._log = log
        self._projector = projector
        self._holder = holder
        self._wait = wait
        self._moved = moved
        self._pace = pace
        self._clock = clock
        self._failures = 0

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                if not await self._keep_as_holder():
                    await asyncio.sleep(self._pace.stand_by_s)
            except LeaseLost as lost:
                log.info("lease lost", log=lost.log, projection=lost.projection, position=lost.position)
            except Exception as error:
                self._tell(error)
                await asyncio.sleep(self._pace.delay_s(self._failures))
                self._failures += 1

    def _tell(self, error: Exception) -> None:
        facts = {"log": self._log, "projection": self._projector.name}
        if isinstance(error, StorageUnavailable | NewerVersionServes | LaterForm):
            log.warning("projection waits", **facts, reason=str(error))
        else:
            log.error("projection failed", **facts, exc_info=error)

    async def _keep_as_holder(self) -> bool:
        """Keep it as long as the lease holds. Tells whether that was to be had at all."""
        number = await self._store.log_number(self._log)
        name, version = self._projector.name, self._projector.version
        checkpoint = await begin(self._store, number, name, version)
        if checkpoint.version > version:
            raise NewerVersionServes(name, checkpoint.version, version)
        lease = await take(self._store, self._log, number, name, checkpoint.generation, self._holder, self._clock())
        if lease is None:
            return False
        try:
            if checkpoint.version < version:
                await self._rebuild()
            else:
                await self._keep(lease)
        except LeaseLost:
            raise
        except Exception as error:
            with suppress(StorageUnavailable):
                await release(self._store, lease, error)
            raise
        return True

    async def _rebuild(self) -> None:
        """The code has changed: fold anew beside the rows of the old code, which serve meanwhile."""
        async for step in regenerate(self._store, self._log, self._projector, clock=self._clock):
            log.info("rebuilding", log=self._log, projection=self._projector.name, position=step.position)
        self._moved()

    async def _keep(self, lease: Lease) -> None:
        while True:
            head = (await self._store.head(self._log)).position
            if lease.position == head:
                await self._wait(self._log, head, self._pace.idle_s)
                continue
            upto = min(lease.position + self._pace.page_positions, head)
            until = self._holder.until(self._clock())
            lease = await fold_page(self._store, lease, self._projector, upto=upto, until=until)
            self._failures = 0
            self._moved()
            if lease.position == head:
                await asyncio.sleep(self._pace.pause_s)
