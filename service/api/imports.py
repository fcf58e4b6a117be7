"""The route by which `import-prefect` asks a running server to take what it brings. It needs the scope `admin`."""

import msgspec
from fastapi import APIRouter
from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from service import parsing
from service.api.direct import GUARDED, INVALID_BODY, UNAVAILABLE, DirectRoute, documented
from service.body import read_body
from service.context import DEFAULT_LOG, context_of
from service.deciding.commands import ImportArtifacts
from service.moving.intake import Imports, commands_of
from service.parts import parts_of
from service.provenance import from_import
from service.schemas.imports import Imported, ImportPage

IMPORT_BODY_BYTES_MAX = 128 * 1024 * 1024
"""Body of a request: content is text within JSON there, and an artifact may have much of it."""

router = APIRouter(route_class=DirectRoute, tags=["Maintenance"], responses=GUARDED | UNAVAILABLE)


@router.post(
    "/imports",
    response_model=Imported,
    responses=INVALID_BODY,
    openapi_extra=documented(ImportPage, body_required=False),
)
async def take_imports(request: Request) -> Response:
    """Take what was brought from a Prefect server into the log `default`, each event once."""
    body = await read_body(request, IMPORT_BODY_BYTES_MAX)
    parsing.check_content_type(request, body)
    parsing.body_of(body, ImportPage)
    imports = _decoded(body)
    sender = context_of(request).origin
    origin = from_import(sender.address, sender.request_id)
    recorded = 0
    for command in commands_of(imports, parts_of(request).settings, origin):
        size_bytes = len(body) if isinstance(command, ImportArtifacts) else 0
        recorded += len(await parts_of(request).writer.submit(DEFAULT_LOG, command, size_bytes=size_bytes))
    return JSONResponse({"recorded": recorded})


def _decoded(body: bytes) -> Imports:
    """A body that was found valid; what only Python's own JSON reads is refused. Raises RequestValidationError."""
    try:
        return msgspec.json.decode(body or b"null", type=Imports | None) or Imports()
    except (msgspec.DecodeError, RecursionError) as error:
        detail = {"type": "json_invalid", "loc": ["body"], "msg": str(error), "input": None}
        raise RequestValidationError([detail]) from None
