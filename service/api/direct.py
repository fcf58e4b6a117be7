"""Direct routes: documented by FastAPI like any other, served without its dependency and response machinery.

An endpoint takes the request and returns a finished response. That costs half of what FastAPI's own way does,
and keeps the bytes of artifacts as they are (`docs/adr/0005-direct-routes.md`).
"""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from service.schemas.refusals import Detail, InvalidRequest, Message, Problem, Unavailable

Endpoint = Callable[[Request], Awaitable[Response]]
Responses = dict[int | str, dict[str, Any]]

GUARDED: Responses = {
    401: {"model": Message, "description": "No credentials, or wrong ones."},
    403: {"model": Detail, "description": "The API key does not allow this."},
}
UNAVAILABLE: Responses = {503: {"model": Unavailable, "description": "The database does not answer. Try again."}}
INVALID: Responses = {422: {"model": InvalidRequest, "description": "The request is not valid. Nothing was recorded."}}
INVALID_BODY: Responses = INVALID | {
    400: {"model": Detail, "description": "The body is no UTF-8, or nests too deep to be read."},
    413: {"model": Problem, "description": "The body is larger than the server takes."},
}


class DirectRoute(APIRoute):
    """A route whose endpoint is called with the request and nothing else."""

    def __init__(self, path: str, endpoint: Endpoint, **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        self.app = _serving(endpoint)


def _serving(endpoint: Endpoint) -> ASGIApp:
    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        response = await endpoint(Request(scope, receive))
        await response(scope, receive, send)

    return serve


def documented(
    body: type[BaseModel] | None = None,
    *,
    path: dict[str, dict[str, Any]] | None = None,
    query: dict[str, dict[str, Any]] | None = None,
    headers: dict[str, dict[str, Any]] | None = None,
    body_required: bool = True,
) -> dict[str, Any]:
    """What FastAPI cannot read off a direct route's signature, for `openapi_extra`."""
    given = {"path": path or {}, "query": query or {}, "header": headers or {}}
    parameters = [
        {
            "name": name,
            "in": place,
            "required": schema.get("required", place == "path"),
            "schema": {key: value for key, value in schema.items() if key not in ("description", "required")},
            "description": schema.get("description", ""),
        }
        for place, schemas in given.items()
        for name, schema in schemas.items()
    ]
    extra: dict[str, Any] = {"parameters": parameters}
    if body is not None:
        schema: dict[str, Any] = {"$ref": f"#/components/schemas/{body.__name__}"}
        if not body_required:
            schema = {"anyOf": [schema, {"type": "null"}]}
        extra["requestBody"] = {
            "required": body_required,
            "content": {"application/json": {"schema": schema}},
        }
    return extra
