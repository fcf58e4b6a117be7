"""The artifact routes: Prefect's nine, and Digsite's own beside them."""

import re
from collections.abc import Sequence

from fastapi import APIRouter
from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import Response

from projections.filters import ArtifactCount, ArtifactListing, CollectionCount, CollectionListing
from service import parsing, rendering
from service.api.direct import (
    GUARDED,
    INVALID,
    INVALID_BODY,
    UNAVAILABLE,
    DirectRoute,
    Responses,
    documented,
)
from service.api.exchange import (
    AS_OF,
    AT,
    POSITION,
    TIMEOUT,
    WAITING,
    answer,
    asked_as_of,
    invalid_header,
    request_body,
    wait_as_asked,
)
from service.artifacts import Written
from service.context import DEFAULT_LOG, context_of
from service.deciding.commands import (
    ArtifactNotFound,
    CollectionNotFound,
    DeleteArtifact,
    DeleteCollection,
    NewArtifact,
    UpdateArtifact,
)
from service.errors import exception_detail
from service.parts import parts_of
from service.read import Read
from service.schemas.artifacts import (
    KEY,
    Artifact,
    ArtifactCollection,
    ArtifactCreate,
    ArtifactUpdate,
    BatchCreate,
    BatchItem,
)
from service.schemas.refusals import Detail, InvalidRequest, Problem
from service.upstream.result_artifacts import ResultArtifacts, asks_for_results, credentials_of

IDEMPOTENCY_KEY = "Idempotency-Key"
IDEMPOTENCY_KEY_MAX = 255

_ETAG = re.compile(r'"([0-9]{1,18})"')

router = APIRouter(route_class=DirectRoute, tags=["Artifacts"], responses=GUARDED | UNAVAILABLE)

ID = {"artifact_id": {"type": "string", "format": "uuid"}}
KEY_IN_PATH = {"key": {"type": "string", "pattern": f"^{KEY.pattern}$"}}
IDEMPOTENT = {
    IDEMPOTENCY_KEY: {
        "type": "string",
        "minLength": 1,
        "maxLength": IDEMPOTENCY_KEY_MAX,
        "pattern": "^[\\x21-\\x7e]([\\x20-\\x7e]*[\\x21-\\x7e])?$",
        "description": "Sent again with the same body, the request answers as it did at first.",
    }
}
MATCHING = {
    "If-Match": {
        "type": "string",
        "pattern": '^("[0-9]{1,18}"|\\*)$',
        "description": "The ETag that was read.",
    }
}
VERSIONED = AT | {"ETag": {"schema": {"type": "string"}, "description": "The artifact's version, for If-Match."}}
CREATED: Responses = {201: {"headers": VERSIONED}}
FOUND: Responses = {200: {"headers": VERSIONED}}
LISTED: Responses = {200: {"headers": AT}}
COUNTED: Responses = {200: {"headers": AT, "content": {"application/json": {"example": 42}}}}
UPDATED: Responses = {204: {"headers": VERSIONED}}
DELETED: Responses = {204: {"headers": AT}}
NOT_FOUND: Responses = {404: {"model": Detail, "description": "There is no such artifact."}}
UNANSWERABLE: Responses = INVALID_BODY | {
    422: {
        "model": InvalidRequest | Detail | Problem,
        "description": "The question is not valid, or has no answer here.",
    }
}
CONFLICT: Responses = {409: {"model": Problem, "description": "The Idempotency-Key stands for another request."}}
PARTLY: Responses = {207: {"model": list[BatchItem], "description": "Some were refused."}}
TOO_MANY: Responses = {409: {"model": Problem, "description": "It has more versions than one request deletes."}}
MISMATCH: Responses = {412: {"model": Problem, "description": "The artifact was changed since it was read."}}


@router.post(
    "/artifacts/",
    status_code=201,
    response_model=Artifact,
    responses=CREATED | INVALID_BODY | CONFLICT,
    openapi_extra=documented(ArtifactCreate, headers=IDEMPOTENT),
)
async def create_artifact(request: Request) -> Response:
    """Publish an artifact. With a key, it becomes the latest version of that key."""
    body = await request_body(request)
    new = parsing.new_artifact(body, parts_of(request).settings)
    context = context_of(request)
    written = await parts_of(request).artifacts.create(context.log, [new], context.origin, idempotency_key(request))
    return written_answer(written, 201, written.created[0])


@router.post(
    "/artifacts/batch",
    status_code=201,
    response_model=list[BatchItem],
    responses=CREATED | INVALID_BODY | CONFLICT | PARTLY,
    openapi_extra=documented(BatchCreate, headers=IDEMPOTENT),
)
async def create_artifacts(request: Request) -> Response:
    """Publish up to 1,000 artifacts in one transaction. Each has its own answer; one refused stops no other."""
    body = await request_body(request)
    settings, context = parts_of(request).settings, context_of(request)
    items: list[NewArtifact] = []
    refusals: dict[int, str] = {}
    for index, text in enumerate(parsing.batch(body, settings)):
        try:
            items.append(parsing.new_artifact(text, settings))
        except RequestValidationError as error:
            refusals[index] = exception_detail(error)
    key = idempotency_key(request)
    if not items:
        return answer(_batch([], refusals), 207 if refusals else 201)
    written = await parts_of(request).artifacts.create(context.log, items, context.origin, key)
    return written_answer(written, 207 if refusals else 201, _batch(written.created, refusals))


@router.get(
    "/artifacts/{artifact_id:uuid}",
    response_model=Artifact,
    responses=FOUND | INVALID | NOT_FOUND | TIMEOUT,
    openapi_extra=documented(path=ID, query=AS_OF, headers=WAITING),
)
async def read_artifact(request: Request) -> Response:
    """One artifact as it is now. Its ETag is its version."""
    await wait_as_asked(request)
    as_of = await asked_as_of(request)
    artifact_id, elsewhere = _id(request), _results(request)
    try:
        return _read(await parts_of(request).artifacts.read(context_of(request).log, artifact_id, as_of))
    except ArtifactNotFound:
        if elsewhere is None or as_of is not None:
            raise
        return _read(await elsewhere.read(artifact_id, credentials_of(request)))


@router.get(
    "/artifacts/{key}/latest",
    response_model=Artifact,
    responses=LISTED | INVALID | NOT_FOUND | TIMEOUT,
    openapi_extra=documented(path=KEY_IN_PATH, query=AS_OF, headers=WAITING),
)
async def read_latest_artifact(request: Request) -> Response:
    """The latest artifact of a key. As in Prefect, `id` is that of the key's collection."""
    await wait_as_asked(request)
    as_of = await asked_as_of(request)
    return _read(await parts_of(request).artifacts.latest(context_of(request).log, key_of(request), as_of))


@router.post(
    "/artifacts/filter",
    response_model=list[Artifact],
    responses=LISTED | UNANSWERABLE | TIMEOUT,
    openapi_extra=documented(ArtifactListing, query=AS_OF, headers=WAITING, body_required=False),
)
async def filter_artifacts(request: Request) -> Response:
    """A page of artifacts, all versions, by default the newest first."""
    return await _list(request, ArtifactListing)


@router.post(
    "/artifacts/latest/filter",
    response_model=list[ArtifactCollection],
    responses=LISTED | UNANSWERABLE | TIMEOUT,
    openapi_extra=documented(CollectionListing, query=AS_OF, headers=WAITING, body_required=False),
)
async def filter_latest_artifacts(request: Request) -> Response:
    """A page of keys, each with its latest artifact."""
    return await _list(request, CollectionListing)


@router.post(
    "/artifacts/count",
    response_model=int,
    responses=COUNTED | UNANSWERABLE | TIMEOUT,
    openapi_extra=documented(ArtifactCount, query=AS_OF, headers=WAITING, body_required=False),
)
async def count_artifacts(request: Request) -> Response:
    """How many artifacts there are, all versions."""
    return await _count(request, ArtifactCount)


@router.post(
    "/artifacts/latest/count",
    response_model=int,
    responses=COUNTED | UNANSWERABLE | TIMEOUT,
    openapi_extra=documented(CollectionCount, query=AS_OF, headers=WAITING, body_required=False),
)
async def count_latest_artifacts(request: Request) -> Response:
    """How many keys there are."""
    return await _count(request, CollectionCount)


@router.patch(
    "/artifacts/{artifact_id:uuid}",
    status_code=204,
    response_class=Response,
    responses=UPDATED | INVALID_BODY | NOT_FOUND | MISMATCH,
    openapi_extra=documented(ArtifactUpdate, path=ID, headers=MATCHING),
)
async def update_artifact(request: Request) -> Response:
    """Change an artifact in place. Its history keeps every step."""
    body = await request_body(request)
    changes = parsing.changes(body, parts_of(request).settings)
    context = context_of(request)
    command = UpdateArtifact(
        id=_id(request),
        data=changes.data,
        description=changes.description,
        metadata=changes.metadata,
        expected_version=_expected_version(request),
        origin=context.origin,
    )
    return written_answer(await parts_of(request).artifacts.update(context.log, command), 204)


@router.delete(
    "/artifacts/{artifact_id:uuid}",
    status_code=204,
    response_class=Response,
    responses=DELETED | INVALID | NOT_FOUND | MISMATCH,
    openapi_extra=documented(path=ID, headers=MATCHING),
)
async def delete_artifact(request: Request) -> Response:
    """Delete an artifact. If it was the latest of its key, the newest remaining one takes its place."""
    context = context_of(request)
    command = DeleteArtifact(id=_id(request), expected_version=_expected_version(request), origin=context.origin)
    written = await parts_of(request).artifacts.delete(context.log, command)
    return Response(None, 204, {POSITION: str(written.position)})


@router.delete(
    "/artifacts/collections/{key}",
    status_code=204,
    response_class=Response,
    responses=DELETED | NOT_FOUND | TOO_MANY,
    openapi_extra=documented(path=KEY_IN_PATH),
)
async def delete_collection(request: Request) -> Response:
    """Delete a key with all its versions, in one transaction."""
    context = context_of(request)
    command = DeleteCollection(key=key_of(request), origin=context.origin)
    written = await parts_of(request).artifacts.delete(context.log, command)
    return Response(None, 204, {POSITION: str(written.position)})


async def _list(request: Request, model: type[ArtifactListing] | type[CollectionListing]) -> Response:
    body = await request_body(request)
    asked = parsing.body_of(body, model)
    await wait_as_asked(request)
    as_of = await asked_as_of(request)
    elsewhere = _results(request) if as_of is None and asks_for_results(asked) else None
    if elsewhere is not None:
        return _read(await elsewhere.list(asked, body, credentials_of(request)))
    return _read(await parts_of(request).artifacts.list(context_of(request).log, asked, as_of))


async def _count(request: Request, model: type[ArtifactCount] | type[CollectionCount]) -> Response:
    body = await request_body(request)
    asked = parsing.body_of(body, model)
    await wait_as_asked(request)
    as_of = await asked_as_of(request)
    elsewhere = _results(request) if as_of is None and asks_for_results(asked) else None
    if elsewhere is not None:
        return _read(await elsewhere.count(asked, body, credentials_of(request)))
    return _read(await parts_of(request).artifacts.count(context_of(request).log, asked, as_of))


def _results(request: Request) -> ResultArtifacts | None:
    """What an upstream has beside the log that is asked; None: there is none."""
    return parts_of(request).results if context_of(request).log == DEFAULT_LOG else None


def _id(request: Request) -> str:
    return str(request.path_params["artifact_id"])


def key_of(request: Request) -> str:
    """The key that the path names. Raises CollectionNotFound for what cannot be one."""
    key = str(request.path_params["key"])
    if not KEY.fullmatch(key):
        raise CollectionNotFound(key)
    return key


def idempotency_key(request: Request) -> str | None:
    key = request.headers.get(IDEMPOTENCY_KEY)
    if key is None or (0 < len(key) <= IDEMPOTENCY_KEY_MAX and key.isascii() and key.isprintable()):
        return key
    message = f"Input should have 1 to {IDEMPOTENCY_KEY_MAX} printable ASCII characters"
    raise invalid_header(IDEMPOTENCY_KEY, message, key)


def _expected_version(request: Request) -> int | None:
    etag = request.headers.get("if-match", "*").strip()
    if etag == "*":
        return None
    version = _ETAG.fullmatch(etag)
    if version is None:
        raise invalid_header("If-Match", 'Input should be the one ETag that was read, like "3", or *', etag)
    return int(version[1])


def _read(read: Read) -> Response:
    headers = {POSITION: str(read.position)}
    if read.version is not None:
        headers["ETag"] = f'"{read.version}"'
    return answer(read.json, 200, headers)


def written_answer(written: Written, status: int, json: str | None = None) -> Response:
    headers = {POSITION: str(written.position), "ETag": f'"{written.version}"'}
    return answer(json, status, headers)


def _batch(created: Sequence[str], refusals: dict[int, str]) -> str:
    """The answers in the order of the items."""
    made = iter(created)
    return rendering.array(
        [
            f'{{"status":422,"exception_detail":{refusals[index]}}}'
            if index in refusals
            else f'{{"status":201,"artifact":{next(made)}}}'
            for index in range(len(created) + len(refusals))
        ]
    )
