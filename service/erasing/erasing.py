"""Erasing, as a running server does it: one that was asked is done at once, what another left undone soon."""

import asyncio
import time

import structlog

from events.errors import EventLogError
from events.event import Origin
from events.feed import Feeds
from events.stores.sql import SqlStore
from events.wakeup import wait_at_most
from projections.checkpoints import LeaseLost
from service.erasing.eraser import Eraser
from service.erasing.erasures import Erasures
from service.mirror.mirror import Mirrors
from service.schemas.erasures import ErasureAsked, ErasureShown

LOOK_S = 1.0
"""How often it is looked for what another process has left undone."""
POLL_S = 0.02
"""How often one who waits looks how far another process is."""

log_ = structlog.get_logger()


class Erasing:
    """Of all logs."""

    def __init__(self, store: SqlStore, erasures: Erasures, eraser: Eraser, feeds: Feeds, mirrors: Mirrors) -> None:
        self.erasures = erasures
        self._store = store
        self._eraser = eraser
        self._feeds = feeds
        self._mirrors = mirrors
        self._asked = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="eraser")

    async def close(self) -> None:
        """Stop, wherever it is: the next process goes on from there."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def erase(self, log: str, asked: ErasureAsked, origin: Origin, timeout_s: float) -> ErasureShown:
        """What became of an erasure that was confirmed, when it is done or the time is over.

        Once it is completed, this process has nothing of it in memory. Raises what `Erasures.request` raises.
        """
        deadline = time.monotonic() + timeout_s
        id = await self.erasures.request(log, asked, origin)
        self._asked.set()
        shown = await self.find(log, id)
        while not is_over(shown) and time.monotonic() < deadline:
            await asyncio.sleep(POLL_S)
            shown = await self.find(log, id)
        if shown.completed is not None:
            await self._feeds.of(log).reach(shown.completed)
        return shown

    async def find(self, log: str, id: str) -> ErasureShown:
        """Raises ErasureNotFound, StorageUnavailable."""
        shown = await self.erasures.find(log, id)
        if shown.completed is not None:
            shown.in_mirror = not await self._mirrors.is_clean(log, shown.completed)
        return shown

    async def _run(self) -> None:
        while True:
            self._asked.clear()
            try:
                for log in await self._store.logs():
                    await self._eraser.carry_out_all(log)
            except (EventLogError, LeaseLost) as error:
                log_.warning("erasing waits", reason=str(error))
            except Exception:  # what was requested must be done, however often that fails
                log_.exception("fault of the eraser")
            await wait_at_most(self._asked, LOOK_S)


def is_over(shown: ErasureShown) -> bool:
    """Whether there is nothing left to wait for."""
    return shown.completed is not None and not shown.in_mirror
