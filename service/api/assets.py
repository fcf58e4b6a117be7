"""The routes of assets, and of the projections that such routes answer from.

A key is a URI and has slashes. In a path it is percent-encoded, as one segment. The server sees the path decoded, so
it looks at the path as it was sent to tell `/assets/{key}/lineage` from an asset whose key ends in `/lineage`.
"""

import re

from fastapi import APIRouter
from fastapi.exceptions import RequestValidationError
from msgspec.structs import asdict
from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from projections.asset_reader import LINEAGE_DEPTH_MAX
from service.api.direct import GUARDED, INVALID, UNAVAILABLE, DirectRoute, Responses, documented
from service.api.exchange import AT, WAITING, answer_of, wanted_position
from service.assets import MATERIALIZATIONS_SHOWN
from service.context import context_of
from service.parts import parts_of
from service.schemas.assets import Asset, AssetWithMaterializations, Lineage, Projection
from service.schemas.refusals import Detail, InvalidRequest, Problem
from service.settings import Settings

LINEAGE_DEPTH = 5
"""Steps of lineage in an answer, unless others are asked for."""
POSITION_LAST = 2**63 - 1

_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,19}")
_LINEAGE = "/lineage"


class Anything(Convertor[str]):
    """What `path` is, and line breaks: keys of assets have them."""

    regex = r"[\s\S]*"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("anything", Anything())

router = APIRouter(route_class=DirectRoute, tags=["Assets"], responses=GUARDED | UNAVAILABLE)

KEY = {"key": {"type": "string", "minLength": 1, "description": "The asset's key, percent-encoded, slashes too."}}
LIMIT = {"type": "integer", "minimum": 0, "maximum": Settings.model_fields["max_page"].default}
PAGE = {
    "prefix": {"type": "string", "description": "What the keys start with."},
    "after": {"type": "string", "description": "The last key of the page before."},
    "limit": LIMIT | {"default": LIMIT["maximum"]},
}
MATERIALIZATION_PAGE = {
    "before": {
        "type": "integer",
        "minimum": 0,
        "maximum": POSITION_LAST,
        "description": "The position of the last materialization of the page before.",
    },
    "limit": LIMIT | {"default": MATERIALIZATIONS_SHOWN},
}
DEPTH = {"depth": {"type": "integer", "minimum": 1, "maximum": LINEAGE_DEPTH_MAX, "default": LINEAGE_DEPTH}}
NOT_FOUND: Responses = {404: {"model": Problem, "description": "No event names such an asset."}}
REFUSED: Responses = INVALID | {422: {"model": InvalidRequest | Detail, "description": "The request is not valid."}}
LISTED: Responses = {200: {"headers": AT}}
BEHIND: Responses = {504: {"model": Problem, "description": "The projection did not get there in time."}}


@router.get(
    "/assets",
    response_model=list[Asset],
    responses=LISTED | REFUSED | BEHIND,
    openapi_extra=documented(query=PAGE, headers=WAITING),
)
async def list_assets(request: Request) -> Response:
    """A page of assets, by key."""
    query = request.query_params
    read = await parts_of(request).readers.assets.list(
        context_of(request).log,
        prefix=query.get("prefix", ""),
        after=query.get("after", ""),
        limit=_number(request, "limit"),
        wanted=wanted_position(request) or 0,
    )
    return answer_of(read)


@router.get(
    "/assets/{key:anything}/lineage",
    response_model=Lineage,
    responses=LISTED | REFUSED | NOT_FOUND | BEHIND,
    openapi_extra=documented(path=KEY, query=DEPTH, headers=WAITING),
)
async def read_lineage(request: Request) -> Response:
    """What an asset was made from, and what was made from it, up to a depth. Cycles do no harm."""
    if not _was_sent_with(request, _LINEAGE):
        return await _asset(request, _key(request) + _LINEAGE)
    depth = _number(request, "depth")
    if depth is not None and not 1 <= depth <= LINEAGE_DEPTH_MAX:
        raise _invalid("depth", f"Input should be from 1 to {LINEAGE_DEPTH_MAX}", str(depth))
    read = await parts_of(request).readers.assets.lineage(
        context_of(request).log,
        _key(request),
        depth=LINEAGE_DEPTH if depth is None else depth,
        wanted=wanted_position(request) or 0,
    )
    return answer_of(read)


@router.get(
    "/assets/{key:anything}",
    response_model=AssetWithMaterializations,
    responses=LISTED | REFUSED | NOT_FOUND | BEHIND,
    openapi_extra=documented(path=KEY, query=MATERIALIZATION_PAGE, headers=WAITING),
)
async def read_asset(request: Request) -> Response:
    """One asset with its newest materializations and their metadata."""
    return await _asset(request, _key(request))


@router.get("/projections", response_model=list[Projection], responses={200: {}})
async def list_projections(request: Request) -> Response:
    """How far the projections that follow the log have come, each generation of them."""
    states = await parts_of(request).runner.states(context_of(request).log)
    return JSONResponse([asdict(each) for each in states])


async def _asset(request: Request, key: str) -> Response:
    before = _number(request, "before")
    read = await parts_of(request).readers.assets.read(
        context_of(request).log,
        key,
        before=POSITION_LAST if before is None else before,
        limit=_number(request, "limit"),
        wanted=wanted_position(request) or 0,
    )
    return answer_of(read)


def _key(request: Request) -> str:
    return str(request.path_params["key"])


def _was_sent_with(request: Request, ending: str) -> bool:
    """Whether the path ended so before it was decoded."""
    sent: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    return sent.endswith(ending.encode())


def _number(request: Request, name: str) -> int | None:
    """A whole number of the query, if it is there. Raises RequestValidationError."""
    text = request.query_params.get(name)
    if text is None:
        return None
    if not _WHOLE_NUMBER.fullmatch(text) or not -POSITION_LAST <= int(text) <= POSITION_LAST:
        raise _invalid(name, "Input should be a whole number", text)
    return int(text)


def _invalid(name: str, message: str, value: str) -> RequestValidationError:
    return RequestValidationError([{"type": "value_error", "loc": ["query", name], "msg": message, "input": value}])
