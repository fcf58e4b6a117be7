"""Senders for tests: they send events to `/events/in`, and resend what was not confirmed, as Prefect's clients do."""

import asyncio
import json
from collections import deque
from datetime import UTC, datetime
from random import Random
from typing import Any

from websockets.asyncio.client import ClientConnection

from events.clock import now
from events.ids import uuid7
from tests.faults.subscribers import BACK_OFF_S, BREAKS, SILENCE_S, heard, opened

CONFIRMED_AT_ONCE = 20


class Sender:
    """Sends a number of events. What was sent before a ping that is answered is confirmed, and never sent again."""

    def __init__(self, url: str, name: str, count: int, dice: Random) -> None:
        self.url = url
        self.events = [_event(name, number) for number in range(count)]
        self.breaks = 0
        self._unconfirmed = deque(self.events)
        self._dice = dice

    @property
    def ids(self) -> list[str]:
        return [event["id"] for event in self.events]

    @property
    def confirmed(self) -> int:
        return len(self.events) - len(self._unconfirmed)

    async def run(self) -> None:
        """Return when all are confirmed, whatever breaks meanwhile."""
        while self._unconfirmed:
            try:
                await self._send()
            except BREAKS:
                self.breaks += 1
                await asyncio.sleep(BACK_OFF_S)

    async def _send(self) -> None:
        async with opened(f"{self.url}/events/in", subprotocol="prefect") as connection:
            await connection.send('{"type":"auth","token":null}')
            await heard(connection)
            while self._unconfirmed:
                await self._send_some(connection)

    async def _send_some(self, connection: ClientConnection) -> None:
        some = list(self._unconfirmed)[: self._dice.randint(1, CONFIRMED_AT_ONCE)]
        for event in some:
            await connection.send(json.dumps(event))
        async with asyncio.timeout(SILENCE_S):
            await (await connection.ping())
        for _ in some:
            self._unconfirmed.popleft()


def _event(name: str, number: int) -> dict[str, Any]:
    return {
        "id": uuid7(now()),
        "occurred": datetime.now(UTC).isoformat(),
        "event": "sender.sent",
        "resource": {"prefect.resource.id": f"sender.{name}"},
        "payload": {"number": number},
    }
