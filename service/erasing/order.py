"""The order: what an erasure takes away, as its events say it. They name ids and positions, never content or keys."""

from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Struct

from events.absences import ranges
from events.catalog import ERASURE_BEGUN, ERASURE_COMPLETED, ERASURE_REQUESTED
from events.event import Event, Labels, Micros
from events.ids import derived_id

RESOURCE_PREFIX = "digsite.erasure."

Ranges = tuple[tuple[int, int], ...]
"""Positions, as ranges of which both ends belong to it."""


class Order(Struct, frozen=True, kw_only=True):
    """The body of `requested`."""

    by: str
    """What was asked for: `key`, `flow_run`, ..."""
    reason: str
    labels: bool
    artifacts: tuple[str, ...] = ()
    """Ids: all events of these go, with those to come of their deletion."""
    collections: tuple[str, ...] = ()
    """Ids of collections that go whole; their labels go, if labels do."""
    positions: Ranges = ()
    """Outside events."""
    events: int = 0
    """How many it was about when it was asked for; likewise for the two below."""
    bodies: int = 0
    bytes: int = 0


class Done(Struct, frozen=True, kw_only=True):
    """The body of `completed`."""

    bodies: Ranges
    """Where bodies were taken away."""
    labels: Ranges


def requested(id: str, order: Order, moment: Micros) -> Event:
    return _event(id, id, ERASURE_REQUESTED, order, moment)


def begun(id: str, moment: Micros) -> Event:
    return _event(derived_id(ERASURE_BEGUN, id), id, ERASURE_BEGUN, None, moment)


def completed(id: str, done: Done, moment: Micros) -> Event:
    return _event(derived_id(ERASURE_COMPLETED, id), id, ERASURE_COMPLETED, done, moment)


def erasure_of(resource: Labels) -> str:
    """The id of the erasure that an event of one is about."""
    return resource["prefect.resource.id"].removeprefix(RESOURCE_PREFIX)


def size_of(found: Ranges) -> int:
    return sum(last - first + 1 for first, last in found)


def positions_in(found: Iterable[tuple[int, int]]) -> list[int]:
    return [position for first, last in found for position in range(first, last + 1)]


def ranges_of(positions: Iterable[int]) -> Ranges:
    return tuple(ranges(positions))


def _event(event_id: str, id: str, kind: str, body: Any, moment: Micros) -> Event:
    return Event(
        id=event_id,
        kind=kind,
        occurred=moment,
        resource={"prefect.resource.id": RESOURCE_PREFIX + id},
        content=None if body is None else msgspec.json.encode(body).decode(),
    )
