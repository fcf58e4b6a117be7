"""Maintenance routes, for the command line: API keys and rebuilds. They need the scope `admin`."""

import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from fastapi import APIRouter
from msgspec.structs import asdict
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from projections.rebuild import rebuild_all
from projections.steps import Progress, Rebuilt, Way
from service import parsing
from service.api.direct import GUARDED, INVALID, INVALID_BODY, UNAVAILABLE, DirectRoute, Responses, documented
from service.api.exchange import invalid_parameter
from service.body import read_body
from service.context import DEFAULT_LOG, context_of
from service.deciding.commands import CreateKey, RevokeKey
from service.keys import LOG_NAME, NAME, Scope, new_key, read_keys
from service.maintenance import key_line
from service.parts import parts_of
from service.schemas.refusals import Problem
from service.vacuum import vacuum

router = APIRouter(route_class=DirectRoute, tags=["Maintenance"], responses=GUARDED | UNAVAILABLE)

NAME_IN_PATH = {"name": {"type": "string", "pattern": NAME.pattern}}
TAKEN: Responses = {409: {"model": Problem, "description": "There is or was a key of this name."}}
NOT_FOUND: Responses = {404: {"model": Problem, "description": "There is no such key that could be revoked."}}
STEPS: Responses = {200: {"description": "A line of JSON per step.", "content": {"application/x-ndjson": {}}}}
UNKNOWN: Responses = {404: {"model": Problem, "description": "There is no such projection."}}
NOTHING_KEPT: Responses = {409: {"model": Problem, "description": "There are no rows to go back to."}}
REBUILDING: dict[str, dict[str, Any]] = {
    "log": {"type": "string", "description": "Only the read models of this log."},
    "projection": {"type": "string", "description": "Only this one."},
    "way": {"type": "string", "enum": list(Way), "description": "What becomes of the rows that serve. Default: keep."},
}


class NewKey(BaseModel):
    """An API key to be made."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "nightly-etl"}]})

    name: str = Field(pattern=NAME.pattern, description="Who it is for. Recorded as the actor of what is written.")
    scope: Scope = Field(Scope.WRITE, description="`read`, `write` (and read), or `admin` (and all).")
    log: str | None = Field(None, pattern=LOG_NAME.pattern, description="The one log that it opens. Default: all.")


class KeyShown(BaseModel):
    """A key, this once with its token."""

    name: str
    token: str


class KeyListed(BaseModel):
    """A key, without its token."""

    name: str
    scope: Scope
    log: str | None
    created: datetime
    revoked: datetime | None


class SizeShown(BaseModel):
    """How many bytes the database had, and has."""

    bytes_before: int
    bytes_after: int


@router.post(
    "/keys",
    status_code=201,
    response_model=KeyShown,
    responses=INVALID_BODY | TAKEN,
    openapi_extra=documented(NewKey),
)
async def make_key(request: Request) -> Response:
    """Make an API key. Its token is in this answer and nowhere else."""
    parts = parts_of(request)
    body = await read_body(request, parts.settings.max_body_bytes)
    parsing.check_content_type(request, body)
    new = parsing.body_of(body, NewKey)
    token, key = new_key(new.name, new.scope, new.log, parts.store.clock())
    await parts.writer.submit(DEFAULT_LOG, CreateKey(key=key, origin=context_of(request).origin))
    parts.access.forget_keys()
    return JSONResponse({"name": new.name, "token": token}, 201)


@router.get("/keys", response_model=list[KeyListed])
async def list_keys(request: Request) -> Response:
    """All keys, the revoked ones too. No tokens: they are not stored."""
    return JSONResponse([asdict(key_line(key)) for key in await read_keys(parts_of(request).store)])


@router.delete(
    "/keys/{name}",
    status_code=204,
    response_class=Response,
    responses=NOT_FOUND,
    openapi_extra=documented(path=NAME_IN_PATH),
)
async def drop_key(request: Request) -> Response:
    """Revoke a key: from now on it opens nothing."""
    parts, origin = parts_of(request), context_of(request).origin
    await parts.writer.submit(DEFAULT_LOG, RevokeKey(name=request.path_params["name"], origin=origin))
    parts.access.forget_keys()
    return Response(status_code=204)


@router.post("/vacuum", response_model=SizeShown)
async def vacuum_database(request: Request) -> Response:
    """Write the database's files anew, so that they keep nothing of what was erased. Writes wait meanwhile."""
    return JSONResponse(asdict(await vacuum(parts_of(request).store)))


@router.post(
    "/rebuild",
    response_class=StreamingResponse,
    responses=STEPS | INVALID | UNKNOWN | NOTHING_KEPT,
    openapi_extra=documented(query=REBUILDING),
)
async def rebuild(request: Request) -> Response:
    """Rebuild the read models beside the serving ones. Answers with a line of JSON per step."""
    query = request.query_params
    way = _way(query.get("way", Way.KEEP))
    steps = rebuild_all(parts_of(request).store, log=query.get("log"), projection=query.get("projection"), way=way)
    first = await anext(steps, None)  # what is refused is refused before the answer begins

    async def lines() -> AsyncIterator[str]:
        if first is not None:
            yield _line(first)
        async for step in steps:
            yield _line(step)

    return StreamingResponse(lines(), media_type="application/x-ndjson")


def _line(step: Progress | Rebuilt) -> str:
    return json.dumps({"step": type(step).__name__, **asdict(step)}) + "\n"


def _way(text: str) -> Way:
    if text not in list(Way):
        expected = ", ".join(f"'{each}'" for each in Way)
        raise invalid_parameter("query", "way", f"Input should be one of {expected}", text, kind="enum")
    return Way(text)
