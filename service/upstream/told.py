"""What the upstream was told of and may not have on its disk yet: when to ask, when to tell again. Pure.

told ──► due: ask ──► it has it: forgotten here
             └──────► it has not, for so long: tell again ──► ... ──► given up
"""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from events.published import Published

TOLD_EVENTS_MAX = 8_000
"""Events that may wait so. Of more than 10,000 in its memory Prefect drops some."""
TOLD_BYTES_MAX = 32 * 1024 * 1024
"""What these may have together."""
DUE_AFTER_S = 6.0
"""When it is asked. Prefect writes to its disk every 5 s, under load sooner."""
AGAIN_AFTER_S = (60.0, 330.0, 60.0)
"""How long an event may be missing each time that it was told. Under load Prefect writes late, and for five minutes it
takes no notice of an id that it was told before. After the last time the event is given up."""


class _Entry(Struct):
    event: Published
    since_s: float
    times: int = 1


class Told:
    """Times are seconds of any one clock."""

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def has_room(self) -> bool:
        return len(self._entries) < TOLD_EVENTS_MAX and self._bytes < TOLD_BYTES_MAX

    def add(self, events: Iterable[Published], now_s: float) -> None:
        """These were told just now, the first time or again."""
        for event in events:
            entry = self._entries.get(event.id)
            if entry is None:
                self._entries[event.id] = _Entry(event, now_s)
                self._bytes += event.size_bytes
            else:
                entry.since_s, entry.times = now_s, entry.times + 1

    def forget(self, ids: Iterable[str]) -> None:
        """These are there, or given up."""
        for id in ids:
            entry = self._entries.pop(id, None)
            if entry is not None:
                self._bytes -= entry.event.size_bytes

    def due(self, now_s: float) -> list[str]:
        """The ids of those that should be there by now."""
        return [id for id, entry in self._entries.items() if now_s - entry.since_s >= DUE_AFTER_S]

    def overdue(self, missing: Iterable[str], now_s: float) -> "tuple[Sequence[Published], Sequence[Published]]":
        """Of those that are missing, the ones to be told again, by position, and the ones to be given up."""
        entries = [entry for id in missing if (entry := self._entries.get(id)) is not None]
        late = [each for each in entries if now_s - each.since_s >= AGAIN_AFTER_S[each.times - 1]]
        late.sort(key=lambda entry: entry.event.position)
        again = [each.event for each in late if each.times < len(AGAIN_AFTER_S)]
        return again, [each.event for each in late if each.times == len(AGAIN_AFTER_S)]

    def complete_to(self, to: int) -> int:
        """The position up to which nothing waits, if all up to `to` was told."""
        return min((entry.event.position - 1 for entry in self._entries.values()), default=to)
