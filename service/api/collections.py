"""The routes of the page of a key: its facts, and any number that it had over time."""

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from service.api.artifacts import KEY_IN_PATH, LISTED, NOT_FOUND
from service.api.direct import GUARDED, INVALID, UNAVAILABLE, DirectRoute, Responses, documented
from service.api.exchange import (
    AS_OF,
    TIMEOUT,
    WAITING,
    answer_of,
    asked_as_of,
    invalid_parameter,
    number_of,
    wait_as_asked,
)
from service.context import context_of
from service.deciding.commands import CollectionNotFound
from service.measures import Cell, Number
from service.parts import parts_of
from service.schemas.artifacts import KEY
from service.schemas.collections import CollectionFacts
from service.schemas.collections import Series as SeriesShown
from service.schemas.refusals import Problem
from service.series import CELL, MEASURES, NUMBER, SERIES_POINTS_MAX, Asked

SOUGHT_CHARS_MAX = 500
"""Characters of the text by which a number, or a cell, is found again."""

router = APIRouter(route_class=DirectRoute, tags=["Page"], responses=GUARDED | UNAVAILABLE)

Parameters = dict[str, dict[str, Any]]

_SOUGHT = {"type": "string", "maxLength": SOUGHT_CHARS_MAX}
SERIES: Parameters = {
    "measure": {
        "type": "string",
        "enum": list(MEASURES),
        "description": "Default: of `value`, `rows`, `words` and `bytes` the first that the data has.",
    },
    "row_key": _SOUGHT | {"description": "Of `cell`: the column that tells rows apart."},
    "row": _SOUGHT | {"description": "Of `cell`: what stands there in the row that is meant."},
    "column": _SOUGHT | {"description": "Of `cell`: the column in which the number stands."},
    "text": _SOUGHT | {"description": "Of `number`: the words before it in its line."},
    "limit": {
        "type": "integer",
        "minimum": 0,
        "maximum": SERIES_POINTS_MAX,
        "default": SERIES_POINTS_MAX,
        "description": "The last writes that are told.",
    },
    **AS_OF,
}
UNKNOWN: Responses = {404: {"model": Problem, "description": "There is no such key. `facts.nearest`: similar ones."}}


@router.get(
    "/ui/keys/{key}",
    response_model=CollectionFacts,
    responses=LISTED | INVALID | UNKNOWN | TIMEOUT,
    openapi_extra=documented(path=KEY_IN_PATH, query=AS_OF, headers=WAITING),
)
async def read_collection(request: Request) -> Response:
    """What there is to say of a key: how many versions, when it was deleted and by whom, which keys are beside it."""
    await wait_as_asked(request)
    as_of = await asked_as_of(request)
    collections = parts_of(request).readers.collections
    return answer_of(await collections.facts(context_of(request).log, str(request.path_params["key"]), as_of))


@router.get(
    "/ui/keys/{key}/series",
    response_model=SeriesShown,
    responses=LISTED | INVALID | NOT_FOUND | TIMEOUT,
    openapi_extra=documented(path=KEY_IN_PATH, query=SERIES, headers=WAITING),
)
async def read_series(request: Request) -> Response:
    """A number that a key had, write by write: how much there was of it, a cell, or a number in a text."""
    await wait_as_asked(request)
    as_of = await asked_as_of(request)
    asked, limit = _asked(request), number_of(request, "limit", SERIES_POINTS_MAX, SERIES_POINTS_MAX)
    series = parts_of(request).readers.series
    key = str(request.path_params["key"])
    if not KEY.fullmatch(key):
        raise CollectionNotFound(key)
    return answer_of(await series.read(context_of(request).log, key, asked, limit, as_of))


def _asked(request: Request) -> Asked:
    """Raises RequestValidationError."""
    measure = request.query_params.get("measure")
    match measure:
        case None:
            return Asked(None)
        case "cell":
            return Asked(CELL, Cell(*(_sought(request, name) for name in ("row_key", "row", "column"))))
        case "number":
            return Asked(NUMBER, Number(_sought(request, "text")))
    if measure not in MEASURES:
        raise invalid_parameter("query", "measure", f"Input should be one of {', '.join(MEASURES)}", measure)
    return Asked(measure)


def _sought(request: Request, name: str) -> str:
    text = request.query_params.get(name)
    if text is None:
        measure = request.query_params["measure"]
        raise invalid_parameter("query", name, f"Field required: the measure {measure} needs it", None, kind="missing")
    if len(text) > SOUGHT_CHARS_MAX:
        message = f"String should have at most {SOUGHT_CHARS_MAX} characters"
        raise invalid_parameter("query", name, message, text, kind="string_too_long")
    return text
