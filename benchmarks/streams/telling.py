"""What frames tell a subscriber, found by their first bytes: JSON is not parsed while something is measured."""

import re
from typing import NamedTuple

from benchmarks.streams.websocket import CLOSE, PING, frame_at

_EVENTS = re.compile(rb'\{"type":"events","from":(\d+),"to":(\d+)')
_PLACE = re.compile(rb'\{"type":"(?:caught_up|heartbeat)","to":(\d+)')
_EVENT = b'{"type":"event",'


class Unexpected(Exception):
    """A frame that no subscriber here should get."""

    def __init__(self, content: bytes) -> None:
        super().__init__(f"the server sent {content[:500]!r}")
        self.content = content


class Telling(NamedTuple):
    """What the whole frames at the beginning of some bytes tell."""

    used: int = 0
    """Bytes that they take."""
    frames: int = 0
    """Of them with events."""
    events: int = 0
    """How many they hold: by their ranges, or one in each frame of `/events/out`."""
    first: bytes = b""
    """The position from which the first `events` frame goes on."""
    last: bytes = b""
    """The position up to which the reader is told of all."""
    gaps: int = 0
    """How often a frame did not go on where the one before ended."""
    pings: tuple[bytes, ...] = ()
    is_closed: bool = False


class Listener:
    """Understands bytes. Subscribers are told the same, so what was understood last is held for the next one."""

    def __init__(self) -> None:
        self._data = b""
        self._telling = Telling()

    def hear(self, data: bytes) -> Telling:
        """Raises Unexpected."""
        if data != self._data:
            self._data, self._telling = data, telling(data)
        return self._telling


def telling(data: bytes) -> Telling:
    """Raises Unexpected."""
    at = frames = events = gaps = 0
    first = last = b""
    pings: tuple[bytes, ...] = ()
    is_closed = False
    while (frame := frame_at(data, at)) is not None:
        opcode, start, at = frame
        if found := _EVENTS.match(data, start):
            begin, end = found.groups()
            gaps += bool(last) and begin != last
            first, last = first or begin, end
            frames += 1
            events += int(end) - int(begin)
        elif data.startswith(_EVENT, start):
            frames += 1
            events += 1
        elif found := _PLACE.match(data, start):
            last = found[1]
        elif opcode == PING:
            pings += (data[start:at],)
        elif opcode == CLOSE:
            is_closed = True
        else:
            raise Unexpected(data[start:at])
    return Telling(at, frames, events, first, last, gaps, pings, is_closed)
