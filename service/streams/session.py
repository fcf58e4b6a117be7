"""The session of one reader of Digsite's stream, pure: spans of the log in, frames out.

    opening ──► replaying ──► live            `caught_up` each time that live is reached
       │            ▲           │
       │            └───────────┘             it fell behind what is in memory, and reads pages again
       └──► refused                           `refused`, then the end

Each frame is a JSON object with a `type`. An `events` frame covers all positions above `from` up to `to`; `from`
is the `to` of the frame before, so a reader can prove that nothing is missing, whatever its filter left out.
"""

from collections.abc import Callable

import msgspec

from events.cursor import Cursor
from events.published import Published
from events.reading import Span
from service.json_text import quoted
from service.streams.starting import CannotResume

_encode = msgspec.json.Encoder().encode

SILENT_POSITIONS_MAX = 10_000
"""Positions of which a reader is told in silence at most: so far does it fall back when it loses its connection."""


class Session:
    """What one reader was told, and what it is to be told next."""

    def __init__(self, start: Cursor, *, by_reference: bool = False) -> None:
        self._start = start
        self._by_reference = by_reference
        self._told = start.position
        self._is_live = False

    @property
    def cursor(self) -> Cursor:
        """What the reader was told of, up to now."""
        return self._cursor(self._told)

    def receive(self, span: Span, *, is_live: bool) -> list[str]:
        """The frames that a span makes. `is_live`: it was in memory; else it was read from the log."""
        frames = []
        if span.events:
            frames.append(self._shared(span))
            self._told = span.to
        was_live, self._is_live = self._is_live, span.is_at_head or (is_live and self._is_live)
        if self._is_live and not was_live:
            frames.append(self._place("caught_up", span))
        elif span.to == span.after or span.to - self._told >= SILENT_POSITIONS_MAX:
            frames.append(self._place("heartbeat", span))
        return frames

    def _shared(self, span: Span) -> str:
        """The frame of a span's events. Whoever was told as much, and asked for the same, gets the same text."""
        key = (self._told, self._by_reference)
        frame = span.rendered.get(key)
        if frame is None:
            cursor = self._cursor(span.to)
            frame = span.rendered[key] = events_frame(span, self._told, cursor, by_reference=self._by_reference)
        return frame

    def _place(self, type: str, span: Span) -> str:
        self._told = span.to
        return f'{{"type":"{type}","to":{span.to},"head":{span.head},"cursor":"{self._cursor(span.to).encode()}"}}'

    def _cursor(self, position: int) -> Cursor:
        return Cursor(self._start.log, position, self._start.epoch)


Item = Callable[[Published, str], str]
"""An event and its JSON, as an item of a frame."""


def positioned(event: Published, json: str) -> str:
    """What a stream tells of an event."""
    return f'{{"position":{event.position},"event":{json}}}'


def with_entry(event: Published, json: str) -> str:
    """The same with all that an auditor asks: who wrote it, from where, and its place."""
    return f'{_encode(event.entry).decode()[:-1]},"event":{json}}}'


def events_frame(span: Span, told: int, cursor: Cursor, *, by_reference: bool = False, item: Item = positioned) -> str:
    """All that matched above `told` up to the end of the span."""
    events = ",".join(item(each, each.json_by_reference if by_reference else each.json) for each in span.events)
    return (
        f'{{"type":"events","from":{told},"to":{span.to},"head":{span.head},"cursor":"{cursor.encode()}",'
        f'"events":[{events}]}}'
    )


def refused_frame(refusal: CannotResume) -> str:
    """Why a reader cannot go on from where it is, and what to do."""
    return (
        f'{{"type":"refused","reason":"{refusal.reason}","detail":{quoted(str(refusal))},'
        f'"position":{refusal.position},"head":{refusal.head},"epoch":{refusal.epoch}}}'
    )


def invalid_frame(detail: str) -> str:
    """What was wrong with what a reader asked for."""
    return f'{{"type":"refused","reason":"invalid","detail":{quoted(detail)}}}'
