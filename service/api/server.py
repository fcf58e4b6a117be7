"""What clients ask about the server itself, in Prefect's words."""

import secrets
from datetime import UTC, datetime, timedelta

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from starlette.responses import Response

from events.errors import StorageUnavailable
from service.api.direct import GUARDED
from service.context import DEFAULT_LOG
from service.parts import parts_of
from service.schemas.refusals import Detail
from service.schemas.server import CsrfToken

PREFECT_VERSION = "3.9.1"
"""The Prefect release whose contract this server keeps: clients compare their own version with it."""
PREFECT_API_VERSION = "0.8.4"
STAND_IN_TOKEN_S = 60
"""How long a client uses a CSRF token that it got while the upstream was away."""

router = APIRouter(tags=["Server"])
stand_ins = APIRouter(tags=["Server"])
"""What the upstream is asked, if there is one. Clients outside of runs need no more of it to work while it is away."""


@router.get("/health", response_model=bool)
async def health() -> bool:
    """Whether the process runs."""
    return True


@router.get("/ready", responses={503: {"description": "The server cannot serve just now."}})
async def ready(request: Request) -> Response:
    """Whether the server can read and write. `degraded` names what it does without meanwhile, and why."""
    parts = parts_of(request)
    if not parts.writer.is_alive:
        return _not_ready("The writer has stopped; the server must be started again.")
    try:
        await parts.store.head(DEFAULT_LOG)
    except StorageUnavailable as error:
        return _not_ready(str(error))
    degraded = {**parts.bus.outages, **parts.mirrors.outages, **parts.bridge.outages, **parts.watch.outages}
    return JSONResponse({"message": "OK", **({"degraded": degraded} if degraded else {})})


@stand_ins.get("/hello", response_model=str, responses=GUARDED)
async def hello() -> str:
    """A greeting."""
    return "👋"


@stand_ins.get("/version", response_model=str, responses=GUARDED)
async def api_version() -> str:
    """The version of Prefect's API that is spoken here."""
    return PREFECT_API_VERSION


@stand_ins.get("/admin/version", response_model=str, responses=GUARDED)
async def version() -> str:
    """The Prefect release that clients may take this server for."""
    return PREFECT_VERSION


@stand_ins.get("/admin/settings", responses=GUARDED)
async def settings() -> dict[str, object]:
    """What Prefect's UI asks for when it starts. No secrets."""
    return {"api": {"url": None}, "ui": {"enabled": False}}


@stand_ins.get(
    "/csrf-token",
    status_code=422,
    response_model=Detail,
    responses={200: {"model": CsrfToken, "description": "The Prefect server behind this one is away."}, **GUARDED},
)
async def csrf_token(request: Request, client: str = "") -> Response:
    """Tells clients that no CSRF token is needed: this API takes no cookies.

    A client that believes it asks no more. So in the place of an upstream that is away, which may need tokens, it gets
    one: the upstream will refuse that, and the client then asks it for another.
    """
    if parts_of(request).upstream is None:
        return JSONResponse({"detail": "CSRF protection is disabled."}, 422)
    expiration = datetime.now(UTC) + timedelta(seconds=STAND_IN_TOKEN_S)
    return JSONResponse({"token": secrets.token_hex(32), "client": client, "expiration": expiration.isoformat()})


def _not_ready(reason: str) -> Response:
    return JSONResponse({"message": reason}, 503, {"Retry-After": "1"})
