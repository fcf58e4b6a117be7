"""The websocket protocol of the server: uvicorn's, which also takes frames that are made once for many readers.

A message may carry, beside its `text`, the same as a finished frame. The server's frames are not masked, so one
bytes object serves every socket; that makes sending about twice as cheap (`docs/adr/0014-feed.md`).
"""

import struct
from asyncio import BaseTransport
from functools import lru_cache
from typing import Any

from starlette.types import Message
from uvicorn.protocols.utils import ClientDisconnected

from service.sockets.pongs import HoldingProtocol

FRAME = "digsite.frame"
FRAMES_KEPT_MAX = 64
"""Finished frames that are kept: those that readers are sent just now, all of one span among them."""
WRITE_BUFFER_BYTES_MAX = 16 * 1024
"""What waits in this process for a reader that is slow, before it is sent no more; a last frame may exceed it."""

DRAIN: Message = {"type": "websocket.send", "text": "", FRAME: b""}
"""Sends nothing, and returns when what was sent before has left, but for a rest that fits the buffer."""

FAREWELL_S = 1.0
"""How long a socket has to take what was sent to it when the server stops."""
BAD_REQUEST = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

_TEXT = 0x81


class SocketProtocol(HoldingProtocol):
    """One socket."""

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)
        self.transport.set_write_buffer_limits(high=WRITE_BUFFER_BYTES_MAX)

    def data_received(self, data: bytes) -> None:
        """A request that cannot be read, for its address or a header is too long, is answered: nobody waits in vain."""
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            self.transport.write(BAD_REQUEST)
            self.transport.close()

    def shutdown(self) -> None:
        """Say that the server comes again. A reader that takes nothing is not waited for long."""
        super().shutdown()
        self.loop.call_later(FAREWELL_S, self.transport.abort)

    async def send(self, message: Any) -> None:
        frame = message.get(FRAME)
        if frame is None or not self.handshake_complete:
            await super().send(message)
            return
        if not self.writable.is_set():
            await self.writable.wait()
        if self.disconnected:
            raise ClientDisconnected
        if frame and not self.close_sent:
            self.transport.write(frame)


def framed_message(text: str) -> Message:
    """The message that sends a text to one socket."""
    return {"type": "websocket.send", "text": text, FRAME: framed(text)}


@lru_cache(maxsize=FRAMES_KEPT_MAX)
def framed(text: str) -> bytes:
    """A text as one whole frame from a server (RFC 6455, section 5.2)."""
    payload = text.encode()
    if len(payload) < 126:
        return struct.pack("!BB", _TEXT, len(payload)) + payload
    if len(payload) < 1 << 16:
        return struct.pack("!BBH", _TEXT, 126, len(payload)) + payload
    return struct.pack("!BBQ", _TEXT, 127, len(payload)) + payload
