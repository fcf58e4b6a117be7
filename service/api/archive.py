"""The routes of the archive: old bodies go there, and come back."""

import json
from collections.abc import AsyncIterator

from fastapi import APIRouter
from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from events.errors import EventLogError
from service import parsing
from service.api.direct import GUARDED, INVALID_BODY, UNAVAILABLE, DirectRoute, Responses, documented
from service.api.exchange import request_body
from service.archive.described import ArchiveDamaged, Stored
from service.context import context_of
from service.parts import parts_of
from service.schemas.archive import ArchiveAsked, StoredShown
from service.schemas.refusals import Problem
from service.streams.starting import InvalidStart, upto_before

router = APIRouter(route_class=DirectRoute, tags=["Archive"], responses=GUARDED | UNAVAILABLE)

SHOWN = tuple(StoredShown.model_fields)
FILES: Responses = {
    200: {
        "description": "A line of JSON per file: a StoredShown; an `error` ends them.",
        "content": {"application/x-ndjson": {}},
    },
    501: {"model": Problem, "description": "What reads and writes archives is not installed here."},
    502: {"model": Problem, "description": "A file of the archive is not what was stored."},
}


@router.post(
    "/archive",
    response_class=StreamingResponse,
    responses=FILES | INVALID_BODY,
    openapi_extra=documented(ArchiveAsked),
)
async def archive(request: Request) -> Response:
    """Move old bodies of artifacts to files, which are read again before the database lets go of them."""
    asked = parsing.body_of(await request_body(request), ArchiveAsked)
    log = context_of(request).log
    try:
        upto = await upto_before(parts_of(request).store, log, asked.before)
    except InvalidStart as error:
        detail = {"type": "value_error", "loc": ["body", "before"], "msg": str(error), "input": asked.before}
        raise RequestValidationError([detail]) from None
    return await _streamed(parts_of(request).archiving.archive(log, parts_of(request).settings.archive_url, upto))


@router.post("/archive/restore", response_class=StreamingResponse, responses=FILES)
async def restore(request: Request) -> Response:
    """Bring all archived bodies back into the database. The files stay where they are."""
    return await _streamed(parts_of(request).archiving.restore(context_of(request).log))


async def _streamed(files: AsyncIterator[Stored]) -> Response:
    """What fails before the first file is there is answered as an error; what fails later, in a last line."""
    first = await anext(files, None)

    async def lines() -> AsyncIterator[str]:
        if first is None:
            return
        yield _line(first)
        try:
            async for stored in files:
                yield _line(stored)
        except (EventLogError, ArchiveDamaged, OSError) as error:
            yield json.dumps({"error": str(error)}) + "\n"

    return StreamingResponse(lines(), media_type="application/x-ndjson")


def _line(stored: Stored) -> str:
    return json.dumps({name: getattr(stored, name) for name in SHOWN}) + "\n"
