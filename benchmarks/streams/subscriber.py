"""One subscriber: a socket, what it was told, and, if it is a probe, when each event came."""

import re
import socket
import struct
from datetime import datetime

from msgspec import Struct

from benchmarks.load import ANSWER_TIMEOUT_S, HOST
from benchmarks.streams.telling import Listener, Unexpected
from benchmarks.streams.websocket import HEAD_END, PONG, SWITCHED, TEXT, masked, opening

RECEIVE_BYTES = 120_000
"""Below the size from which memory is mapped anew for each allocation."""
RECEIVED = re.compile(rb'"received":"([^"]+)"')
SENT = re.compile(rb"sent=(\d{10}\.\d{6})")
"""How a writer says within an event when it sent it."""

SO_TIMESTAMPNS = 35
_TIMESTAMP = struct.Struct("qq")


class Subscription(Struct, frozen=True, kw_only=True):
    """What a subscriber asks for, and where."""

    port: int
    path: str
    message: str = ""
    """Sent as soon as the socket is open: the filter, for `/events/out`."""
    is_probe: bool = False
    """Whether its events are looked at: when each of them came, and how many there really are."""
    receive_buffer_bytes: int = 0
    """What the kernel holds for a reader that stops; 0: as it likes."""


class Arrivals(Struct):
    """When a chunk came, and what its events say of where they come from, as text."""

    at: float
    """By the kernel's clock, when the chunk's last byte came to the socket."""
    received: list[bytes]
    sent: list[bytes]


class Subscriber:
    def __init__(self, subscription: Subscription, listener: Listener) -> None:
        self.subscription = subscription
        self._listener = listener
        self._socket = _connected(subscription)
        self._rest = b""
        self.number = self._socket.fileno()
        self.is_open = self.is_told = self.is_closed = False
        self.position = b""
        self.forget()
        self._socket.sendall(opening(subscription.port, subscription.path))

    def forget(self) -> None:
        """Count from zero."""
        self.frames = self.events = self.size_bytes = self.gaps = 0
        self.arrivals: list[Arrivals] = []

    def receive(self) -> int:
        """Take what has come; the number of events that it had. Raises Unexpected."""
        try:
            chunk, at = self._receive()
        except ConnectionError:
            chunk, at = b"", 0.0
        if not chunk:
            self.is_closed = True
            return 0
        self.size_bytes += len(chunk)
        data = self._rest + chunk if self._rest else chunk
        if not self.is_open:
            data = self._opened(data)
        return self._take(data, at)

    def close(self) -> None:
        self._socket.close()

    def _receive(self) -> tuple[bytes, float]:
        if not self.subscription.is_probe:
            return self._socket.recv(RECEIVE_BYTES), 0.0
        chunk, ancillary, _, _ = self._socket.recvmsg(RECEIVE_BYTES, 64)
        at = 0.0
        for _, _, stamp in ancillary:
            seconds, nanoseconds = _TIMESTAMP.unpack(stamp)
            at = seconds + nanoseconds / 1e9
        return chunk, at

    def _opened(self, data: bytes) -> bytes:
        """What comes behind the answer to the opening; b"" while that is not whole. Raises Unexpected."""
        answer, end, data_behind = data.partition(HEAD_END)
        if not end:
            self._rest = data
            return b""
        if not answer.startswith(SWITCHED):
            raise Unexpected(data)
        self._rest = b""
        self.is_open = True
        if self.subscription.message:
            self._socket.sendall(masked(TEXT, self.subscription.message.encode()))
        return data_behind

    def _take(self, data: bytes, at: float) -> int:
        told = self._listener.hear(data)
        if not self.is_open:
            return 0
        self._rest = data[told.used :]
        self.gaps += told.gaps + bool(self.position and told.first and told.first != self.position)
        self.position = told.last or self.position
        self.is_told = self.is_told or bool(told.last or told.frames)
        self.is_closed = told.is_closed
        for ping in told.pings:
            self._socket.sendall(masked(PONG, ping))
        events = told.events if at == 0.0 else self._look(data, told.used, at)
        self.frames += told.frames
        self.events += events
        return events

    def _look(self, data: bytes, end: int, at: float) -> int:
        received = RECEIVED.findall(data, 0, end)
        if received:
            self.arrivals.append(Arrivals(at, received, SENT.findall(data, 0, end)))
        return len(received)


def since_append_s(arrivals: list[Arrivals]) -> list[float]:
    """How long after it was recorded each event came."""
    return [each.at - datetime.fromisoformat(text.decode()).timestamp() for each in arrivals for text in each.received]


def since_send_s(arrivals: list[Arrivals]) -> list[float]:
    """How long after its request was sent each event came, of those that say it."""
    return [each.at - float(text) for each in arrivals for text in each.sent]


def _connected(subscription: Subscription) -> socket.socket:
    made = socket.socket()
    if subscription.receive_buffer_bytes:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, subscription.receive_buffer_bytes)
    if subscription.is_probe:
        made.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    made.settimeout(ANSWER_TIMEOUT_S)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    made.connect((HOST, subscription.port))
    return made
