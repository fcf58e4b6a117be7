"""The routes of erasures. They need the scope `admin`."""

from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from service import parsing
from service.api.direct import GUARDED, INVALID, INVALID_BODY, UNAVAILABLE, DirectRoute, Responses, documented
from service.api.exchange import POSITION, answer, invalid_parameter, request_body
from service.context import context_of
from service.erasing.erasing import is_over
from service.erasing.erasures import ERASURES_PAGE_MAX
from service.parts import parts_of
from service.schemas.erasures import ErasureAsked, ErasureShown
from service.schemas.refusals import Problem

router = APIRouter(route_class=DirectRoute, tags=["Maintenance"], responses=GUARDED | UNAVAILABLE)

BEFORE = {
    "before": {"type": "integer", "minimum": 1, "maximum": 10**18 - 1, "description": "Only those requested before."},
    "limit": {"type": "integer", "minimum": 1, "maximum": ERASURES_PAGE_MAX, "description": "Erasures in the page."},
}
ID = {"erasure_id": {"type": "string", "format": "uuid"}}
REFUSED: Responses = INVALID_BODY | {
    202: {"model": ErasureShown, "description": "It is recorded, and under way: look at it until it is completed."},
    404: {"model": Problem, "description": "There is nothing to erase."},
    409: {"model": Problem, "description": "What would go is not what was shown, or too much for one erasure."},
}
NOT_FOUND: Responses = {404: {"model": Problem, "description": "There is no such erasure."}}


@router.post("/erasures", response_model=ErasureShown, responses=REFUSED, openapi_extra=documented(ErasureAsked))
async def erase(request: Request) -> Response:
    """Show what would be erased; with `confirm`, erase it. The events stay, with their proofs, without content."""
    asked = parsing.body_of(await request_body(request), ErasureAsked)
    context, erasing = context_of(request), parts_of(request).erasing
    if asked.confirm is None:
        return answer((await erasing.erasures.show(context.log, asked)).model_dump_json(), 200)
    shown = await erasing.erase(context.log, asked, context.origin, parts_of(request).settings.wait_timeout_s)
    at = shown.completed or shown.requested
    headers = {POSITION: str(at), "Location": f"{request.scope.get('root_path', '')}/erasures/{shown.id}"}
    return answer(shown.model_dump_json(), 200 if is_over(shown) else 202, headers)


@router.get("/erasures", response_model=list[ErasureShown], responses=INVALID, openapi_extra=documented(query=BEFORE))
async def list_erasures(request: Request) -> Response:
    """The erasures that were asked for last, and what became of them."""
    before, limit = _number(request, "before", 10**18 - 1), _number(request, "limit", ERASURES_PAGE_MAX)
    page = await parts_of(request).erasing.erasures.page(context_of(request).log, before, limit)
    return answer(f"[{','.join(each.model_dump_json() for each in page)}]", 200)


@router.get(
    "/erasures/{erasure_id}",
    response_model=ErasureShown,
    responses=NOT_FOUND | INVALID,
    openapi_extra=documented(path=ID),
)
async def read_erasure(request: Request) -> Response:
    """One erasure: how far it is."""
    id = request.path_params["erasure_id"]
    try:
        id = str(UUID(id))
    except ValueError:
        raise invalid_parameter("path", "erasure_id", "Input should be a valid UUID", id) from None
    return answer((await parts_of(request).erasing.find(context_of(request).log, id)).model_dump_json(), 200)


def _number(request: Request, name: str, most: int) -> int:
    """Raises RequestValidationError."""
    text = request.query_params.get(name, str(most))
    if not (text.isascii() and text.isdigit() and len(text) <= 18 and 1 <= int(text) <= most):
        raise invalid_parameter("query", name, f"Input should be a whole number from 1 to {most}", text[:100])
    return int(text)
