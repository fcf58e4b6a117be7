"""The routes of what changed: between two artifacts, and who last changed each line or cell of a key."""

from collections.abc import Sequence

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from service.api.artifacts import KEY_IN_PATH, LISTED, NOT_FOUND
from service.api.direct import GUARDED, INVALID, UNAVAILABLE, DirectRoute, Responses, documented
from service.api.exchange import POSITION, TIMEOUT, WAITING, answer, invalid_parameter, wait_as_asked
from service.blame import BLAME_PAGE_MAX, BLAME_SHOWN, Blames
from service.changes import CHANGES_MAX, CHANGES_SHOWN, Changes
from service.comparing.row_key import KEY_COLUMNS_MAX
from service.context import context_of
from service.deciding.commands import CollectionNotFound
from service.read import Read
from service.schemas.artifacts import KEY
from service.schemas.changes import Blame, Diff
from service.schemas.refusals import InvalidRequest, Problem

OFFSET_MAX = 10_000_000

router = APIRouter(route_class=DirectRoute, tags=["Artifacts"], responses=GUARDED | UNAVAILABLE)

NAMED = {
    "type": "string",
    "minLength": 1,
    "description": "An artifact's id, or a key: its latest artifact.",
    "required": True,
}
ROW_KEY = {
    "row_key": {
        "type": "array",
        "items": {"type": "string"},
        "maxItems": KEY_COLUMNS_MAX,
        "description": "Columns that tell the rows of a table apart. Default: one is found.",
    }
}
DIFF = {
    "from": NAMED,
    "to": NAMED,
    "limit": {
        "type": "integer",
        "minimum": 0,
        "maximum": CHANGES_MAX,
        "default": CHANGES_SHOWN,
        "description": "Changes of each sort that are shown. Counts are of all.",
    },
} | ROW_KEY
BLAME = {
    "offset": {"type": "integer", "minimum": 0, "maximum": OFFSET_MAX, "default": 0},
    "limit": {
        "type": "integer",
        "minimum": 0,
        "maximum": BLAME_PAGE_MAX,
        "default": BLAME_SHOWN,
        "description": "Lines or rows in the answer.",
    },
} | ROW_KEY
REFUSED: Responses = INVALID | {
    422: {"model": InvalidRequest | Problem, "description": "The request is not valid, or it cannot be compared."}
}


@router.get(
    "/artifacts/diff",
    response_model=Diff,
    responses=LISTED | REFUSED | NOT_FOUND | TIMEOUT,
    openapi_extra=documented(query=DIFF, headers=WAITING),
)
async def diff_artifacts(request: Request) -> Response:
    """What changed from one artifact to another: in tables rows and cells, in texts lines and words."""
    await wait_as_asked(request)
    changes: Changes = request.app.state.changes
    read = await changes.between(
        context_of(request).log,
        _named(request, "from"),
        _named(request, "to"),
        limit=_number(request, "limit", CHANGES_SHOWN, CHANGES_MAX),
        key=_row_key(request),
    )
    return _answer(read)


@router.get(
    "/artifacts/{key}/blame",
    response_model=Blame,
    responses=LISTED | REFUSED | NOT_FOUND | TIMEOUT,
    openapi_extra=documented(path=KEY_IN_PATH, query=BLAME, headers=WAITING),
)
async def blame_artifact(request: Request) -> Response:
    """Which event, and so which run and which actor, last changed each line or cell of what a key says now."""
    await wait_as_asked(request)
    blames: Blames = request.app.state.blames
    key = str(request.path_params["key"])
    if not KEY.fullmatch(key):
        raise CollectionNotFound(key)
    read = await blames.read(
        context_of(request).log,
        key,
        offset=_number(request, "offset", 0, OFFSET_MAX),
        limit=_number(request, "limit", BLAME_SHOWN, BLAME_PAGE_MAX),
        columns=_row_key(request),
    )
    return _answer(read)


def _named(request: Request, name: str) -> str:
    found = request.query_params.get(name)
    if not found:
        raise invalid_parameter("query", name, "Field required: an artifact's id, or a key", found, kind="missing")
    return found


def _row_key(request: Request) -> Sequence[str]:
    columns = request.query_params.getlist("row_key")
    if len(columns) > KEY_COLUMNS_MAX:
        message = f"List should have at most {KEY_COLUMNS_MAX} items"
        raise invalid_parameter("query", "row_key", message, columns[KEY_COLUMNS_MAX], kind="too_long")
    return columns


def _number(request: Request, name: str, default: int, largest: int) -> int:
    text = request.query_params.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 18 and int(text) <= largest):
        raise invalid_parameter("query", name, f"Input should be a whole number from 0 to {largest}", text)
    return int(text)


def _answer(read: Read) -> Response:
    return answer(read.json, 200, {POSITION: str(read.position)})
