"""The routes of the past of artifacts: what happened to one, the versions of a key, what was published once more."""

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from projections.artifacts import Artifact
from service import parsing
from service.api.artifacts import (
    CONFLICT,
    CREATED,
    ID,
    IDEMPOTENT,
    KEY_IN_PATH,
    LISTED,
    NOT_FOUND,
    idempotency_key,
    key_of,
    written_answer,
)
from service.api.changes import OFFSET_MAX
from service.api.direct import GUARDED, INVALID, INVALID_BODY, UNAVAILABLE, DirectRoute, Responses, documented
from service.api.exchange import (
    AS_OF,
    TIMEOUT,
    WAITING,
    answer_of,
    asked_as_of,
    invalid_parameter,
    number_of,
    request_body,
    wait_as_asked,
)
from service.context import context_of
from service.deciding import commands
from service.deciding.commands import ArtifactNotFound
from service.histories import HISTORY_PAGE_MAX, HISTORY_SHOWN
from service.parts import parts_of
from service.past import InvalidAsOf
from service.schemas.artifacts import Artifact as ArtifactShown
from service.schemas.history import RestoreArtifact, RestoreKey, Step, Version
from service.schemas.refusals import Detail, Problem

POSITION_LAST = 10**18 - 1

router = APIRouter(route_class=DirectRoute, tags=["History"], responses=GUARDED | UNAVAILABLE)

LIMIT = {"limit": {"type": "integer", "minimum": 0, "maximum": HISTORY_PAGE_MAX, "default": HISTORY_SHOWN}}
STEPS = LIMIT | {
    "before": {"type": "integer", "minimum": 0, "description": "The version that the page before ended with."}
}
VERSIONS: dict[str, dict[str, Any]] = LIMIT | {
    "before": {"type": "string", "format": "uuid", "description": "The id that the page before ended with."},
    "offset": {
        "type": "integer",
        "minimum": 0,
        "maximum": OFFSET_MAX,
        "default": 0,
        "description": "Versions that are passed over.",
    },
    "deleted": {"type": "boolean", "default": False, "description": "Show those that were deleted, too."},
    **AS_OF,
}
NEVER_THERE: Responses = {404: {"model": Detail, "description": "There was no such artifact then."}}
GONE: Responses = {410: {"model": Problem, "description": "The content is there no more: it was erased, or let go."}}
RESTORED = CREATED | INVALID_BODY | NEVER_THERE | CONFLICT | GONE | TIMEOUT


@router.post(
    "/artifacts/{artifact_id:uuid}/restore",
    status_code=201,
    response_model=ArtifactShown,
    responses=RESTORED,
    openapi_extra=documented(RestoreArtifact, path=ID, headers=IDEMPOTENT, body_required=False),
)
async def restore_artifact(request: Request) -> Response:
    """Publish what an artifact was once more, as the latest version of its key. It may have been deleted."""
    asked = parsing.body_of(await request_body(request), RestoreArtifact)
    artifact_id = str(request.path_params["artifact_id"])
    return await _restore(request, artifact_id, asked.moment)


@router.post(
    "/artifacts/{key}/restore",
    status_code=201,
    response_model=ArtifactShown,
    responses=RESTORED,
    openapi_extra=documented(RestoreKey, path=KEY_IN_PATH, headers=IDEMPOTENT),
)
async def restore_key(request: Request) -> Response:
    """Publish an older version of a key once more, as its latest. The key may have been deleted with all versions."""
    key = key_of(request)
    asked = parsing.body_of(await request_body(request), RestoreKey)
    named = None if asked.artifact_id is None else str(asked.artifact_id)
    return await _restore(request, named, asked.moment, key)


@router.get(
    "/artifacts/{artifact_id:uuid}/history",
    response_model=list[Step],
    responses=LISTED | INVALID | NOT_FOUND | TIMEOUT,
    openapi_extra=documented(path=ID, query=STEPS, headers=WAITING),
)
async def read_history(request: Request) -> Response:
    """What happened to an artifact, the newest first: who, when, in which run, and what changed."""
    await wait_as_asked(request)
    artifact_id = str(request.path_params["artifact_id"])
    before = number_of(request, "before", POSITION_LAST, POSITION_LAST)
    read = await parts_of(request).readers.histories.of_artifact(
        context_of(request).log, artifact_id, before, _limit(request)
    )
    return answer_of(read)


@router.get(
    "/artifacts/{key}/versions",
    response_model=list[Version],
    responses=LISTED | INVALID | NOT_FOUND | TIMEOUT,
    openapi_extra=documented(path=KEY_IN_PATH, query=VERSIONS, headers=WAITING),
)
async def list_versions(request: Request) -> Response:
    """The artifacts of a key, the youngest first, each with what it changed."""
    await wait_as_asked(request)
    query = request.query_params
    before, deleted = query.get("before"), query.get("deleted", "false")
    if deleted not in ("true", "false"):
        raise invalid_parameter("query", "deleted", "Input should be 'true' or 'false'", deleted)
    read = await parts_of(request).readers.histories.of_key(
        context_of(request).log,
        key_of(request),
        before,
        _limit(request),
        offset=number_of(request, "offset", 0, OFFSET_MAX),
        deleted=deleted == "true",
        as_of=await asked_as_of(request),
    )
    return answer_of(read)


def _limit(request: Request) -> int:
    return number_of(request, "limit", HISTORY_SHOWN, HISTORY_PAGE_MAX)


async def _restore(request: Request, artifact_id: str | None, as_of: str | None, key: str | None = None) -> Response:
    state = await _state(request, artifact_id, as_of, key)
    context = context_of(request)
    command = commands.RestoreArtifact(
        position=state.position, origin=context.origin, idempotency_key=idempotency_key(request)
    )
    made = await parts_of(request).artifacts.restore(context.log, command)
    return written_answer(made, 201, made.created[0])


async def _state(request: Request, artifact_id: str | None, as_of: str | None, key: str | None) -> Artifact:
    """The state that is meant. Raises ArtifactNotFound, CollectionNotFound, RequestValidationError, and more."""
    past = parts_of(request).readers.past
    log = context_of(request).log
    try:
        if artifact_id is None:
            return await past.state_of_latest(log, key or "", as_of or "")
        state = await past.state_of_artifact(log, artifact_id, as_of)
    except InvalidAsOf as error:
        raise invalid_parameter("body", "as_of", str(error), error.as_of) from None
    if key is not None and state.key != key:
        raise ArtifactNotFound(artifact_id)
    return state
