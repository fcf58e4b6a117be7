"""Senders for tests: they send events to `/events/in` as Prefect's clients do, and again whenever they come back."""

import asyncio
import json
from datetime import UTC, datetime
from random import Random
from typing import Any

from events.clock import now
from events.ids import uuid7
from tests.faults.subscribers import BACK_OFF_S, BREAKS, heard, opened


class Sender:
    """Has a number of events, and sends all of them, from the first on, each time that it has connected.

    It cannot know which were recorded: nothing is answered. So it takes none for recorded.
    """

    def __init__(self, url: str, name: str, count: int, dice: Random) -> None:
        self.url = url
        self.events = [_event(name, number) for number in range(count)]
        self.breaks = 0
        self._dice = dice

    @property
    def ids(self) -> list[str]:
        return [event["id"] for event in self.events]

    async def run(self) -> None:
        """Send all, and again after any break. Ends by being cancelled."""
        while True:
            try:
                await self._send()
            except BREAKS:
                self.breaks += 1
            await asyncio.sleep(BACK_OFF_S)

    async def _send(self) -> None:
        async with opened(f"{self.url}/events/in", subprotocol="prefect") as connection:
            await connection.send('{"type":"auth","token":null}')
            await heard(connection)
            for event in self.events:
                await connection.send(json.dumps(event))
                if self._dice.random() < 0.1:
                    await asyncio.sleep(0.01)
            await connection.wait_closed()


def _event(name: str, number: int) -> dict[str, Any]:
    return {
        "id": uuid7(now()),
        "occurred": datetime.now(UTC).isoformat(),
        "event": "sender.sent",
        "resource": {"prefect.resource.id": f"sender.{name}"},
        "payload": {"number": number},
    }
