"""The routes of what changed: between two artifacts, and who last changed each line or cell of a key."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from service.api.artifacts import KEY_IN_PATH, LISTED, NOT_FOUND, key_of
from service.api.direct import GUARDED, INVALID, UNAVAILABLE, DirectRoute, Responses, documented
from service.api.exchange import (
    AS_OF,
    TIMEOUT,
    WAITING,
    answer_of,
    asked_as_of,
    invalid_parameter,
    number_of,
    reached,
    wait_as_asked,
)
from service.blame import BLAME_PAGE_MAX, BLAME_SHOWN
from service.changes import CHANGES_MAX, CHANGES_SHOWN, EQUAL_MAX, Named
from service.comparing.row_key import KEY_COLUMNS_MAX
from service.context import context_of
from service.parts import parts_of
from service.schemas.changes import Blame, Diff, Sides
from service.schemas.refusals import Detail, InvalidRequest, Problem

OFFSET_MAX = 10_000_000

router = APIRouter(route_class=DirectRoute, tags=["Artifacts"], responses=GUARDED | UNAVAILABLE)

Parameters = dict[str, dict[str, Any]]

NAMED = (
    "An artifact's id; a key: its latest artifact; or a key and the number of a version, `daily-report:3`. "
    "With `@42` or `@2026-11-21T08:00:00Z` behind it: as it was then."
)
ROW_KEY: Parameters = {
    "row_key": {
        "type": "array",
        "items": {"type": "string"},
        "maxItems": KEY_COLUMNS_MAX,
        "description": "Columns that tell the rows of a table apart. Default: one is found.",
    }
}
SIDES: Parameters = {
    "from": {"type": "string", "description": f"{NAMED} Default: what was before the last change to `to`."},
    "to": {"type": "string", "minLength": 1, "description": NAMED, "required": True},
}
DIFF: Parameters = {
    **SIDES,
    "limit": {
        "type": "integer",
        "minimum": 0,
        "maximum": CHANGES_MAX,
        "default": CHANGES_SHOWN,
        "description": "Changes of each sort that are shown. Counts are of all.",
    },
    "equal": {
        "type": "integer",
        "minimum": 0,
        "maximum": EQUAL_MAX,
        "default": 0,
        "description": "Lines around each change, or rows of a table, that stayed equal and are shown as well.",
    },
    **ROW_KEY,
}
BLAME: Parameters = {
    "offset": {"type": "integer", "minimum": 0, "maximum": OFFSET_MAX, "default": 0},
    "limit": {
        "type": "integer",
        "minimum": 0,
        "maximum": BLAME_PAGE_MAX,
        "default": BLAME_SHOWN,
        "description": "Lines or rows in the answer.",
    },
    "artifact_id": {
        "type": "string",
        "format": "uuid",
        "description": "A version of the key: as of when it was last the latest.",
    },
    **ROW_KEY,
    **AS_OF,
}
REFUSED: Responses = INVALID | {
    422: {"model": InvalidRequest | Problem, "description": "The request is not valid, or it cannot be compared."}
}
NOT_THERE: Responses = {404: {"model": Detail | Problem, "description": "There is no such artifact, or none before."}}


@router.get(
    "/artifacts/diff",
    response_model=Diff,
    responses=LISTED | REFUSED | NOT_THERE | TIMEOUT,
    openapi_extra=documented(query=DIFF, headers=WAITING),
)
async def diff_artifacts(request: Request) -> Response:
    """What changed from one artifact to another: in tables rows and cells, in texts lines and words."""
    await wait_as_asked(request)
    limit, row_key = number_of(request, "limit", CHANGES_SHOWN, CHANGES_MAX), _row_key(request)
    equal = number_of(request, "equal", 0, EQUAL_MAX)
    before, after = await _two(request)
    changes = parts_of(request).readers.changes
    return answer_of(
        await changes.between(context_of(request).log, before, after, limit=limit, key=row_key, equal=equal)
    )


@router.get(
    "/ui/sides",
    response_model=Sides,
    responses=LISTED | INVALID | NOT_THERE | TIMEOUT,
    openapi_extra=documented(query=SIDES, headers=WAITING),
)
async def read_sides(request: Request) -> Response:
    """The two artifacts that a diff would compare, each with the beginning of its data. Nothing is compared."""
    await wait_as_asked(request)
    before, after = await _two(request)
    changes = parts_of(request).readers.changes
    return answer_of(await changes.sides(context_of(request).log, before, after))


@router.get(
    "/artifacts/{key}/blame",
    response_model=Blame,
    responses=LISTED | REFUSED | NOT_FOUND | TIMEOUT,
    openapi_extra=documented(path=KEY_IN_PATH, query=BLAME, headers=WAITING),
)
async def blame_artifact(request: Request) -> Response:
    """Which event, and so which run and which actor, last changed each line or cell of what a key says."""
    await wait_as_asked(request)
    blames = parts_of(request).readers.blames
    key = key_of(request)
    read = await blames.read(
        context_of(request).log,
        key,
        offset=number_of(request, "offset", 0, OFFSET_MAX),
        limit=number_of(request, "limit", BLAME_SHOWN, BLAME_PAGE_MAX),
        columns=_row_key(request),
        artifact_id=request.query_params.get("artifact_id"),
        as_of=await asked_as_of(request),
    )
    return answer_of(read)


async def _two(request: Request) -> tuple[Named | None, Named]:
    before, after = await _named(request, "from"), await _named(request, "to")
    if after is None:
        raise invalid_parameter("query", "to", "Field required: an artifact's id, or a key", None, kind="missing")
    return before, after


async def _named(request: Request, parameter: str) -> Named | None:
    """The artifact that a parameter names, once what it was at its position is known."""
    text = request.query_params.get(parameter)
    if text is None:
        return None
    name, at, as_of = text.partition("@")
    return Named(name, await reached(request, parameter, as_of) if at else None)


def _row_key(request: Request) -> Sequence[str]:
    columns = request.query_params.getlist("row_key")
    if len(columns) > KEY_COLUMNS_MAX:
        message = f"List should have at most {KEY_COLUMNS_MAX} items"
        raise invalid_parameter("query", "row_key", message, columns[KEY_COLUMNS_MAX], kind="too_long")
    return columns
