"""The runner: in each server process, one keeper for each catch-up projection of each log."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

import structlog

from events.clock import now
from events.errors import StorageUnavailable
from events.event import Micros
from events.stores.sql import SqlStore
from events.wakeup import Wakeup, wait_at_most
from projections.catch_up import CatchUpProjector
from projections.checkpoints import Holder, State, prolong_all, release_all, serving, states
from projections.keeper import Keeper, Pace, Wait

PROLONGATIONS = 3
"""How often a lease is prolonged within its time."""
POLL_S = 0.1
"""How often it is looked at what another process may have done."""

log = structlog.get_logger()


class ProjectionBehind(Exception):
    """The projection did not reach the position in time."""

    def __init__(self, projection: str, wanted: int, reached: int, timeout_s: float) -> None:
        super().__init__(
            f"The projection {projection} is at position {reached} and did not reach {wanted} within {timeout_s:g} s. "
            "Ask again, or see in /api/projections how far it has come."
        )
        self.projection, self.wanted, self.reached, self.timeout_s = projection, wanted, reached, timeout_s


class Runner:
    """Keeps the catch-up projections of all logs up to date. Any number of processes may run one over a database."""

    def __init__(
        self,
        store: SqlStore,
        projectors: Sequence[CatchUpProjector],
        holder: Holder,
        *,
        wait: Wait,
        pace: Pace | None = None,
        clock: Callable[[], Micros] = now,
    ) -> None:
        self._store = store
        self._projectors = tuple(projectors)
        self._holder = holder
        self._wait = wait
        self._pace = pace or Pace()
        self._clock = clock
        self._keepers: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._supervisor: asyncio.Task[None] | None = None
        self._saved = asyncio.Event()
        self._asked = asyncio.Event()

    def start(self) -> None:
        self._supervisor = asyncio.create_task(self._supervise(), name="projections")

    async def close(self) -> None:
        """Stop, and let other processes go on at once."""
        tasks = [*self._keepers.values()]
        tasks += [self._supervisor] if self._supervisor is not None else []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with suppress(StorageUnavailable):
            await release_all(self._store, self._holder)

    async def states(self, log: str) -> list[State]:
        """How far the projections of a log have come. Raises StorageUnavailable."""
        return await states(self._store, log)

    async def wait_for(self, log: str, projection: str, position: int, timeout_s: float) -> int:
        """Return when what a projection serves has reached a position, and which it has.

        Raises ProjectionBehind, StorageUnavailable.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            saved = self._saved
            checkpoint = await serving(self._store, await self._store.log_number(log), projection)
            reached = 0 if checkpoint is None else checkpoint.position
            left_s = deadline - time.monotonic()
            if reached >= position:
                return reached
            if left_s <= 0:
                raise ProjectionBehind(projection, position, reached, timeout_s)
            if (log, projection) not in self._keepers:
                self._asked.set()  # the log is new
            await wait_at_most(saved, min(left_s, POLL_S))

    async def _supervise(self) -> None:
        """Start a keeper for each log that comes into being, and prolong the leases."""
        prolonged = time.monotonic()
        while True:
            self._asked.clear()
            try:
                await self._keep_all()
                if time.monotonic() - prolonged >= self._holder.lease_s / PROLONGATIONS:
                    await prolong_all(self._store, self._holder, self._clock())
                    prolonged = time.monotonic()
            except StorageUnavailable as error:
                log.warning("projections wait", reason=str(error))
            except Exception:
                log.exception("the runner failed, and goes on")
            await wait_at_most(self._asked, min(self._pace.discovery_s, self._holder.lease_s / PROLONGATIONS))

    async def _keep_all(self) -> None:
        for name in await self._store.logs():
            for projector in self._projectors:
                if (name, projector.name) not in self._keepers:
                    self._keepers[name, projector.name] = self._started(name, projector)

    def _started(self, log: str, projector: CatchUpProjector) -> "asyncio.Task[None]":
        keeper = Keeper(
            self._store,
            log,
            projector,
            self._holder,
            self._wait,
            self._tell,
            pace=self._pace,
            clock=self._clock,
        )
        return asyncio.create_task(keeper.run(), name=f"projection {log}/{projector.name}")

    def _tell(self) -> None:
        """Wake those who wait for a position."""
        self._saved.set()
        self._saved = asyncio.Event()


def waiting(store: SqlStore, wakeup: Wakeup) -> Wait:
    """Waits for a wake-up, and looks at the log now and then unasked."""

    async def wait(log: str, after: int, timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        while (left_s := deadline - time.monotonic()) > 0:
            coming = wakeup.coming(log)
            if (await store.head(log)).position > after:
                return
            await wait_at_most(coming, min(left_s, POLL_S))

    return wait
