"""What the pages of runs show: which wrote, and what one wrote in order."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from service.api.direct import GUARDED, INVALID, UNAVAILABLE, DirectRoute, documented
from service.api.exchange import (
    AS_OF,
    TIMEOUT,
    WAITING,
    answer_of,
    invalid_parameter,
    number_of,
    position_asked,
    wait_as_asked,
)
from service.context import context_of
from service.parts import parts_of
from service.run_writes import (
    RUNS_PAGE_MAX,
    RUNS_SHOWN,
    SEARCH_CHARS_MAX,
    WRITES_PAGE_MAX,
    WRITES_SHOWN,
)
from service.schemas.run_writes import RunPage, RunShown

POSITION_LAST = 10**18 - 1

router = APIRouter(route_class=DirectRoute, tags=["Pages"], responses=GUARDED | UNAVAILABLE)

RUNS: dict[str, dict[str, Any]] = {
    "q": {
        "type": "string",
        "maxLength": SEARCH_CHARS_MAX,
        "description": "Only runs whose name, flow, task, id or one of whose keys contains this.",
    },
    "before": {"type": "integer", "minimum": 0, "description": "The `next` of the page before."},
    "limit": {"type": "integer", "minimum": 1, "maximum": RUNS_PAGE_MAX, "default": RUNS_SHOWN},
    **AS_OF,
}
WRITES: dict[str, dict[str, Any]] = {
    "after": {"type": "integer", "minimum": 0, "default": 0, "description": "The `next` of the page before."},
    "limit": {"type": "integer", "minimum": 1, "maximum": WRITES_PAGE_MAX, "default": WRITES_SHOWN},
    **AS_OF,
}
ID_IN_PATH = {"run_id": {"type": "string", "format": "uuid"}}


@router.get(
    "/ui/runs",
    response_model=RunPage,
    responses=INVALID | TIMEOUT,
    openapi_extra=documented(query=RUNS, headers=WAITING),
)
async def list_runs(request: Request) -> Response:
    """Runs that wrote artifacts, the last to write first."""
    await wait_as_asked(request)
    text = request.query_params.get("q", "").strip()
    if len(text) > SEARCH_CHARS_MAX:
        message = f"String should have at most {SEARCH_CHARS_MAX} characters"
        raise invalid_parameter("query", "q", message, text[:100], kind="string_too_long")
    before = number_of(request, "before", POSITION_LAST, POSITION_LAST)
    limit = number_of(request, "limit", RUNS_SHOWN, RUNS_PAGE_MAX, smallest=1)
    found = await parts_of(request).readers.run_writes.page(
        context_of(request).log, text, before=before, limit=limit, as_of=await position_asked(request)
    )
    return answer_of(found)


@router.get(
    "/ui/runs/{run_id}",
    response_model=RunShown,
    responses=INVALID | TIMEOUT,
    openapi_extra=documented(path=ID_IN_PATH, query=WRITES, headers=WAITING),
)
async def read_run(request: Request) -> Response:
    """What is known of a flow run or a task run, and what it wrote in order, each with its effect on its key."""
    await wait_as_asked(request)
    after = number_of(request, "after", 0, POSITION_LAST)
    limit = number_of(request, "limit", WRITES_SHOWN, WRITES_PAGE_MAX, smallest=1)
    run_id = _run_id(request)
    found = await parts_of(request).readers.run_writes.of_run(
        context_of(request).log, run_id, after=after, limit=limit, as_of=await position_asked(request)
    )
    return answer_of(found)


def _run_id(request: Request) -> str:
    sent = request.path_params["run_id"]
    try:
        return str(UUID(sent))
    except ValueError:
        raise invalid_parameter("path", "run_id", "Input should be a valid UUID", sent) from None
