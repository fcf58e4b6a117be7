"""Catch-up projections in tests: stores on both databases, quick runners, a clock that is set by hand."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from events.event import Micros, RecordedEvent
from events.stores import open_store
from events.stores.sql import SqlStore
from events.wakeup import Wakeup
from projections import INLINE
from projections.assets import ASSET_PROJECTOR, AssetProjector
from projections.catch_up import CatchUpProjector, Change
from projections.checkpoints import Holder, Lease, begin, take
from projections.keeper import Pace
from projections.runner import Runner, waiting

LOG = "default"
QUICK = Pace(
    page_positions=3, pause_s=0, idle_s=0.1, discovery_s=0.02, stand_by_s=0.02, backoff_s=0.02, backoff_max_s=0.05
)
TIMEOUT_S = 20.0


class Clock:
    """Stands still until it is set."""

    def __init__(self) -> None:
        self.moment: Micros = 1_700_000_000_000_000

    def __call__(self) -> Micros:
        return self.moment

    def pass_s(self, seconds: float) -> None:
        self.moment += int(seconds * 1_000_000)


class Watched(AssetProjector):
    """Remembers what it was given, and fails where it is told to."""

    def __init__(self, fails_at: int | None = None) -> None:
        self.given: list[int] = []
        self.fails_at = fails_at

    def apply(self, placed: RecordedEvent) -> Sequence[Change]:
        self.given.append(placed.position)
        if placed.position == self.fails_at:
            raise ZeroDivisionError(f"cannot fold {placed.position}")
        return super().apply(placed)


@asynccontextmanager
async def opened_store(url: str) -> AsyncIterator[SqlStore]:
    """A store without a server: nothing but the test writes to it."""
    store = open_store(url, INLINE)
    await store.open()
    try:
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def running(
    store: SqlStore, *projectors: CatchUpProjector, name: str = "one", lease_s: float = 60, pace: Pace = QUICK
) -> AsyncIterator[Runner]:
    """A runner that is closed in the end."""
    wait = waiting(store, Wakeup())
    runner = Runner(store, projectors or (ASSET_PROJECTOR,), Holder(name, lease_s), wait=wait, pace=pace)
    runner.start()
    try:
        yield runner
    finally:
        await runner.close()


async def taken(store: SqlStore, holder: str, clock: Clock, projector: CatchUpProjector = ASSET_PROJECTOR) -> Lease:
    """The lease on the serving generation, which must be to be had."""
    lease = await taken_if_free(store, holder, clock, projector)
    assert lease is not None
    return lease


async def taken_if_free(
    store: SqlStore, holder: str, clock: Clock, projector: CatchUpProjector = ASSET_PROJECTOR
) -> Lease | None:
    number = await store.log_number(LOG)
    checkpoint = await begin(store, number, projector.name, projector.version)
    return await take(store, LOG, number, projector.name, checkpoint.generation, Holder(holder), clock())


async def until(condition: Callable[[], Awaitable[Any]]) -> Any:
    """What a condition comes to, once it is something."""
    deadline = time.monotonic() + TIMEOUT_S
    while not (found := await condition()):
        assert time.monotonic() < deadline, "it did not come to that in time"
        await asyncio.sleep(0.005)
    return found
