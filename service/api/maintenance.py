"""Maintenance routes, for the command line: API keys and rebuilds. They need the scope `admin`."""

import json
from collections.abc import AsyncIterator

from fastapi import APIRouter, Request
from msgspec.structs import asdict
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response, StreamingResponse

from projections.rebuild import rebuild_all
from service.errors import problem
from service.keys import LOG_NAME, NAME, KeyExists, KeyNotFound, Scope, create_key, read_keys, revoke_key
from service.maintenance import key_line
from service.schemas import Problem

router = APIRouter(tags=["Maintenance"])


class NewKey(BaseModel):
    """An API key to be made."""

    name: str = Field(pattern=NAME.pattern, examples=["nightly-etl"])
    scope: Scope = Scope.WRITE
    log: str | None = Field(None, pattern=LOG_NAME.pattern, description="Default: all logs.")


class KeyShown(BaseModel):
    """A key, this once with its token."""

    name: str
    token: str


@router.post("/keys", status_code=201, response_model=KeyShown, responses={409: {"model": Problem}})
async def make_key(request: Request, new: NewKey) -> Response:
    """Make an API key. Its token is in this answer and nowhere else."""
    try:
        token = await create_key(request.app.state.store, new.name, new.scope, new.log)
    except KeyExists as error:
        return problem(error, 409)
    request.app.state.access.forget_keys()
    return JSONResponse({"name": new.name, "token": token}, 201)


@router.get("/keys")
async def list_keys(request: Request) -> list[dict[str, str | None]]:
    """All keys, the revoked ones too. No tokens: they are not stored."""
    return [asdict(key_line(key)) for key in await read_keys(request.app.state.store)]


@router.delete("/keys/{name}", status_code=204, response_class=Response, responses={404: {"model": Problem}})
async def drop_key(request: Request, name: str) -> Response:
    """Revoke a key: from now on it opens nothing."""
    try:
        await revoke_key(request.app.state.store, name)
    except KeyNotFound as error:
        return problem(error, 404)
    request.app.state.access.forget_keys()
    return Response(status_code=204)


@router.post("/rebuild", response_class=StreamingResponse)
async def rebuild(request: Request) -> StreamingResponse:
    """Rebuild the read models beside the serving ones. Answers with a line of JSON per step."""

    async def lines() -> AsyncIterator[str]:
        async for step in rebuild_all(request.app.state.store):
            yield json.dumps({"step": type(step).__name__, **asdict(step)}) + "\n"

    return StreamingResponse(lines(), media_type="application/x-ndjson")
