"""Workers: threads for what would hold up the event loop. There are few, and only so many wait for one."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TypeVar

T = TypeVar("T")

WORKERS_MAX = 2
"""Comparisons that go on at the same time in a process."""
WORK_WAITING_MAX = 32
"""Comparisons that wait for one of these to end."""


class TooMuchWork(Exception):
    """More wait for a worker than the limit allows."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"{limit} comparisons are waiting, which is the limit; try again in a moment.")
        self.limit = limit


class Workers:
    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(WORKERS_MAX, "worker")
        self._free = asyncio.Semaphore(WORKERS_MAX)
        self._waiting = 0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """As long as it lasts, a worker is held. What needs memory is loaded within. Raises TooMuchWork."""
        if self._waiting >= WORK_WAITING_MAX:
            raise TooMuchWork(WORK_WAITING_MAX)
        self._waiting += 1
        try:
            await self._free.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._free.release()

    async def run(self, work: Callable[..., T], *arguments: object) -> T:
        """What `work` returns or raises, while the loop goes on. Who gives up waiting does not stop it."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
