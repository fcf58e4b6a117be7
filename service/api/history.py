"""The routes of the past of artifacts: what was is published again."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from projections.artifacts import Artifact
from service import parsing
from service.api.artifacts import CONFLICT, CREATED, ID, IDEMPOTENT, KEY_IN_PATH, idempotency_key, written_answer
from service.api.direct import GUARDED, INVALID_BODY, UNAVAILABLE, DirectRoute, Responses, documented
from service.api.exchange import TIMEOUT, invalid_parameter, request_body
from service.context import context_of
from service.deciding import commands
from service.deciding.commands import ArtifactNotFound, CollectionNotFound
from service.past import InvalidAsOf, Past
from service.schemas.artifacts import KEY
from service.schemas.artifacts import Artifact as ArtifactShown
from service.schemas.history import RestoreArtifact, RestoreKey
from service.schemas.refusals import Detail, Problem

router = APIRouter(route_class=DirectRoute, tags=["History"], responses=GUARDED | UNAVAILABLE)

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
    key = str(request.path_params["key"])
    if not KEY.fullmatch(key):
        raise CollectionNotFound(key)
    asked = parsing.body_of(await request_body(request), RestoreKey)
    named = None if asked.artifact_id is None else str(asked.artifact_id)
    return await _restore(request, named, asked.moment, key)


async def _restore(request: Request, artifact_id: str | None, as_of: str | None, key: str | None = None) -> Response:
    state = await _state(request, artifact_id, as_of, key)
    context = context_of(request)
    command = commands.RestoreArtifact(
        position=state.position, origin=context.origin, idempotency_key=idempotency_key(request)
    )
    made = await request.app.state.artifacts.restore(context.log, command)
    return written_answer(made, 201, made.created[0])


async def _state(request: Request, artifact_id: str | None, as_of: str | None, key: str | None) -> Artifact:
    """The state that is meant. Raises ArtifactNotFound, CollectionNotFound, RequestValidationError, and more."""
    past: Past = request.app.state.past
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
