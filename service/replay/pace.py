"""The pace of a replay: how far apart events are sent that were recorded at different moments. Pure."""

import re
from collections.abc import Sequence

from events.event import Micros
from events.published import Published

FASTEST = "max"
SPEED_MAX = 1_000_000
"""How many times as fast as it happened; for more, there is `max`."""

_SPEED = re.compile(r"([0-9]{1,7}(\.[0-9]{1,3})?)x")


class InvalidSpeed(Exception):
    def __init__(self, text: str) -> None:
        super().__init__(f"{text!r} is no speed: say max, or how many times as fast as it happened: 1x, 10x, 0.5x.")
        self.text = text


class Pace:
    """`speed` 1.0 is as fast as it happened, None as fast as it goes."""

    def __init__(self, speed: float | None) -> None:
        self._speed = speed
        self._began: tuple[Micros, float] | None = None

    def due(self, recorded: Micros, now_s: float) -> float:
        """When to send what was recorded then, on the clock that `now_s` is of. The first is due now."""
        if self._speed is None:
            return now_s
        first, began_s = self._began = self._began or (recorded, now_s)
        return began_s + (recorded - first) / 1_000_000 / self._speed

    def next_lot(self, events: Sequence[Published], now_s: float, limit: int) -> list[Published]:
        """The first of these events and those that are due with it."""
        due_s = max(self.due(events[0].recorded, now_s), now_s)
        return [event for event in events[:limit] if self.due(event.recorded, now_s) <= due_s]


def speed_of(text: str) -> float | None:
    """Raises InvalidSpeed."""
    if text == FASTEST:
        return None
    found = _SPEED.fullmatch(text)
    if found is None or not 0 < float(found[1]) <= SPEED_MAX:
        raise InvalidSpeed(text)
    return float(found[1])
