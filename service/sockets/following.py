"""What the sockets that push events have in common: send while events come, end when the client goes."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress

from starlette.websockets import WebSocket, WebSocketDisconnect

from events.feed import About, FeedStopped, Follower
from events.reading import Span
from service.context import Context
from service.sockets.protocol import DRAIN, framed_message

HOLD_S = 1.0
"""How long events that were read ahead are held for a client that takes none."""

Frames = Callable[[Span], Iterable[str]]
"""The frames that a span makes for one reader."""


def about(kind: str, context: Context) -> About:
    """Who follows, for `GET /api/subscriptions`."""
    origin = context.origin
    return About(kind=kind, actor=origin.actor, address=origin.address, client=origin.client)


async def push(websocket: WebSocket, follower: Follower, frames: Frames) -> None:
    """Send what comes until the client goes. What it sends meanwhile is read and ignored.

    Nothing is read for a client before what it was sent has left for the network: one that stops holds one frame.
    """
    sending = asyncio.create_task(_send(websocket, follower, frames))
    leaving = asyncio.create_task(_until_gone(websocket))
    try:
        await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (sending, leaving):
            task.cancel()
        for task in (sending, leaving):
            with suppress(asyncio.CancelledError, WebSocketDisconnect, FeedStopped):
                await task


async def _send(websocket: WebSocket, follower: Follower, frames: Frames) -> None:
    while True:
        await _send_all(websocket, frames(await follower.next()))
        await _drained(websocket, follower)


async def _drained(websocket: WebSocket, follower: Follower) -> None:
    """Return when what was sent has left. Who takes long for it holds nothing more meanwhile."""
    if follower.holds:
        with suppress(TimeoutError):
            async with asyncio.timeout(HOLD_S):
                return await websocket.send(DRAIN)
        follower.let_go()
    await websocket.send(DRAIN)


async def _send_all(websocket: WebSocket, frames: Iterable[str]) -> None:
    for frame in frames:
        await websocket.send(framed_message(frame))


async def _until_gone(websocket: WebSocket) -> None:
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass
