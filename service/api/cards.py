"""The routes that lists of artifacts are made of: cards and trends."""

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from events.clock import now
from projections.cards import SORTS
from service.api.artifacts import LISTED
from service.api.changes import OFFSET_MAX
from service.api.direct import GUARDED, INVALID, UNAVAILABLE, DirectRoute, documented
from service.api.exchange import (
    AS_OF,
    TIMEOUT,
    WAITING,
    answer_of,
    asked_as_of,
    invalid_parameter,
    number_of,
    wait_as_asked,
)
from service.cards import CARDS_PAGE_MAX, CARDS_SHOWN, SPANS, CardsAsked
from service.context import context_of
from service.parts import parts_of
from service.schemas.cards import CardPage, Trend
from service.trends import TRENDS_MAX

SEARCH_MAX = 200
"""Characters of a search."""
NAMES_ASKED_MAX = 100
"""Types, flows or writers in one question."""

router = APIRouter(route_class=DirectRoute, tags=["Page"], responses=GUARDED | UNAVAILABLE)

Parameters = dict[str, dict[str, Any]]


def _names(what: str) -> dict[str, Any]:
    return {
        "type": "array",
        "items": {"type": "string"},
        "maxItems": NAMES_ASKED_MAX,
        "description": f"{what} Given more than once: one of them.",
    }


SORTED = [sign + name for name in SORTS for sign in ("", "-")]
CARDS: Parameters = {
    "q": {
        "type": "string",
        "maxLength": SEARCH_MAX,
        "description": "A part of the key, of a run's, task's or flow's name, of who wrote, or of how the data begins.",
    },
    "type": _names("Type; `link` is Markdown that is one link, `untyped` what has none."),
    "flow": _names("Name of the flow that wrote."),
    "writer": _names("Who wrote last."),
    "updated": {"type": "string", "enum": list(SPANS), "description": "Within this time."},
    "sort": {
        "type": "string",
        "enum": SORTED,
        "default": "-updated",
        "description": "`-` before it: descending.",
    },
    "unnamed": {"type": "boolean", "default": False, "description": "Artifacts without a key, in place of keys."},
    "offset": {"type": "integer", "minimum": 0, "maximum": OFFSET_MAX, "default": 0},
    "limit": {"type": "integer", "minimum": 0, "maximum": CARDS_PAGE_MAX, "default": CARDS_SHOWN},
    **AS_OF,
}
TRENDS: Parameters = {
    "key": {"type": "array", "items": {"type": "string"}, "maxItems": TRENDS_MAX, "description": "Keys."},
    **AS_OF,
}


@router.get(
    "/ui/cards",
    response_model=CardPage,
    responses=LISTED | INVALID | TIMEOUT,
    openapi_extra=documented(query=CARDS, headers=WAITING),
)
async def list_cards(request: Request) -> Response:
    """A page of keys, each with a preview of its latest artifact; with counts by type, flow and writer."""
    await wait_as_asked(request)
    cards = parts_of(request).readers.cards
    asked, as_of = _asked(request), await asked_as_of(request)
    return answer_of(await cards.read(context_of(request).log, asked, now(), as_of))


@router.get(
    "/ui/trends",
    response_model=list[Trend],
    responses=LISTED | INVALID | TIMEOUT,
    openapi_extra=documented(query=TRENDS, headers=WAITING),
)
async def list_trends(request: Request) -> Response:
    """How the numbers of keys went over their last states, and their last changes in words."""
    await wait_as_asked(request)
    trends = parts_of(request).readers.trends
    keys = _list(request, "key", TRENDS_MAX)
    return answer_of(await trends.read(context_of(request).log, keys, await asked_as_of(request)))


def _asked(request: Request) -> CardsAsked:
    """Raises RequestValidationError."""
    query = request.query_params
    q, updated, sort = query.get("q", ""), query.get("updated"), query.get("sort", "-updated")
    if len(q) > SEARCH_MAX:
        message = f"String should have at most {SEARCH_MAX} characters"
        raise invalid_parameter("query", "q", message, q, kind="string_too_long")
    unnamed = query.get("unnamed", "false")
    for name, value, allowed in (
        ("updated", updated, (None, *SPANS)),
        ("sort", sort, SORTED),
        ("unnamed", unnamed, ("true", "false")),
    ):
        if value not in allowed:
            names = ", ".join(each for each in allowed if each)
            raise invalid_parameter("query", name, f"Input should be one of {names}", value)
    return CardsAsked(
        q=q,
        type=_list(request, "type", NAMES_ASKED_MAX),
        flow=_list(request, "flow", NAMES_ASKED_MAX),
        writer=_list(request, "writer", NAMES_ASKED_MAX),
        updated=updated,
        sort=sort.removeprefix("-"),
        descending=sort.startswith("-"),
        unnamed=unnamed == "true",
        offset=number_of(request, "offset", 0, OFFSET_MAX),
        limit=number_of(request, "limit", CARDS_SHOWN, CARDS_PAGE_MAX),
    )


def _list(request: Request, name: str, largest: int) -> list[str]:
    values = request.query_params.getlist(name)
    if len(values) > largest:
        message = f"List should have at most {largest} items"
        raise invalid_parameter("query", name, message, values[largest], kind="too_long")
    return values
