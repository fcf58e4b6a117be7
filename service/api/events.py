"""The event routes, Prefect's."""

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from events.filter import EventFilter
from service import event_rendering, parsing
from service.api.direct import GUARDED, INVALID, INVALID_BODY, UNAVAILABLE, DirectRoute, Responses, documented
from service.api.exchange import (
    AT,
    POSITION,
    TIMEOUT,
    WAITING,
    answer,
    answer_of,
    invalid_parameter,
    request_body,
    wait_as_asked,
)
from service.context import context_of
from service.event_parsing import outside_events
from service.events import Countable, Page
from service.page_token import EVENTS_PAGE_MAX
from service.parts import parts_of
from service.schemas.events import EventCount, EventCounting, EventPage, EventSearch, OutsideEvents
from service.schemas.refusals import Detail, InvalidRequest

router = APIRouter(route_class=DirectRoute, tags=["Events"], responses=GUARDED | UNAVAILABLE)

PAGE_TOKEN = "page-token"  # noqa: S105 - a place in a list, no secret
NEXT_PAGE = "events/filter/next"

RECORDED: Responses = {204: {"headers": AT}}
FOUND: Responses = {200: {"headers": AT}}
COUNTABLE: dict[str, dict[str, Any]] = {"countable": {"type": "string", "enum": list(Countable)}}
UNCOUNTABLE: Responses = INVALID_BODY | {
    422: {"model": InvalidRequest | Detail, "description": "The question is not valid, or asks for too many buckets."}
}


@router.post(
    "/events",
    status_code=204,
    response_class=Response,
    responses=RECORDED | INVALID_BODY,
    openapi_extra=documented(OutsideEvents),
)
async def record_events(request: Request) -> Response:
    """Record events from outside, all of them or none, each id once. They are on disk when this answers."""
    events = outside_events(await request_body(request), parts_of(request).settings)
    context = context_of(request)
    position = await parts_of(request).events.record(context.log, events, context.origin)
    return answer(None, 204, {POSITION: str(position)})


@router.post(
    "/events/filter",
    response_model=EventPage,
    responses=FOUND | INVALID_BODY | TIMEOUT,
    openapi_extra=documented(EventSearch, headers=WAITING, body_required=False),
)
async def filter_events(request: Request) -> Response:
    """A page of events in the order in which they happened, by default the newest first."""
    asked = parsing.body_of(await request_body(request), EventSearch)
    await wait_as_asked(request)
    limit = EVENTS_PAGE_MAX if asked.limit is None else asked.limit
    events, log = parts_of(request).events, context_of(request).log
    return _page(request, await events.page(log, asked.filter or EventFilter(), limit))


@router.get(
    "/events/filter/next",
    response_model=EventPage,
    responses=FOUND | INVALID | TIMEOUT,
    openapi_extra=documented(headers=WAITING, query={PAGE_TOKEN: {"type": "string", "required": True}}),
)
async def next_events(request: Request) -> Response:
    """The next page. It shows what there was when the first page was asked for, whatever was written since."""
    token = request.query_params.get(PAGE_TOKEN)
    if token is None:
        raise invalid_parameter("query", PAGE_TOKEN, "Field required", None, kind="missing")
    await wait_as_asked(request)
    return _page(request, await parts_of(request).events.next_page(context_of(request).log, token))


@router.post(
    "/events/count-by/{countable}",
    response_model=list[EventCount],
    responses=FOUND | UNCOUNTABLE | TIMEOUT,
    openapi_extra=documented(EventCounting, path=COUNTABLE, headers=WAITING),
)
async def count_events(request: Request) -> Response:
    """How many events there are of each name or resource, or in each span of time."""
    body = await request_body(request)
    if not body:
        parsing.parsed_json(body)  # says that it is missing
    asked = parsing.body_of(body, EventCounting)
    await wait_as_asked(request)
    log, by = context_of(request).log, _countable(request)
    read = await parts_of(request).events.count_by(log, asked.filter, by, asked.time_unit, asked.time_interval)
    return answer_of(read)


def _page(request: Request, page: Page) -> Response:
    next_page = None if page.next_token is None else f"{request.base_url}{NEXT_PAGE}?{PAGE_TOKEN}={page.next_token}"
    json = event_rendering.page(page.events, page.total, next_page)
    return answer(json, 200, {POSITION: str(page.position)})


def _countable(request: Request) -> Countable:
    named = str(request.path_params["countable"])
    if named not in list(Countable):
        expected = ", ".join(f"'{each}'" for each in Countable)
        raise invalid_parameter("path", "countable", f"Input should be one of {expected}", named, kind="enum")
    return Countable(named)
