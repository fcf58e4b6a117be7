"""Pongs that mean something: a socket may hold the answer to a ping until what came before it is on disk.

Prefect's client takes the pong for the receipt of all events that it sent before the ping, and forgets them.
"""

from collections import deque
from collections.abc import Callable
from typing import Any

from starlette.types import Message
from starlette.websockets import WebSocket
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

_HOLDS, _PONG = "digsite.holds-pongs", "digsite.pong"


def hold_pongs(websocket: WebSocket) -> None:
    """From now on, each ping comes as a message, in its place among the others."""
    websocket.scope[_HOLDS] = True


def held_pong(message: Message) -> Callable[[], None] | None:
    """What sends the pong, if the message is a ping."""
    return message.get(_PONG)


class HoldingProtocol(WebSocketsSansIOProtocol):
    """Uvicorn's protocol, whose pongs can be held."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._answers: deque[bytes] = deque()

    def handle_ping(self) -> None:
        self._answers.extend(self.conn.data_to_send())  # one for each ping that was read together with this one
        pong = self._answers.popleft()
        if self.scope.get(_HOLDS):
            self.queue.put_nowait({"type": "websocket.receive", _PONG: lambda: self._answer(pong)})  # type: ignore[arg-type]
        else:
            self._answer(pong)

    def handle_close(self, event: Any) -> None:
        self._answer(b"".join(self._answers))  # the close itself, if a ping was read together with it
        self._answers.clear()
        super().handle_close(event)

    def _answer(self, frame: bytes) -> None:
        if frame and not self.close_sent and not self.transport.is_closing():
            self.transport.write(frame)
