"""A place: where the events of a decision will stand. Time and ids come with it, so that deciding stays pure."""

from collections.abc import Callable

from msgspec import Struct

from events.event import Event, Micros
from events.ids import uuid7
from events.streams import StreamId

FOLLOWS_WITHIN = 5 * 60 * 1_000_000
"""How long after an event the next of its stream still names it, in microseconds (as Prefect's clients do)."""


class Place(Struct, frozen=True):
    """The position of the decision's first event, and the moment of it. Each further event is one behind."""

    position: int
    moment: Micros
    new_id: Callable[[Micros], str] = uuid7

    def event_id(self, index: int = 0) -> str:
        return self.new_id(self.moment + index)


class Draft(Struct, frozen=True):
    """An event that was decided, with the stream and version that it takes."""

    stream: StreamId
    version: int
    event: Event


def follows(event_id: str, recorded: Micros, moment: Micros) -> str | None:
    """The event before, if it is recent enough to be waited for."""
    return event_id if moment - recorded < FOLLOWS_WITHIN else None
