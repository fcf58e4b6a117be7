"""The routes of pins: what no retention policy touches."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from service.api.artifacts import DELETED, ID, LISTED, NOT_FOUND
from service.api.direct import GUARDED, INVALID, UNAVAILABLE, DirectRoute, documented
from service.api.exchange import POSITION, TIMEOUT, WAITING, answer_of, invalid_parameter, wait_as_asked
from service.context import context_of
from service.deciding.commands import PinArtifact, UnpinArtifact
from service.parts import parts_of
from service.schemas.pins import Pin

AFTER_MAX = 36
"""Characters of an id to go on after."""

router = APIRouter(route_class=DirectRoute, tags=["Retention"], responses=GUARDED | UNAVAILABLE)

PAGE = {
    "after": {"type": "string", "maxLength": AFTER_MAX, "description": "Go on after this id."},
    "limit": {"type": "integer", "minimum": 1, "description": "How many, at most `DIGSITE_MAX_PAGE`."},
}


@router.put(
    "/artifacts/{artifact_id:uuid}/pin",
    status_code=204,
    response_class=Response,
    responses=DELETED | INVALID | NOT_FOUND,
    openapi_extra=documented(path=ID),
)
async def pin_artifact(request: Request) -> Response:
    """Keep an artifact, its content and its history, from every retention policy."""
    return await _pin(request, PinArtifact)


@router.delete(
    "/artifacts/{artifact_id:uuid}/pin",
    status_code=204,
    response_class=Response,
    responses=DELETED | INVALID | NOT_FOUND,
    openapi_extra=documented(path=ID),
)
async def unpin_artifact(request: Request) -> Response:
    """Leave an artifact to the retention policies again."""
    return await _pin(request, UnpinArtifact)


@router.get(
    "/pins",
    response_model=list[Pin],
    responses=LISTED | INVALID | TIMEOUT,
    openapi_extra=documented(query=PAGE, headers=WAITING),
)
async def list_pins(request: Request) -> Response:
    """What is pinned, by id."""
    after, limit = _page(request)
    await wait_as_asked(request)
    read = await parts_of(request).artifacts.pins(context_of(request).log, after, limit)
    return answer_of(read)


async def _pin(request: Request, command: type[PinArtifact] | type[UnpinArtifact]) -> Response:
    context = context_of(request)
    asked = command(id=str(request.path_params["artifact_id"]), origin=context.origin)
    position = await parts_of(request).artifacts.pin(context.log, asked)
    return Response(None, 204, {POSITION: str(position)})


def _page(request: Request) -> tuple[str, int]:
    """Raises RequestValidationError."""
    after, most = request.query_params.get("after", ""), parts_of(request).settings.max_page
    limit = request.query_params.get("limit", str(most))
    if len(after) > AFTER_MAX or not after.isprintable():
        raise invalid_parameter("query", "after", "Input should be an id", after[:AFTER_MAX])
    if not (limit.isascii() and limit.isdigit() and len(limit) <= 9 and 1 <= int(limit) <= most):
        raise invalid_parameter("query", "limit", f"Input should be a whole number from 1 to {most}", limit[:100])
    return after, int(limit)
