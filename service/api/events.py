"""The event routes, Prefect's."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from service.api.direct import GUARDED, INVALID_BODY, UNAVAILABLE, DirectRoute, Responses, documented
from service.api.exchange import AT, POSITION, answer, request_body, settings_of
from service.context import context_of
from service.event_parsing import outside_events
from service.event_schemas import OutsideEvents
from service.events import Events

router = APIRouter(route_class=DirectRoute, tags=["Events"], responses=GUARDED | UNAVAILABLE)

RECORDED: Responses = {204: {"headers": AT}}


@router.post(
    "/events",
    status_code=204,
    response_class=Response,
    responses=RECORDED | INVALID_BODY,
    openapi_extra=documented(OutsideEvents),
)
async def record_events(request: Request) -> Response:
    """Record events from outside, all of them or none, each id once. They are on disk when this answers."""
    events = outside_events(await request_body(request), settings_of(request))
    context = context_of(request)
    position = await _events(request).record(context.log, events, context.origin)
    return answer(None, 204, {POSITION: str(position)})


def _events(request: Request) -> Events:
    return request.app.state.events  # type: ignore[no-any-return]
