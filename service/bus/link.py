"""A link: keeps one carrier connected, however often it breaks."""

import asyncio
from collections.abc import Callable, Collection

from service.bus.carrier import Carrier
from service.outage import Outage


class Link:
    """Listens until cancelled. A carrier that fails to send is connected anew."""

    def __init__(self, carrier: Carrier, heard: Callable[[str], None]) -> None:
        self._carrier = carrier
        self._heard = heard
        self._listening: asyncio.Task[None] | None = None
        self._fault: Exception | None = None
        self.name = f"bus/{carrier.name}"
        self.outage = Outage(self.name)

    async def run(self) -> None:
        while True:
            self._listening = asyncio.create_task(self._carrier.listen(self._heard, self.outage.end), name=self.name)
            [error] = await asyncio.gather(self._listening, return_exceptions=True)
            pause_s = self.outage.begin(self._fault or error or ConnectionError("It has stopped listening."))
            self._fault = None
            await asyncio.sleep(pause_s)

    async def send(self, logs: Collection[str]) -> bool:
        """Whether the carrier took it."""
        if not self.outage.is_over or self._listening is None:
            return False
        try:
            await self._carrier.send(logs)
        except Exception as error:
            self._fault = error
            self._listening.cancel()
            return False
        return True

    async def close(self) -> None:
        await self._carrier.close()
