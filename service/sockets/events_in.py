"""`/events/in`: events from clients, one per text frame. Only pings are answered, when all before them is on disk.

frames ─► parsed, the bad ones left out ─► waiting (bounded) ─► all that wait at once ─► recorded ─► pong

While one lot is written the next one gathers, and no lot is begun before the one before it is on disk: so the
order of the frames is that of the log, and a socket that sends faster than the disk takes is not read on.
"""

import asyncio
from collections.abc import Callable, Sequence

import structlog
from fastapi.exceptions import RequestValidationError
from msgspec import Struct
from starlette.exceptions import HTTPException
from starlette.websockets import WebSocket

from events.errors import QueueFull, StorageUnavailable
from events.event import Event
from service.context import Context
from service.event_parsing import EventTooLarge, outside_event
from service.events import Events
from service.keys import Scope
from service.metrics import EVENTS_RECEIVED, EVENTS_REFUSED
from service.parts import parts_of
from service.settings import Settings
from service.sockets.handshake import opened_socket
from service.sockets.pongs import held_pong, hold_pongs

WAITING_EVENTS_MAX = 1_000
"""Events of one socket that wait to be recorded, or are being recorded."""
WAITING_BYTES_MAX = 4 * 1024 * 1024
"""What these may have together before the socket is not read on."""
TRIES_WHEN_GONE, PAUSE_S = 20, 0.5
"""How often, and after which pause, events are tried again whose client has gone."""
SHOWN_MAX = 500
"""Characters of a reason that are logged."""

log = structlog.get_logger()


async def take_events(websocket: WebSocket) -> None:
    """Record what the client sends until it goes; then what still waits.

    Raises StorageUnavailable, QueueFull: what waited is not recorded, and the client is to send it again.
    """
    context = await opened_socket(websocket, Scope.WRITE)
    if context is not None:
        parts = parts_of(websocket)
        await Intake(websocket, context, parts.events, parts.settings).run()


class Waiting(Struct, frozen=True):
    """An event that waits to be recorded, or what sends the pong when all before it is."""

    event: Event | None = None
    size_bytes: int = 0
    pong: Callable[[], None] | None = None


class Intake:
    """The events of one socket on their way into the log, and the pongs that wait behind them."""

    def __init__(self, websocket: WebSocket, context: Context, events: Events, settings: Settings) -> None:
        self._websocket = websocket
        self._context = context
        self._events = events
        self._settings = settings
        self._waiting: list[Waiting] = []
        self._count = self._size_bytes = 0
        self._moved = asyncio.Condition()
        self._is_open = True

    async def run(self) -> None:
        hold_pongs(self._websocket)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._record_all())
                await self._read_all()
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None

    async def _read_all(self) -> None:
        while (message := await self._websocket.receive())["type"] != "websocket.disconnect":
            pong = held_pong(message)
            waiting = self._parsed(message.get("text")) if pong is None else Waiting(pong=pong)
            if waiting is not None:
                await self._add(waiting)
        async with self._moved:
            self._is_open = False
            self._moved.notify_all()

    def _parsed(self, text: str | None) -> "Waiting | None":
        """The event of a frame. One that is not valid is left out."""
        EVENTS_RECEIVED.inc()
        try:
            if text is None:
                raise NotText
            frame = text.encode()
            return Waiting(outside_event(frame, self._settings), len(frame))
        except (NotText, EventTooLarge, RequestValidationError, HTTPException) as refusal:
            self._refuse(refusal)
            return None

    async def _add(self, waiting: "Waiting") -> None:
        async with self._moved:
            await self._moved.wait_for(self._has_room)
            self._waiting.append(waiting)
            self._count += 1
            self._size_bytes += waiting.size_bytes
            self._moved.notify_all()

    def _has_room(self) -> bool:
        return self._count < WAITING_EVENTS_MAX and self._size_bytes < WAITING_BYTES_MAX

    async def _record_all(self) -> None:
        while lot := await self._next_lot():
            await self._record_patiently([each.event for each in lot if each.event is not None])
            for each in lot:
                if each.pong is not None:
                    each.pong()
            async with self._moved:
                self._count -= len(lot)
                self._size_bytes -= sum(each.size_bytes for each in lot)
                self._moved.notify_all()

    async def _next_lot(self) -> "list[Waiting]":
        """All that wait; nothing when the client has gone and nothing waits."""
        async with self._moved:
            await self._moved.wait_for(lambda: self._waiting or not self._is_open)
            lot, self._waiting = self._waiting, []
            return lot

    async def _record_patiently(self, events: Sequence[Event]) -> None:
        """Record them. Who is there may send them again later; for who has gone we try again ourselves."""
        for _ in range(TRIES_WHEN_GONE):
            try:
                return await self._record(events)
            except (StorageUnavailable, QueueFull):
                if self._is_open:
                    raise
                await asyncio.sleep(PAUSE_S)
        log.error("events lost", count=len(events), reason="the client has gone, and the storage is unavailable")
        EVENTS_REFUSED.labels("StorageUnavailable").inc(len(events))
        return None

    async def _record(self, events: Sequence[Event]) -> None:
        """Record them together. If something unforeseen breaks that, each alone, so that one spoils no other."""
        try:
            if events:
                await self._events.record(self._context.log, events, self._context.origin)
        except (StorageUnavailable, QueueFull):
            raise
        except Exception as error:
            if len(events) == 1:
                self._refuse(error)
                return
            for event in events:
                await self._record([event])

    def _refuse(self, refusal: Exception) -> None:
        reason = type(refusal).__name__
        EVENTS_REFUSED.labels(reason).inc()
        log.warning("event refused", reason=reason, detail=_shown(refusal), log=self._context.log)


class NotText(Exception):
    """The frame is binary."""

    def __init__(self) -> None:
        super().__init__("An event is sent as a text frame.")


def _shown(refusal: Exception) -> str:
    """What is wrong, without what was sent."""
    if isinstance(refusal, RequestValidationError):
        return "; ".join(f"{each['loc']}: {each['msg']}" for each in refusal.errors())[:SHOWN_MAX]
    return str(refusal)[:SHOWN_MAX]
