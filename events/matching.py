"""Matching: what a filter means, for every reader alike.

Values compare with regard to case. `*` stands for any text and `?` for one character, in labels only; nothing
else is special (`docs/adr/0012-one-matcher.md`). Storage may narrow down what it reads by `Matcher.narrowing`,
but whether an event matches is decided here and nowhere else.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

from events import text_query
from events.clock import micros
from events.event import Labels
from events.filter import Actor, AnyResource, EventFilter, Kind, Labelled, Occurred, Related, Resource
from events.published import Published

ID, ROLE = "prefect.resource.id", "prefect.resource.role"

Holds = Callable[[Published], bool]
HoldsFor = Callable[[Labels], bool]


class Matcher:
    """A filter, ready to be asked. Two of the same filter are equal."""

    def __init__(self, filter: EventFilter) -> None:
        self.filter = filter
        self.key = filter.model_dump_json(exclude_none=True, exclude={"order"})
        self._hash = hash(self.key)
        self._criteria = tuple(_criteria(filter))

    def __call__(self, event: Published) -> bool:
        return all(holds(event) for holds in self._criteria)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Matcher) and self.key == other.key

    def __hash__(self) -> int:
        return self._hash

    @property
    def asks_nothing(self) -> bool:
        """Whether it holds for every event."""
        return not self._criteria

    @property
    def needs_payload(self) -> bool:
        """Whether it must see the payload to decide."""
        return self.filter.text is not None


def _criteria(filter: EventFilter) -> Iterable[Holds]:
    """What must hold, the cheapest first."""
    if filter.id is not None and filter.id.id:
        ids = frozenset(each.lower() for each in filter.id.id)
        yield lambda event: event.id in ids
    if filter.event is not None:
        yield from _of_kind(filter.event)
    if filter.actor is not None:
        yield from _of_actor(filter.actor)
    if filter.key is not None and filter.key.name:
        keys = frozenset(filter.key.name)
        yield lambda event: event.key in keys
    if filter.run is not None and filter.run.id:
        runs = frozenset(each.lower() for each in filter.run.id)
        yield lambda event: not runs.isdisjoint(event.runs)
    if filter.request is not None and filter.request.id:
        requests = frozenset(filter.request.id)
        yield lambda event: event.request_id in requests
    if filter.occurred is not None:
        yield from _of_moment(filter.occurred)
    if filter.resource is not None:
        of_resource = _all(_of_resource(filter.resource))
        yield lambda event: of_resource(event.resource)
    for related in _listed(filter.related):
        yield from _some(tuple(_of_related(related)), lambda event: event.related)
    for any_resource in _listed(filter.any_resource):
        yield from _some(tuple(_of_any_resource(any_resource)), lambda event: (event.resource, *event.related))
    if filter.text is not None:
        query = text_query.parse(filter.text.query)
        yield lambda event: query.holds(event.text)


def _of_kind(asked: Kind) -> Iterable[Holds]:
    if asked.prefix:
        prefixes = tuple(asked.prefix)
        yield lambda event: event.kind.startswith(prefixes)
    if asked.exclude_prefix:
        excluded_prefixes = tuple(asked.exclude_prefix)
        yield lambda event: not event.kind.startswith(excluded_prefixes)
    if asked.name:
        names = frozenset(asked.name)
        yield lambda event: event.kind in names
    if asked.exclude_name:
        excluded_names = frozenset(asked.exclude_name)
        yield lambda event: event.kind not in excluded_names


def _of_actor(asked: Actor) -> Iterable[Holds]:
    if asked.name:
        names = frozenset(asked.name)
        yield lambda event: event.actor in names
    if asked.exclude_name:
        excluded = frozenset(asked.exclude_name)
        yield lambda event: event.actor not in excluded


def _of_moment(asked: Occurred) -> Iterable[Holds]:
    if asked.since is not None:
        since = micros(asked.since)
        yield lambda event: event.occurred >= since
    if asked.until is not None:
        until = micros(asked.until)
        yield lambda event: event.occurred <= until


def _of_resource(asked: Resource) -> Iterable[HoldsFor]:
    return (*_of_id(asked.id, asked.id_prefix), *_of_labels(asked.labels))


def _of_any_resource(asked: AnyResource) -> Iterable[HoldsFor]:
    return (*_of_id(asked.id, asked.id_prefix), *_of_labels(asked.labels))


def _of_related(asked: Related) -> Iterable[HoldsFor]:
    yield from _of_id(asked.id, None)
    if asked.role:
        roles = frozenset(asked.role)
        yield lambda labels: labels.get(ROLE) in roles
    if asked.resources_in_roles:
        pairs = frozenset(asked.resources_in_roles)
        yield lambda labels: (labels.get(ID), labels.get(ROLE)) in pairs
    yield from _of_labels(asked.labels)


def _of_id(ids: Sequence[str] | None, prefixes: Sequence[str] | None) -> Iterable[HoldsFor]:
    if ids:
        wanted = frozenset(ids)
        yield lambda labels: labels.get(ID) in wanted
    if prefixes:
        starts = tuple(prefixes)
        yield lambda labels: labels.get(ID, "").startswith(starts)


def _of_labels(asked: Labelled | None) -> Iterable[HoldsFor]:
    for label, values in (asked or {}).items():
        yield _label(label, [values] if isinstance(values, str) else values)


def _label(label: str, values: Sequence[str]) -> HoldsFor:
    tests = [_value(each) for each in values]

    def holds(labels: Labels) -> bool:
        value = labels.get(label)
        return value is not None and any(test(value) for test in tests)

    return holds


def _value(asked: str) -> Callable[[str], bool]:
    is_negated = asked.startswith("!")
    glob = asked.removeprefix("!")
    if "*" not in glob and "?" not in glob:
        return glob.__ne__ if is_negated else glob.__eq__
    pattern = _pattern(glob)
    return lambda value: (pattern.fullmatch(value) is None) == is_negated


@lru_cache(maxsize=1024)
def _pattern(glob: str) -> "re.Pattern[str]":
    """Each part is looked for once, from where the one before ended: no value makes it try combinations."""
    first, *others = (re.escape(part).replace(r"\?", ".") for part in glob.split("*"))
    if not others:
        return re.compile(first, re.DOTALL)
    *middle, last = others
    return re.compile(first + "".join(f"(?>.*?{part})" for part in middle) + f".*{last}", re.DOTALL)


def _some(tests: Sequence[HoldsFor], resources: Callable[[Published], Iterable[Labels]]) -> Iterable[Holds]:
    """Some resource for which all tests hold. Without a test nothing is asked."""
    if tests:
        holds = _all(tests)
        yield lambda event: any(holds(labels) for labels in resources(event))


def _all(tests: Iterable[HoldsFor]) -> HoldsFor:
    tests = tuple(tests)
    return lambda labels: all(test(labels) for test in tests)


def _listed(asked: Any) -> list[Any]:
    if asked is None:
        return []
    return asked if isinstance(asked, list) else [asked]


EVERYTHING = Matcher(EventFilter())
