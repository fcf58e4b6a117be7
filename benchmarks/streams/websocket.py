"""The client's side of a websocket, as far as a subscriber needs it: RFC 6455 without fragments and extensions."""

from typing import NamedTuple

from benchmarks.load import HOST

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
SWITCHED = b"HTTP/1.1 101"
HEAD_END = b"\r\n\r\n"

_FINAL = 0x80
_NO_MASK = b"\0\0\0\0"
"""A client must mask what it sends. This mask changes nothing."""


class Frame(NamedTuple):
    """Where the payload lies in what was received."""

    opcode: int
    start: int
    end: int


def opening(port: int, path: str) -> bytes:
    """The request that opens a socket."""
    return (
        f"GET {path} HTTP/1.1\r\nHost: {HOST}:{port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nUser-Agent: benchmark\r\n\r\n"
    ).encode()


def masked(opcode: int, payload: bytes) -> bytes:
    """A frame as a client sends it."""
    size = len(payload)
    length = bytes([0x80 | size]) if size < 126 else bytes([0x80 | 126]) + size.to_bytes(2, "big")
    return bytes([_FINAL | opcode]) + length + _NO_MASK + payload


def frame_at(data: bytes, at: int) -> Frame | None:
    """The frame that begins here, as a server sends it; None if it is not whole."""
    held = len(data) - at
    if held < 2:
        return None
    size, start = data[at + 1], at + 2
    if size >= 126:
        start += 2 if size == 126 else 8
        if len(data) < start:
            return None
        size = int.from_bytes(data[at + 2 : start], "big")
    return Frame(data[at] & 0x0F, start, start + size) if len(data) >= start + size else None
