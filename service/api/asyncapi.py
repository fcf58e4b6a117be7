"""Where the AsyncAPI document is: beside that of OpenAPI."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from starlette.requests import Request
from starlette.responses import Response

from service.api.direct import GUARDED, DirectRoute
from service.asyncapi import document

router = APIRouter(route_class=DirectRoute, tags=["Server"], responses=GUARDED)


@router.get("/asyncapi.json", response_model=dict[str, object])
async def read_asyncapi(request: Request) -> Response:
    """The document of the sockets, in AsyncAPI 3.0."""
    return JSONResponse(document())
