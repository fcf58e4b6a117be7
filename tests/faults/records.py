"""What a subscriber keeps of a log: where it is, and what it was given."""

import json
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from msgspec import Struct

from events.event import RecordedEvent

Frame = dict[str, Any]


class Selection(Struct, frozen=True):
    """A filter as it is sent, and what it lets through, said once more without any code of the server."""

    filter: dict[str, Any]
    holds: Callable[[RecordedEvent], bool]

    def __str__(self) -> str:
        return json.dumps(self.filter)


EVERYTHING = Selection({}, lambda placed: True)
SELECTIONS = (
    EVERYTHING,
    Selection({"event": {"prefix": ["prefect.artifact."]}}, lambda placed: placed.stream.category == "artifact"),
    Selection(
        {"event": {"name": ["prefect.artifact.deleted"]}},
        lambda placed: placed.event.kind == "prefect.artifact.deleted",
    ),
    Selection(
        {"any_resource": {"labels": {"prefect.resource.name": ["key-1", "key-3"]}}},
        lambda placed: placed.event.outcome.key in ("key-1", "key-3"),
    ),
    Selection({"text": {"query": "key-2"}}, lambda placed: placed.event.outcome.key == "key-2"),
)


class Discontinuous(Exception):
    """The frame does not go on where the one before ended, or is not in order."""

    def __init__(self, position: int, frame: Frame) -> None:
        place = {name: value for name, value in frame.items() if name != "events"}
        super().__init__(f"at {position} came {place} with {[each['position'] for each in frame.get('events', ())]}")


class Record:
    """Place and effects change together, between two awaits: as in one transaction of a careful reader.

    So whoever keeps it may be killed at any moment, and goes on from it.
    """

    def __init__(self) -> None:
        self.position = 0
        self.cursor = ""
        """The last one that was given; empty in the beginning."""
        self.positions: list[int] = []
        self.ids: list[str] = []

    def take(self, frame: Frame) -> None:
        """Raises Discontinuous."""
        given = [each["position"] for each in frame.get("events", ())]
        steps = [self.position, *given]
        is_in_order = all(one < next for one, next in pairwise(steps))
        goes_on = frame.get("from", self.position) == self.position
        if not goes_on or not is_in_order or not steps[-1] <= frame["to"] <= frame["head"]:
            raise Discontinuous(self.position, frame)
        self.positions += given
        self.ids += [each["event"]["id"] for each in frame.get("events", ())]
        self.position, self.cursor = frame["to"], frame["cursor"]

    def check(self, log: Sequence[RecordedEvent], selection: Selection) -> None:
        """It is the log, or what the filter lets through of it: no gap, no double, no disorder."""
        expected = [placed for placed in log if selection.holds(placed)]
        assert self.positions == [placed.position for placed in expected], f"not the log's under {selection}"
        assert self.ids == [placed.event.id for placed in expected], f"not the log's events under {selection}"
