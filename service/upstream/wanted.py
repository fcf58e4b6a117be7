"""What is to be asked of the upstream: when, how often, and how far all is done. Pure.

wanted ──► due: ask ──► it is as new as the event that told of it: forgotten here
             └────────► it is not yet: ask again a little later ──► ... ──► given up
"""

from collections.abc import Iterable

from msgspec import Struct

from events.event import Micros
from projections.runs.observations import Observed, T

WANTED_MAX = 5_000
"""Objects that may wait to be asked for."""
TRIES_MAX = 5
"""How often one is asked for. Prefect tells of a change a moment before it can be asked; and it deletes, too."""
AGAIN_AFTER_S = 0.5
"""After which time, at first; then twice as long each time."""


class _Entry(Struct):
    position: int
    as_of: Micros
    due_s: float
    tries: int = 0


class Wanted:
    """Times are seconds of any one clock."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, str], _Entry] = {}

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def has_room(self) -> bool:
        return len(self._entries) < WANTED_MAX

    def add(self, thing: Observed[T], id: str, position: int, as_of: Micros = 0) -> None:
        """This is wanted, in a state that is not older than a moment, because of the event at a position."""
        entry = self._entries.setdefault((thing.thing, id), _Entry(position, as_of, 0.0))
        entry.as_of = max(entry.as_of, as_of)

    def due(self, thing: Observed[T], now_s: float) -> list[str]:
        """The ids of those to be asked for now."""
        return [id for (name, id), entry in self._entries.items() if name == thing.thing and entry.due_s <= now_s]

    def asked(self, thing: Observed[T], ids: Iterable[str], found: dict[str, Micros], now_s: float) -> None:
        """These were asked for, and some were found, as of these moments."""
        for id in ids:
            entry = self._entries[thing.thing, id]
            entry.tries += 1
            entry.due_s = now_s + AGAIN_AFTER_S * 2.0 ** (entry.tries - 1)
            if found.get(id, -1) >= entry.as_of or entry.tries >= TRIES_MAX:
                del self._entries[thing.thing, id]

    def complete_to(self, to: int) -> int:
        """The position up to which nothing waits, if all up to `to` was looked at."""
        return min((entry.position - 1 for entry in self._entries.values()), default=to)
