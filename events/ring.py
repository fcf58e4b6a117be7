"""The ring: the newest events of a log, once in memory for all that follow it."""

from collections.abc import Sequence
from itertools import islice

from events.published import Published

RING_EVENTS_MAX = 10_000
RING_BYTES_MAX = 16 * 1024 * 1024


class Ring:
    """All events above `after` up to `head`. Positions are dense, so a position is a place in the list."""

    def __init__(self, after: int) -> None:
        self.after = after
        self._events: list[Published] = []
        self._size_bytes = 0

    @property
    def head(self) -> int:
        return self.after + len(self._events)

    def push(self, events: Sequence[Published]) -> None:
        """Take the events that come next; the oldest make room."""
        assert not events or events[0].position == self.head + 1
        self._events.extend(events)
        self._size_bytes += sum(event.size_bytes for event in events)
        if len(self._events) > RING_EVENTS_MAX or self._size_bytes > RING_BYTES_MAX:
            self._make_room()

    def since(self, after: int, limit: int) -> Sequence[Published] | None:
        """The next events above a position; None if some of them are not here any more, or not yet."""
        if not self.after <= after <= self.head:
            return None
        first = after - self.after
        return self._events[first : first + limit]

    def _make_room(self) -> None:
        """Drop a quarter more than is needed: moving the list costs the same for one event as for many."""
        gone = max(0, len(self._events) - RING_EVENTS_MAX * 3 // 4)
        size_bytes = self._size_bytes - sum(event.size_bytes for event in islice(self._events, gone))
        while size_bytes > RING_BYTES_MAX * 3 // 4:
            size_bytes -= self._events[gone].size_bytes
            gone += 1
        del self._events[:gone]
        self.after += gone
        self._size_bytes = size_bytes
