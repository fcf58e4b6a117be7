"""The route of moments: where a reader stands in the log."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from service.api.artifacts import LISTED
from service.api.direct import GUARDED, INVALID, UNAVAILABLE, DirectRoute, documented
from service.api.exchange import (
    AS_OF,
    TIMEOUT,
    WAITING,
    answer_of,
    invalid_parameter,
    reached,
    wait_as_asked,
)
from service.context import context_of
from service.parts import parts_of
from service.schemas.artifacts import KEY
from service.schemas.moments import Moment

router = APIRouter(route_class=DirectRoute, tags=["Page"], responses=GUARDED | UNAVAILABLE)

MOMENT = {
    "at": {**AS_OF["as_of"], "description": "A position, or a time such as `2026-11-21T08:00:00Z`. Default: the head."},
    "key": {"type": "string", "description": "Go from one change of this key to the next, not from event to event."},
}


@router.get(
    "/ui/moments",
    response_model=Moment,
    responses=LISTED | INVALID | TIMEOUT,
    openapi_extra=documented(query=MOMENT, headers=WAITING),
)
async def read_moment(request: Request) -> Response:
    """What was recorded at a position, how many keys have changed since, and the way to the one before and after."""
    await wait_as_asked(request)
    at, key = request.query_params.get("at"), request.query_params.get("key")
    if key is not None and not KEY.fullmatch(key):
        raise invalid_parameter("query", "key", "Input should be lowercase letters, numbers and dashes", key[:100])
    moments = parts_of(request).readers.moments
    position = None if at is None else await reached(request, "at", at)
    read = await moments.read(context_of(request).log, position, key)
    return answer_of(read)
