"""What the pages of events and of the log show: entries, how many there are over time, the log at a glance."""

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from service.api.direct import GUARDED, INVALID, UNAVAILABLE, DirectRoute, documented
from service.api.exchange import (
    AS_OF,
    TIMEOUT,
    WAITING,
    answer_of,
    asked_as_of,
    invalid_parameter,
    number_of,
    position_asked,
    wait_as_asked,
)
from service.api.log import CRITERIA, READING, UNUSABLE
from service.context import context_of
from service.entries import ENTRIES_PAGE_MAX, ENTRIES_SHOWN, SPANS_MAX
from service.parts import parts_of
from service.schemas.entries import EntryPage, EventHistogram
from service.schemas.overview import LogOverview
from service.streams.asking import AFTER, FILTER, LIMIT, UNTIL, asked
from service.streams.starting import ending_position, starting_cursor

SPANS = "spans"
SPANS_SHOWN = 120

router = APIRouter(route_class=DirectRoute, tags=["Pages"], responses=GUARDED | UNAVAILABLE)

_ASKING: dict[str, dict[str, Any]] = {FILTER: READING[FILTER]} | CRITERIA | AS_OF
PAGE: dict[str, dict[str, Any]] = {
    AFTER: READING[AFTER],
    UNTIL: {"type": "string", "description": "A position, or a time before which it was recorded. Inclusive."},
    LIMIT: {"type": "integer", "minimum": 1, "maximum": ENTRIES_PAGE_MAX, "default": ENTRIES_SHOWN},
}
HISTOGRAM: dict[str, dict[str, Any]] = {
    SPANS: {
        "type": "integer",
        "minimum": 1,
        "maximum": SPANS_MAX,
        "default": SPANS_SHOWN,
        "description": "At most so many spans of time.",
    }
}


@router.get(
    "/ui/events",
    response_model=EntryPage,
    responses=UNUSABLE | TIMEOUT,
    openapi_extra=documented(query=PAGE | _ASKING, headers=WAITING),
)
async def list_entries(request: Request) -> Response:
    """Entries of the log, the newest first. Go on below `from` until that is 0."""
    await wait_as_asked(request)
    wanted, store, log = asked(request.query_params), parts_of(request).store, context_of(request).log
    upto = await position_asked(request)
    if wanted.until is not None:
        upto = min(upto, await ending_position(store, log, wanted.until))
    after = (await starting_cursor(store, log, wanted.after)).position
    limit = number_of(request, LIMIT, ENTRIES_SHOWN, ENTRIES_PAGE_MAX, smallest=1)
    read = await parts_of(request).readers.entries.page(log, wanted.matcher, after=after, upto=upto, limit=limit)
    return answer_of(read)


@router.get(
    "/ui/events/histogram",
    response_model=EventHistogram,
    responses=UNUSABLE | TIMEOUT,
    openapi_extra=documented(query=HISTOGRAM | _ASKING, headers=WAITING),
)
async def read_histogram(request: Request) -> Response:
    """How many events there are over time, by when they happened. A text cannot be asked for: that would read all."""
    await wait_as_asked(request)
    wanted = asked(request.query_params)
    if wanted.matcher.needs_payload:
        raise invalid_parameter("query", FILTER, "A histogram is not narrowed by a text: leave `text` out", None)
    count = number_of(request, SPANS, SPANS_SHOWN, SPANS_MAX, smallest=1)
    upto = await position_asked(request)
    read = await parts_of(request).readers.entries.histogram(
        context_of(request).log, wanted.matcher, upto=upto, count=count
    )
    return answer_of(read)


@router.get(
    "/ui/log",
    response_model=LogOverview,
    responses=INVALID | TIMEOUT,
    openapi_extra=documented(query=AS_OF, headers=WAITING),
)
async def read_overview(request: Request) -> Response:
    """Where the log ends, how fast it grows, what the database takes up, and when retention comes next."""
    await wait_as_asked(request)
    overview = parts_of(request).readers.overview
    read = await overview.read(context_of(request).log, await asked_as_of(request))
    return answer_of(read)
