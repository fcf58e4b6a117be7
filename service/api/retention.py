"""The routes of retention: policies, what they would let go, and their application."""

from typing import Any

from fastapi import APIRouter
from fastapi.exceptions import RequestValidationError
from msgspec.structs import asdict
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from events.clock import as_text
from projections.policies import PolicyRow
from service import parsing
from service.api.direct import GUARDED, INVALID, INVALID_BODY, UNAVAILABLE, DirectRoute, Responses, documented
from service.api.exchange import AT, POSITION, request_body
from service.context import context_of
from service.parts import parts_of
from service.retention.policy import Policy
from service.retention.retention import Tally
from service.schemas.refusals import Problem
from service.schemas.retention import POLICY_NAME, GoneShown, PolicyPut, PolicyShown, Preview

router = APIRouter(route_class=DirectRoute, tags=["Retention"], responses=GUARDED | UNAVAILABLE)

PREVIEWED = "preview"
"""The name under which a policy is shown that is not set."""
NAME_IN_PATH = {"name": {"type": "string", "pattern": f"^{POLICY_NAME.pattern}$"}}
NOT_FOUND: Responses = {404: {"model": Problem, "description": "There is no such policy."}}
TOO_MANY: Responses = {409: {"model": Problem, "description": "The log has as many policies as it may have."}}
BUSY: Responses = {409: {"model": Problem, "description": "The policies are being applied already."}}
DONE: Responses = {204: {"headers": AT}}


@router.put(
    "/retention/{name}",
    status_code=204,
    response_class=Response,
    responses=DONE | INVALID_BODY | TOO_MANY,
    openapi_extra=documented(PolicyPut, path=NAME_IN_PATH),
)
async def put_policy(request: Request) -> Response:
    """Set a retention policy. It is applied in the background, from the next time on."""
    policy = _policy(_name(request), parsing.body_of(await request_body(request), PolicyPut))
    context = context_of(request)
    return _at(await parts_of(request).retention.put(context.log, policy, context.origin))


@router.get(
    "/retention/{name}",
    response_model=PolicyShown,
    responses=NOT_FOUND,
    openapi_extra=documented(path=NAME_IN_PATH),
)
async def read_policy(request: Request) -> Response:
    """A retention policy."""
    found = await parts_of(request).retention.policy(context_of(request).log, request.path_params["name"])
    return JSONResponse(_shown(*found))


@router.get("/retention", response_model=list[PolicyShown])
async def list_policies(request: Request) -> Response:
    """All retention policies, in the order in which they are asked whether they cover an artifact."""
    policies = await parts_of(request).retention.policies(context_of(request).log)
    return JSONResponse([_shown(*found) for found in policies])


@router.delete(
    "/retention/{name}",
    status_code=204,
    response_class=Response,
    responses=DONE | NOT_FOUND,
    openapi_extra=documented(path=NAME_IN_PATH),
)
async def remove_policy(request: Request) -> Response:
    """Remove a retention policy. What it would let go stays."""
    context = context_of(request)
    return _at(await parts_of(request).retention.remove(context.log, request.path_params["name"], context.origin))


@router.post(
    "/retention/preview",
    response_model=Preview,
    responses=INVALID_BODY,
    openapi_extra=documented(PolicyPut, body_required=False),
)
async def preview(request: Request) -> Response:
    """What the policies would let go now; with a policy as the body, what that one alone would. Nothing goes."""
    body = await request_body(request)
    asked = None
    if body not in (b"", b"null"):
        asked = [_policy(PREVIEWED, parsing.body_of(body, PolicyPut))]
    tally, is_complete = await parts_of(request).retention.preview(context_of(request).log, asked)
    return JSONResponse({"policies": _gone(tally), "is_complete": is_complete})


@router.post("/retention/apply", response_model=list[GoneShown], responses=INVALID | BUSY)
async def apply(request: Request) -> Response:
    """Apply the policies now, no faster than in the background; answers when all has gone that they let go."""
    return JSONResponse(_gone(await parts_of(request).retention.apply(context_of(request).log)))


def _name(request: Request) -> str:
    name = str(request.path_params["name"])
    if not POLICY_NAME.fullmatch(name):
        message = f"Input should match {POLICY_NAME.pattern}"
        detail = {"type": "string_pattern_mismatch", "loc": ["path", "name"], "msg": message, "input": name}
        raise RequestValidationError([detail])
    return name


def _policy(name: str, asked: PolicyPut) -> Policy:
    return Policy(
        name=name,
        keys=asked.keys,
        types=None if asked.types is None else tuple(asked.types),
        keep_for_s=asked.keep_for_s,
        keep_versions=asked.keep_versions,
        keep_one_in=asked.keep_one_in,
        latest_too=asked.latest_too,
    )


def _shown(policy: Policy, row: PolicyRow) -> dict[str, Any]:
    return {**asdict(policy), "updated": as_text(row.updated), "position": row.position}


def _gone(tally: Tally) -> list[dict[str, Any]]:
    return [{"policy": name, **asdict(gone)} for name, gone in tally.items()]


def _at(position: int) -> Response:
    return Response(None, 204, {POSITION: str(position)})
