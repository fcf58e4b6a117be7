"""Narrowing: what of a filter a database can decide, so that it reads less. The matcher has the last word.

Every clause follows from the filter: what a narrowed query leaves out, the matcher would refuse.
"""

from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Select, bindparam, not_, select, union_all

from events.clock import micros
from events.filter import EventFilter
from events.stores.statement import OneOf, StartsWithOneOf
from events.stores.tables import EVENTS, storable
from events.streams import streams_of

_OTHER = EVENTS.alias("other")


def _positions(*clauses: ColumnElement[bool]) -> Select[tuple[int]]:
    return select(_OTHER.c.position).where(_OTHER.c.log == bindparam("log"), *clauses)


CLAUSES: dict[str, ColumnElement[bool]] = {
    "ids": OneOf(EVENTS.c.id, "ids"),
    "names": OneOf(EVENTS.c.kind, "names"),
    "not_names": not_(OneOf(EVENTS.c.kind, "not_names")),
    "prefixes": StartsWithOneOf(EVENTS.c.kind, "prefixes"),
    "not_prefixes": not_(StartsWithOneOf(EVENTS.c.kind, "not_prefixes")),
    "key": EVENTS.c.key == bindparam("key"),
    "keys": OneOf(EVENTS.c.key, "keys"),
    "runs": EVENTS.c.position.in_(
        union_all(_positions(OneOf(_OTHER.c.flow_run_id, "runs")), _positions(OneOf(_OTHER.c.task_run_id, "runs")))
    ),
    "requests": OneOf(EVENTS.c.request_id, "requests"),
    "actor": EVENTS.c.actor == bindparam("actor"),
    "actors": OneOf(EVENTS.c.actor, "actors"),
    "not_actors": not_(OneOf(EVENTS.c.actor, "not_actors")),
    "since": EVENTS.c.occurred >= bindparam("since"),
    "until": EVENTS.c.occurred <= bindparam("until"),
    "categories": OneOf(EVENTS.c.category, "categories"),
    "streams": OneOf(EVENTS.c.stream, "streams"),
}
"""What each criterion means, by the name of its parameter."""

LEADING = {
    "runs": CLAUSES["runs"],
    "streams": EVENTS.c.position.in_(
        _positions(OneOf(_OTHER.c.category, "categories"), OneOf(_OTHER.c.stream, "streams"))
    ),
}
"""Those that name few events of many, said so that an index leads to them and no position need be looked at."""


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
        **_listed("key", filter.key.name if filter.key else None),
        "runs": filter.run and [each.lower() for each in filter.run.id or ()],
        "requests": filter.request and filter.request.id,
        **_listed("actor", actor.name if actor else None),
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


def _listed(name: str, texts: list[str] | None) -> dict[str, Any]:
    """One text is compared, so that an index by it and the position is read in order; of several, each is looked at."""
    return {name: texts[0]} if texts and len(texts) == 1 else {f"{name}s": texts}


def _storable(texts: list[str] | None) -> list[str | None]:
    return [storable(each) for each in texts or ()]
