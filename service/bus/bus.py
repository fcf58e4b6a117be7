"""The bus of one process: takes word from its writer at any rate, and sends it at a bearable one."""

import asyncio
from collections.abc import Callable, Sequence

from service.bus.carrier import Carrier
from service.bus.link import Link

PAUSE_S = 0.005
"""How long the logs that grow gather after a message. The first one waits for nothing."""


class Bus:
    """Without carriers it does nothing: one process alone needs no bus."""

    def __init__(self, carriers: Sequence[Carrier], heard: Callable[[str], None]) -> None:
        self._links = [Link(carrier, heard) for carrier in carriers]
        self._grown: set[str] = set()
        self._news = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def outages(self) -> dict[str, str]:
        """The carriers that are away, by name, and why."""
        return {link.name: link.outage.reason for link in self._links if link.outage.reason is not None}

    def start(self) -> None:
        if self._links:
            runs = [self._send(), *(link.run() for link in self._links)]
            self._tasks = [asyncio.create_task(run, name="bus") for run in runs]

    def announce(self, log: str) -> None:
        """Tell other processes that a log has grown, soon and if possible. Never waits, never fails."""
        if self._links:
            self._grown.add(log)
            self._news.set()

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for link in self._links:
            await link.close()

    async def _send(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            grown, self._grown = self._grown, set()
            for link in self._links:
                if await link.send(grown):
                    break
            await asyncio.sleep(PAUSE_S)
