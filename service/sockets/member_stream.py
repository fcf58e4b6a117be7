"""`/subscriptions/{name}/stream`: a member of a named subscription over a websocket.

    events ─► the member ─► ack, nack, extend ─► acked, nacked, extended; or refused

At most `prefetch` events are with the member at once. What it holds when the socket closes is free at once. A
member that lets a lease end without a word is not sent more: its socket is closed.
"""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Annotated, Literal

from msgspec import Struct
from pydantic import Field, TypeAdapter, ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect

from events.clock import as_text
from events.errors import StorageUnavailable
from events.event import Micros
from events.subscriptions.errors import SubscriptionDisabled, SubscriptionError, SubscriptionNotFound
from events.subscriptions.members import FETCH_MAX, Leased
from events.subscriptions.rules import SECOND
from events.wakeup import wait_at_most
from service.context import Context
from service.errors import error_name
from service.json_text import quoted
from service.keys import Scope
from service.parts import parts_of
from service.schemas.subscriptions import MEMBER, NAME, Ack, Extend, Nack
from service.sockets.handshake import POLICY_VIOLATION, RESTARTING, TRY_AGAIN, close, opened_socket
from service.subscriptions import Subscriptions, delivery_json

PREFETCH = 10
FRAME_EVENTS_BYTES_MAX = 1_048_576
"""Events in one frame, unless a single one is larger."""
LOOK_S = 5.0
"""How long one look for events waits before it begins anew."""
FAREWELL_S = 5.0
"""How long a look that is under way when the socket closes is waited for: what it leases must be given back."""
BROKEN = (1005, 1006)
"""The connection ended without a close: perhaps the member died at its work."""


class AckFrame(Ack):
    type: Literal["ack"]


class NackFrame(Nack):
    type: Literal["nack"]


class ExtendFrame(Extend):
    type: Literal["extend"]


Frame = AckFrame | NackFrame | ExtendFrame
_parse = TypeAdapter[Frame](Annotated[Frame, Field(discriminator="type")]).validate_json


class Seat(Struct, frozen=True):
    """Whose events, and who takes them."""

    log: str
    name: str
    member: str
    prefetch: int


async def stream_deliveries(websocket: WebSocket) -> None:
    """Push deliveries for as long as the client stays. Raises StorageUnavailable."""
    context = await opened_socket(websocket, Scope.READ)
    if context is None:
        return
    seat = _seat(websocket, context)
    if seat is None:
        await websocket.send_text(refused("invalid", f"prefetch must be 1 to {FETCH_MAX}, member match {MEMBER}"))
        await close(websocket, POLICY_VIOLATION, "invalid")
        return
    await Member(websocket, parts_of(websocket).subscriptions, seat).serve()


class Member:
    """One member, from its first event to the end of its socket."""

    def __init__(self, websocket: WebSocket, subscriptions: Subscriptions, seat: Seat) -> None:
        self._websocket = websocket
        self._subscriptions = subscriptions
        self._seat = seat
        self._held: dict[str, Micros] = {}
        """Tokens, and until when they hold."""
        self._answered = asyncio.Event()
        self._is_gone = False
        self._lost: str | None = None

    async def serve(self) -> None:
        pushing, listening = asyncio.create_task(self._push()), asyncio.create_task(self._listen())
        try:
            await asyncio.wait((pushing, listening), return_when=asyncio.FIRST_COMPLETED)
        finally:
            await self._leave(pushing, listening)
        for task in (pushing, listening):
            if not task.cancelled():
                task.result()

    async def _leave(self, pushing: "asyncio.Task[None]", listening: "asyncio.Task[None]") -> None:
        """Give back what is held, that of a look under way included."""
        self._is_gone = True
        self._answered.set()
        listening.cancel()
        _, late = await asyncio.wait((pushing, listening), timeout=FAREWELL_S)
        for task in late:
            task.cancel()
        seat, members = self._seat, self._subscriptions.members
        with suppress(StorageUnavailable, SubscriptionNotFound):  # then the leases end by themselves
            if self._held:
                await members.give_back(seat.log, seat.name, self._held, lost=self._lost)

    async def _push(self) -> None:
        while not self._is_gone:
            room = self._seat.prefetch - len(self._held)
            if self._has_missed_one():
                await self._end(TRY_AGAIN, refused("lease_ended", "A lease ended without an answer; extend in time."))
                return
            if self._subscriptions.is_stopped(self._seat.log):
                await self._end(RESTARTING, refused("restarting", "The server is stopping; come back in a moment."))
                return
            if room <= 0:
                await wait_at_most(self._answered, self._left_s())
                self._answered.clear()
                continue
            try:
                leased = await self._look(room)
            except (SubscriptionNotFound, SubscriptionDisabled) as error:
                await self._end(POLICY_VIOLATION, refusal(error))
                return
            self._held.update((each.delivery.token, each.delivery.until) for each in leased)
            if self._has_missed_one():
                continue
            for frame in frames(leased):
                await self._websocket.send_text(frame)

    async def _look(self, room: int) -> list[Leased]:
        async def is_wanted() -> bool:
            return not self._is_gone

        seat = self._seat
        wait_s = min(LOOK_S, self._left_s())
        return await self._subscriptions.fetch(seat.log, seat.name, seat.member, room, wait_s, is_wanted)

    def _has_missed_one(self) -> bool:
        return self._left_s() <= 0

    def _left_s(self) -> float:
        """Until the first of the leases ends."""
        now = self._subscriptions.now()
        return min(((until - now) / SECOND for until in self._held.values()), default=LOOK_S)

    async def _listen(self) -> None:
        while True:
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                is_lost = message.get("code") in BROKEN
                self._lost = f"The connection of member {self._seat.member!r} broke." if is_lost else None
                return
            await self._websocket.send_text(await self._answer(message.get("text") or ""))
            self._answered.set()

    async def _answer(self, text: str) -> str:
        """Do what a frame says, and the frame that tells what came of it."""
        try:
            asked = _parse(text)
        except ValidationError as error:
            return refused("invalid", "; ".join(f"{each['loc']}: {each['msg']}" for each in error.errors()))
        tokens = ",".join(map(quoted, asked.tokens))
        try:
            more = await self._do(asked)
        except SubscriptionError as error:
            for token in getattr(error, "tokens", ()):
                self._held.pop(token, None)
            return refusal(error)
        return f'{{"type":"{asked.type}ed","tokens":[{tokens}]{more}}}'

    async def _do(self, asked: Frame) -> str:
        """Raises SubscriptionError."""
        where = (self._seat.log, self._seat.name, asked.tokens)
        members = self._subscriptions.members
        if isinstance(asked, ExtendFrame):
            until = await members.extend(*where, None if asked.by_s is None else int(asked.by_s * SECOND))
            self._held.update(dict.fromkeys(asked.tokens, until))
            return f',"until":"{as_text(until)}"'
        if isinstance(asked, AckFrame):
            await members.ack(*where)
        else:
            delay = None if asked.delay_s is None else int(asked.delay_s * SECOND)
            await members.nack(*where, error=asked.error, delay=delay)
        for token in asked.tokens:
            self._held.pop(token, None)
        return ""

    async def _end(self, code: int, frame: str) -> None:
        with suppress(WebSocketDisconnect, RuntimeError):  # it may have gone already
            await self._websocket.send_text(frame)
            await close(self._websocket, code, "see the last frame")


def frames(leased: Iterable[Leased]) -> list[str]:
    """The frames that carry these deliveries."""
    lots: list[list[str]] = []
    size_bytes = 0
    for text in map(delivery_json, leased):
        size_bytes += len(text.encode())
        if not lots or size_bytes > FRAME_EVENTS_BYTES_MAX:
            lots.append([])
            size_bytes = len(text.encode())
        lots[-1].append(text)
    return [f'{{"type":"events","deliveries":[{",".join(lot)}]}}' for lot in lots]


def refused(error: str, detail: str, tokens: Sequence[str] = ()) -> str:
    listed = ",".join(map(quoted, tokens))
    return f'{{"type":"refused","error":"{error}","detail":{quoted(detail)},"tokens":[{listed}]}}'


def refusal(error: SubscriptionError) -> str:
    """The frame that says why not."""
    return refused(error_name(error), str(error), getattr(error, "tokens", ()))


def _seat(websocket: WebSocket, context: Context) -> Seat | None:
    """Who asks for what; None if that cannot be."""
    query = websocket.query_params
    prefetch, member = query.get("prefetch", str(PREFETCH)), query.get("member") or context.origin.actor
    if not (prefetch.isascii() and prefetch.isdecimal() and len(prefetch) < 5 and 1 <= int(prefetch) <= FETCH_MAX):
        return None
    name = websocket.path_params["name"]
    if not (NAME.fullmatch(name) and MEMBER.fullmatch(member)):
        return None
    return Seat(context.log, name, member, int(prefetch))
