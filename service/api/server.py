"""What clients ask about the server itself, in Prefect's words."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from starlette.responses import Response

from events.errors import StorageUnavailable
from service.api.direct import GUARDED
from service.context import DEFAULT_LOG
from service.schemas.refusals import Detail

PREFECT_VERSION = "3.9.1"
"""The Prefect release whose contract this server keeps: clients compare their own version with it."""
PREFECT_API_VERSION = "0.8.4"

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
    state = request.app.state
    if not state.writer.is_alive:
        return _not_ready("The writer has stopped; the server must be started again.")
    try:
        await state.store.head(DEFAULT_LOG)
    except StorageUnavailable as error:
        return _not_ready(str(error))
    degraded = {**state.bus.outages, **state.mirrors.outages, **state.bridge.outages}
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


@stand_ins.get("/csrf-token", status_code=422, response_model=Detail, responses=GUARDED)
async def csrf_token(client: str = "") -> Response:
    """Tells clients that no CSRF token is needed: this API takes no cookies."""
    return JSONResponse({"detail": "CSRF protection is disabled."}, 422)


def _not_ready(reason: str) -> Response:
    return JSONResponse({"message": reason}, 503, {"Retry-After": "1"})
