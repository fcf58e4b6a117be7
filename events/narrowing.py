"""Narrowing: what of a filter a database can decide, so that it reads less. The matcher has the last word.

Every clause follows from the filter: what a narrowed query leaves out, the matcher would refuse.
"""

from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, bindparam, not_

from events.clock import micros
from events.filter import EventFilter
from events.stores.statement import OneOf, StartsWithOneOf
from events.stores.tables import EVENTS, storable
from events.streams import streams_of

CLAUSES: dict[str, ColumnElement[bool]] = {
    "ids": OneOf(EVENTS.c.id, "ids"),
    "names": OneOf(EVENTS.c.kind, "names"),
    "not_names": not_(OneOf(EVENTS.c.kind, "not_names")),
    "prefixes": StartsWithOneOf(EVENTS.c.kind, "prefixes"),
    "not_prefixes": not_(StartsWithOneOf(EVENTS.c.kind, "not_prefixes")),
    "actors": OneOf(EVENTS.c.actor, "actors"),
    "not_actors": not_(OneOf(EVENTS.c.actor, "not_actors")),
    "since": EVENTS.c.occurred >= bindparam("since"),
    "until": EVENTS.c.occurred <= bindparam("until"),
    "categories": OneOf(EVENTS.c.category, "categories"),
    "streams": OneOf(EVENTS.c.stream, "streams"),
}
"""What each criterion means, by the name of its parameter."""


class Narrowing(Struct, frozen=True):
    """Criteria for the database. `is_exact`: they say all that the filter says."""

    values: dict[str, Any]
    is_exact: bool

    @property
    def shape(self) -> tuple[str, ...]:
        """The names of the criteria: a statement is compiled once per shape."""
        return tuple(self.values)


def narrowing(filter: EventFilter) -> Narrowing:
    """What of a filter a database can decide."""
    kind, actor, occurred, resource = filter.event, filter.actor, filter.occurred, filter.resource
    found: dict[str, Any] = {
        "ids": filter.id and [each.lower() for each in filter.id.id or ()],
        "names": kind and _storable(kind.name),
        "not_names": kind and _storable(kind.exclude_name),
        "prefixes": kind and _storable(kind.prefix),
        "not_prefixes": kind and _storable(kind.exclude_prefix),
        "actors": actor and actor.name,
        "not_actors": actor and actor.exclude_name,
        "since": occurred and occurred.since and micros(occurred.since),
        "until": occurred and occurred.until and micros(occurred.until),
    }
    streams = [stream for each in (resource and resource.id) or () for stream in streams_of(each)]
    found["categories"] = sorted({stream.category for stream in streams})
    found["streams"] = [storable(stream.id) for stream in streams]
    others = (filter.resource, filter.related, filter.any_resource, filter.text)
    is_exact = all(each is None for each in others)
    return Narrowing({name: value for name, value in found.items() if value not in (None, [])}, is_exact)


def _storable(texts: list[str] | None) -> list[str | None]:
    return [storable(each) for each in texts or ()]
