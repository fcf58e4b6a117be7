"""What a reader of the stream asks for, from the query of its address."""

from collections.abc import Mapping

from fastapi.exceptions import RequestValidationError
from msgspec import Struct
from pydantic import ValidationError

from events.filter import EventFilter
from events.matching import Matcher
from events.reading import SPAN_EVENTS_MAX

AFTER, FILTER, BODIES, LIMIT, WAIT_S = "after", "filter", "bodies", "limit", "wait_s"
FILTER_CHARS_MAX = 16_000
"""Longest filter that a query may carry."""
WAIT_S_MAX = 60.0
"""Longest that a page waits for events."""


class Asked(Struct, frozen=True):
    """`after` is still as it was sent: it takes the log to know what it means."""

    after: str
    matcher: Matcher
    by_reference: bool
    limit: int = SPAN_EVENTS_MAX
    wait_s: float = 0.0


def asked(query: Mapping[str, str], *, after: str = "start") -> Asked:
    """Read the query. `after` is where a reader begins who does not say. Raises RequestValidationError."""
    bodies = query.get(BODIES, "inline")
    if bodies not in ("inline", "reference"):
        raise _invalid(BODIES, "Input should be 'inline' or 'reference'", bodies)
    return Asked(
        after=query.get(AFTER) or after,
        matcher=Matcher(event_filter(query.get(FILTER))),
        by_reference=bodies == "reference",
        limit=int(_number(query, LIMIT, SPAN_EVENTS_MAX, 1, SPAN_EVENTS_MAX)),
        wait_s=_number(query, WAIT_S, 0.0, 0.0, WAIT_S_MAX),
    )


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


def _number(query: Mapping[str, str], name: str, default: float, least: float, most: float) -> float:
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
