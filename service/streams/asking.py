"""What a reader of the stream asks for, from the query of its address."""

from collections.abc import Callable, Sequence

from fastapi.exceptions import RequestValidationError
from msgspec import Struct
from pydantic import ValidationError
from starlette.datastructures import QueryParams

from events.filter import CRITERIA_MAX, Actor, EventFilter, Key, Kind, Part, Request, Resource, Run
from events.matching import Matcher
from events.reading import SPAN_EVENTS_MAX

AFTER, UNTIL, FILTER, BODIES, LIMIT, WAIT_S = "after", "until", "filter", "bodies", "limit", "wait_s"
FILTER_CHARS_MAX = 16_000
"""Longest filter that a query may carry."""
WAIT_S_MAX = 60.0
"""Longest that a page waits for events."""


class Asked(Struct, frozen=True):
    """`after` and `until` are still as they were sent: it takes the log to know what they mean."""

    after: str
    until: str | None
    matcher: Matcher
    by_reference: bool
    limit: int = SPAN_EVENTS_MAX
    wait_s: float = 0.0


def asked(query: QueryParams, *, after: str = "start") -> Asked:
    """Read the query. `after` is where a reader begins who does not say. Raises RequestValidationError."""
    bodies = query.get(BODIES, "inline")
    if bodies not in ("inline", "reference"):
        raise _invalid(BODIES, "Input should be 'inline' or 'reference'", bodies)
    return Asked(
        after=query.get(AFTER) or after,
        until=query.get(UNTIL),
        matcher=Matcher(_filter(query)),
        by_reference=bodies == "reference",
        limit=int(_number(query, LIMIT, SPAN_EVENTS_MAX, 1, SPAN_EVENTS_MAX)),
        wait_s=_number(query, WAIT_S, 0.0, 0.0, WAIT_S_MAX),
    )


def criteria_filter(**criteria: Sequence[str]) -> EventFilter:
    """The filter that some of the `CRITERIA` stand for. Raises InvalidCriteria."""
    for name, values in criteria.items():
        if len(values) > CRITERIA_MAX:
            raise InvalidCriteria(name, f"At most {CRITERIA_MAX} can be asked for", values[-1])
    made = {name: _PARTS[name](list(values)) for name, values in criteria.items() if values}
    return EventFilter(**{_PART_OF.get(name, name): part for name, part in made.items()})


class InvalidCriteria(Exception):
    """What is asked for by name cannot be."""

    def __init__(self, name: str, message: str, value: str) -> None:
        super().__init__(f"{message}: {value[:100]!r}.")
        self.name, self.message, self.value = name, message, value[:100]


def _kind(values: list[str]) -> Kind:
    """A kind that ends in `*` stands for all that begin so."""
    beginnings = [each.removesuffix("*") for each in values if each.endswith("*")]
    if not beginnings:
        return Kind(name=values)
    if len(beginnings) < len(values):
        raise InvalidCriteria("kind", "Give whole kinds, or beginnings that end in *, not both", values[-1])
    return Kind(prefix=beginnings)


_PARTS: dict[str, Callable[[list[str]], Part]] = {
    "actor": lambda values: Actor(name=values),
    "key": lambda values: Key(name=values),
    "run": lambda values: Run(id=values),
    "kind": _kind,
    "resource": lambda values: Resource(id=values),
    "request": lambda values: Request(id=values),
}
CRITERIA = tuple(_PARTS)
"""What can be asked for by name, instead of by a filter. Of several values of one, some must hold."""
_PART_OF = {"kind": "event"}
"""The parts of a filter that have another name."""


def _filter(query: QueryParams) -> EventFilter:
    criteria = {name: query.getlist(name) for name in CRITERIA if name in query}
    if criteria and FILTER in query:
        raise _invalid(FILTER, f"Ask by a filter or by {', '.join(criteria)}, not by both", query[FILTER][:100])
    try:
        return criteria_filter(**criteria) if criteria else event_filter(query.get(FILTER))
    except InvalidCriteria as wrong:
        raise _invalid(wrong.name, wrong.message, wrong.value) from None


def event_filter(text: str | None) -> EventFilter:
    """A filter sent as JSON. Raises RequestValidationError."""
    if not text:
        return EventFilter()
    if len(text) > FILTER_CHARS_MAX:
        raise _invalid(FILTER, f"A filter in the address has at most {FILTER_CHARS_MAX} characters", text[:100])
    try:
        return EventFilter.model_validate_json(text)
    except ValidationError as error:
        details = [{**each, "loc": ["query", FILTER, *each["loc"]]} for each in error.errors(include_url=False)]
        raise RequestValidationError(details) from None


def _number(query: QueryParams, name: str, default: float, least: float, most: float) -> float:
    text = query.get(name)
    if text is None:
        return default
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not least <= number <= most or (isinstance(default, int) and not number.is_integer()):
        raise _invalid(name, f"Input should be a number from {least:g} to {most:g}", text[:100])
    return number


def _invalid(name: str, message: str, value: str) -> RequestValidationError:
    return RequestValidationError([{"type": "value_error", "loc": ["query", name], "msg": message, "input": value}])
