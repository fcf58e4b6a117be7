"""The routes of the page of one artifact: its facts, its data as it is or in other forms, its Markdown as HTML; and a
key as one file."""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from projections.artifacts import Artifact
from projections.history.place import place_of
from service.api.artifacts import ID, KEY_IN_PATH, LISTED, NOT_FOUND, key_of
from service.api.direct import GUARDED, INVALID, UNAVAILABLE, DirectRoute, Responses, documented
from service.api.exchange import (
    AS_OF,
    POSITION,
    TIMEOUT,
    WAITING,
    answer,
    answer_of,
    asked_as_of,
    invalid_parameter,
    wait_as_asked,
)
from service.contents import Content, content_of
from service.context import context_of
from service.parts import parts_of
from service.past import Last, Past
from service.renderings import markdown_of
from service.schemas.facts import Document as DocumentShown
from service.schemas.facts import Facts as FactsShown
from service.schemas.refusals import InvalidRequest, Problem
from service.takeaways.file_name import disposition, file_name
from service.takeaways.form import Form, Taken, taken
from service.takeaways.html_file import POLICY
from service.version import VERSION

INERT = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox"}
"""Whatever data says of itself, a browser that is led to it does nothing."""
ASK_AGAIN = "private, no-cache"
"""Data may be erased: who keeps it asks each time whether it is still there."""

router = APIRouter(route_class=DirectRoute, tags=["Page"], responses=GUARDED | UNAVAILABLE)

FORM: dict[str, dict[str, Any]] = {
    "format": {
        "type": "string",
        "enum": list(Form),
        "description": "Default: as it is, a string as its text, all else as the JSON text that was recorded.",
    },
    "download": {"type": "boolean", "default": False, "description": "Let a browser keep it as a file."},
}
PARTS = ("data", "description")
PART: dict[str, dict[str, Any]] = {
    "part": {"type": "string", "enum": list(PARTS), "default": PARTS[0]},
    "whole": {"type": "boolean", "default": False, "description": "All of a large one, not just its first part."},
    "dedent": {"type": "boolean", "default": True, "description": "Put right what is indented as a whole."},
}
GONE: Responses = {
    304: {"description": "It is what the client has."},
    410: {"model": Problem, "description": "The data is there no more, and why."},
}
RENDERED: Responses = INVALID | GONE
FILE: Responses = {200: {"description": "The file.", "content": {"text/html": {}, "text/markdown": {}}}}
FILE_FORMS = ("html", "markdown")
FILE_FORM: dict[str, dict[str, Any]] = {
    "format": {
        "type": "string",
        "enum": list(FILE_FORMS),
        "default": FILE_FORMS[0],
        "description": "Markdown is that of the page of the key, of one that was deleted, too.",
    }
}
DATA: Responses = GONE | {
    200: {
        "description": "The data.",
        "content": {each: {} for each in ("application/json", "text/plain", "text/markdown", "text/csv")},
    },
    422: {"model": InvalidRequest | Problem, "description": "The request is not valid, or the data is no table."},
}


@router.get(
    "/ui/artifacts/{artifact_id:uuid}",
    response_model=FactsShown,
    responses=LISTED | INVALID | NOT_FOUND | TIMEOUT,
    openapi_extra=documented(path=ID, query=AS_OF, headers=WAITING),
)
async def read_facts(request: Request) -> Response:
    """All that is known of an artifact beside its data: its place, who wrote it, where, in which run. Of a deleted one,
    too."""
    await wait_as_asked(request)
    facts = parts_of(request).readers.facts
    read = await facts.read(context_of(request).log, _id(request), await asked_as_of(request))
    return answer_of(read)


@router.get(
    "/ui/artifacts/{artifact_id:uuid}/data",
    response_class=Response,
    responses=NOT_FOUND | TIMEOUT | DATA,
    openapi_extra=documented(path=ID, query=FORM | AS_OF, headers=WAITING),
)
async def read_data(request: Request) -> Response:
    """The data of an artifact to the letter, or in a form that others read. Of a deleted one, as it was last."""
    await wait_as_asked(request)
    form, is_download = _form(request), flag(request, "download")
    last, content = await _content(request)
    row, data = last.artifact, content.there()
    etag = f'"{sha256(f"{form} {row.type} {data}".encode()).hexdigest()[:32]}"'
    headers = INERT | {"ETag": etag, "Cache-Control": ASK_AGAIN, POSITION: str(last.as_of)}
    if etag in request.headers.get("if-none-match", ""):
        return Response(None, 304, headers)
    workers = parts_of(request).workers
    async with workers.turn():
        found = await workers.run(taken, form, row.type, data)
    headers["Content-Disposition"] = disposition(await _name(request, last, found), is_download=is_download)
    return _given(found, headers)


@router.get(
    "/ui/artifacts/{artifact_id:uuid}/rendered",
    response_model=DocumentShown,
    responses=NOT_FOUND | TIMEOUT | RENDERED,
    openapi_extra=documented(path=ID, query=PART | AS_OF, headers=WAITING),
)
async def read_rendered(request: Request) -> Response:
    """The Markdown of an artifact as HTML that is safe to be shown. Of a deleted one, as it was last."""
    await wait_as_asked(request)
    whole, dedent = flag(request, "whole"), flag(request, "dedent", default=True)
    part = request.query_params.get("part", PARTS[0])
    if part not in PARTS:
        raise invalid_parameter("query", "part", f"Input should be one of {', '.join(PARTS)}", part)
    last, content = await _content(request)
    text = markdown_of(part, last.artifact, content)
    made_by = f"{VERSION} {parts_of(request).settings.root_path}"  # what one version lets through another may not
    etag = f'"{sha256(f"{made_by} {whole} {dedent} {text}".encode()).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": ASK_AGAIN, POSITION: str(last.as_of)}
    if etag in request.headers.get("if-none-match", ""):
        return Response(None, 304, headers)
    renderings = parts_of(request).readers.renderings
    document = await renderings.of(text, whole=whole, dedent=dedent)
    return answer(msgspec.json.encode(document).decode(), 200, headers)


@router.get(
    "/ui/keys/{key}/file",
    response_class=Response,
    responses=NOT_FOUND | INVALID | TIMEOUT | FILE,
    openapi_extra=documented(path=KEY_IN_PATH, query=FILE_FORM | AS_OF, headers=WAITING),
)
async def read_key_file(request: Request) -> Response:
    """A key with its history: one HTML file that needs nothing else, or Markdown."""
    await wait_as_asked(request)
    form = request.query_params.get("format", FILE_FORMS[0])
    if form not in FILE_FORMS:
        raise invalid_parameter("query", "format", f"Input should be one of {', '.join(FILE_FORMS)}", form)
    key, log, as_of = key_of(request), context_of(request).log, await asked_as_of(request)
    files = parts_of(request).readers.key_files
    if form == "markdown":
        return StreamingResponse(await files.in_markdown(log, key, as_of), 200, INERT, "text/markdown")
    found = await files.of(log, key, as_of)
    name = file_name(key, "history", "html")
    headers = INERT | {
        "Content-Security-Policy": f"{POLICY}; sandbox",
        "Content-Disposition": disposition(name, is_download=True),
    }
    return StreamingResponse(found, 200, headers, "text/html")


def flag(request: Request, name: str, *, default: bool = False) -> bool:
    """Raises RequestValidationError."""
    text = request.query_params.get(name, "true" if default else "false")
    if text not in ("true", "false"):
        raise invalid_parameter("query", name, "Input should be 'true' or 'false'", text)
    return text == "true"


def _form(request: Request) -> Form | None:
    text = request.query_params.get("format")
    if text is not None and text not in list(Form):
        raise invalid_parameter("query", "format", f"Input should be one of {', '.join(Form)}", text)
    return None if text is None else Form(text)


async def _content(request: Request) -> tuple[Last, Content]:
    """Raises ArtifactNotFound."""
    parts, log = parts_of(request), context_of(request).log
    past: Past = parts.readers.past
    last = await past.last(log, _id(request), await asked_as_of(request))
    return last, await content_of(parts.store, log, last.artifact)


async def _name(request: Request, last: Last, found: Taken) -> str:
    row: Artifact = last.artifact
    place = await place_of(parts_of(request).store, row, last.as_of)
    return file_name(row.key, row.id[:8] if place is None else f"v{place.number}", found.suffix)


def _given(found: Taken, headers: dict[str, str]) -> Response:
    media_type = found.media_type
    if isinstance(found.pieces, Iterator):
        return StreamingResponse(found.pieces, 200, headers, media_type)
    return Response(found.pieces.encode(), 200, headers, media_type)


def _id(request: Request) -> str:
    return str(request.path_params["artifact_id"])
