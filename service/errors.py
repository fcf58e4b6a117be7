"""Errors as answers: which status each gets, and one JSON shape for what Prefect's protocol has no shape of its own for.

{"detail": "a sentence", "error": "version_mismatch", "facts": {...}}
"""

import json
import math
import re
from collections.abc import Callable
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from events.errors import QueueFull, StorageUnavailable
from projections.listing import UnsupportedFilter
from service.artifacts import InvalidLimit, PositionNotReached
from service.commands import (
    ArtifactNotFound,
    CollectionNotFound,
    IdempotencyConflict,
    TooManyVersions,
    VersionMismatch,
)

RETRY_AFTER_S = 1

STATUS: dict[type[Exception], int] = {
    VersionMismatch: 412,
    IdempotencyConflict: 409,
    TooManyVersions: 409,
    UnsupportedFilter: 422,
    PositionNotReached: 504,
}
"""Refusals that are Digsite's own."""

log = structlog.get_logger()


def add_error_handlers(app: FastAPI) -> None:
    for kind, status in STATUS.items():
        app.add_exception_handler(kind, _problem_with(status))
    app.add_exception_handler(RequestValidationError, invalid_request)
    app.add_exception_handler(HTTPException, http_error)
    app.add_exception_handler(ArtifactNotFound, not_found)
    app.add_exception_handler(CollectionNotFound, not_found)
    app.add_exception_handler(InvalidLimit, invalid_limit)
    app.add_exception_handler(StorageUnavailable, unavailable)
    app.add_exception_handler(QueueFull, unavailable)
    app.add_exception_handler(Exception, fault)


def problem(error: Exception, status: int) -> Response:
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", type(error).__name__).lower()
    return JSONResponse({"detail": str(error), "error": name, "facts": vars(error)}, status)


def _problem_with(status: int) -> Callable[[Request, Exception], Response]:
    return lambda _, error: problem(error, status)


def invalid_request(_: Request, error: Exception) -> Response:
    """422 in Prefect's shape: pydantic's errors, and the request as it was understood."""
    assert isinstance(error, RequestValidationError)
    text = (
        f'{{"exception_message":"Invalid request received.","exception_detail":{exception_detail(error)},'
        f'"request_body":{_text(error.body) or "null"}}}'
    )
    return Response(text.encode(errors="replace"), 422, media_type="application/json")


def exception_detail(error: RequestValidationError) -> str:
    """What is wrong with a request, as JSON text; without the inputs, if they cannot be written as JSON."""
    details = [{**each, "loc": list(each["loc"])} for each in error.errors()]
    plain = [{key: each[key] for key in ("type", "loc", "msg")} for each in details]
    return _text(details) or _text(plain) or "[]"


def http_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"detail": error.detail}, error.status_code, error.headers)


def not_found(_: Request, error: Exception) -> Response:
    return JSONResponse({"detail": "Artifact not found."}, 404)


def invalid_limit(_: Request, error: Exception) -> Response:
    return JSONResponse({"detail": str(error)}, 422)


def unavailable(_: Request, error: Exception) -> Response:
    log.warning("unavailable", reason=str(error))
    answer = {"exception_message": "Service Unavailable", "detail": str(error)}
    return JSONResponse(answer, 503, {"Retry-After": str(RETRY_AFTER_S)})


def fault(_: Request, error: Exception) -> Response:
    log.error("fault", exc_info=error)
    return JSONResponse({"exception_message": "Internal Server Error"}, 500)


def _text(value: Any) -> str | None:
    """Compact JSON; None for what nests too deep or has a number too long for it."""
    try:
        return json.dumps(_finite(value), separators=(",", ":"), ensure_ascii=False, default=lambda _: {})
    except (RecursionError, ValueError):
        return None


def _finite(value: Any) -> Any:
    """The value with null for what JSON has no number for."""
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
