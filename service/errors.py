"""Errors as answers: which status each gets, and one JSON shape where Prefect's protocol has none of its own.

{"detail": "a sentence", "error": "version_mismatch", "facts": {...}}
"""

import json
import math
import re
from collections.abc import Callable
from typing import Any

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from events.errors import ArchiveUnreachable, QueueFull, StorageUnavailable
from events.subscriptions.errors import (
    NotDelivered,
    NotParked,
    StaleTokens,
    SubscriptionDiffers,
    SubscriptionDisabled,
    SubscriptionNotFound,
    TooManySubscriptions,
)
from projections.generations import NothingKept
from projections.rebuild import UnknownProjection
from projections.runner import ProjectionBehind
from service.access import Forbidden, Unauthorized
from service.allowed_origins import OriginNotAllowed
from service.archive.described import ArchiveDamaged, InvalidUrl, NoArchiveHere
from service.artifacts import InvalidLimit, PositionNotReached
from service.assets import AssetNotFound
from service.body import BodyTooLarge
from service.buckets import TooManyBuckets
from service.byte_range import RangeNotSatisfiable
from service.changes import NothingBefore
from service.collections import UnknownKey
from service.comparing.limits import TooLargeToCompare
from service.comparing.row_key import KeyColumnNotFound
from service.deciding.commands import (
    ArtifactNotFound,
    CollectionNotFound,
    ContentGone,
    ErasureUnderWay,
    IdempotencyConflict,
    KeyExists,
    KeyNotFound,
    PolicyNotFound,
    TooManyPolicies,
    TooManyVersions,
    VersionMismatch,
)
from service.erasing.errors import ErasureDiffers, ErasureNotFound, NothingToErase, TooMuchToErase
from service.event_parsing import EventTooLarge
from service.page_token import InvalidPageToken
from service.proof.proofs import SizeNotProvable
from service.proof.signing_key import SigningKeyUnusable
from service.retention.retention import RetentionBusy
from service.streams.starting import BodyGone, BodyNotFound, CannotResume, EventNotFound, InvalidStart
from service.takeaways.sheet import NoSheet
from service.upstream.client import UpstreamRefused, UpstreamUnavailable
from service.upstream.gateway import UpstreamLoop, UpstreamLost, UpstreamSilent
from service.upstream.result_artifacts import TooManyResults
from service.workers import TooMuchWork

RETRY_AFTER_S = 1

log = structlog.get_logger()


def answer_to(error: Exception) -> Response:
    """The response that an error becomes. What nobody foresaw is a fault: 500, and a log line with its trace."""
    for kind in type(error).__mro__:
        if kind in ANSWERS:
            return ANSWERS[kind](error)
    return _fault(error)


def add_error_handlers(app: FastAPI) -> None:
    """Make FastAPI answer in the same way."""
    for kind in (*ANSWERS, Exception):
        app.add_exception_handler(kind, lambda _, error: answer_to(error))


def problem(error: Exception, status: int) -> Response:
    """Digsite's own shape."""
    return JSONResponse({"detail": str(error), "error": error_name(error), "facts": vars(error)}, status)


def error_name(error: Exception) -> str:
    """What programs know an error by: `version_mismatch`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(error).__name__).lower()


def exception_detail(error: RequestValidationError) -> str:
    """What is wrong with a request, as JSON text; without the inputs, if they cannot be written as JSON."""
    details = [{**each, "loc": list(each["loc"])} for each in error.errors()]
    plain = [{key: each[key] for key in ("type", "loc", "msg")} for each in details]
    return _text(details) or _text(plain) or "[]"


def _invalid_request(error: Any) -> Response:
    """422 in Prefect's shape: pydantic's errors, and the request as it was understood."""
    text = (
        f'{{"exception_message":"Invalid request received.","exception_detail":{exception_detail(error)},'
        f'"request_body":{_text(error.body) or "null"}}}'
    )
    return Response(text.encode(errors="replace"), 422, media_type="application/json")


def _http_error(error: Any) -> Response:
    return JSONResponse({"detail": error.detail}, error.status_code, error.headers)


def _unauthorized(error: Any) -> Response:
    return JSONResponse({"exception_message": "Unauthorized"}, 401, {"WWW-Authenticate": error.challenge})


def _unavailable(error: Exception) -> Response:
    log.warning("unavailable", reason=str(error))
    answer = {"exception_message": "Service Unavailable", "detail": str(error)}
    return JSONResponse(answer, 503, _retry_after(error))


def _bad_gateway(error: Exception) -> Response:
    log.warning("bad gateway", reason=str(error))
    answer = {"exception_message": "Bad Gateway", "detail": str(error)}
    return JSONResponse(answer, 502, _retry_after(error))


def _retry_after(error: Exception) -> dict[str, str]:
    return {"Retry-After": str(getattr(error, "retry_after_s", RETRY_AFTER_S))}


def _as_the_upstream(error: Any) -> Response:
    return Response(error.answer, error.status, media_type="application/json")


def _gateway_timeout(error: Exception) -> Response:
    log.warning("gateway timeout", reason=str(error))
    return JSONResponse({"exception_message": "Gateway Timeout", "detail": str(error)}, 504)


def _range_not_satisfiable(error: Any) -> Response:
    answer = problem(error, 416)
    answer.headers["Content-Range"] = f"bytes */{error.size_bytes}"
    return answer


def _fault(error: Exception) -> Response:
    log.error("fault", exc_info=error)
    return JSONResponse({"exception_message": "Internal Server Error"}, 500)


ANSWERS: dict[type, Callable[[Exception], Response]] = {
    RequestValidationError: _invalid_request,
    HTTPException: _http_error,
    Unauthorized: _unauthorized,
    Forbidden: lambda error: JSONResponse({"detail": str(error)}, 403),
    OriginNotAllowed: lambda error: problem(error, 403),
    ArtifactNotFound: lambda _: JSONResponse({"detail": "Artifact not found."}, 404),
    CollectionNotFound: lambda _: JSONResponse({"detail": "Artifact not found."}, 404),
    InvalidLimit: lambda error: JSONResponse({"detail": str(error)}, 422),
    BodyTooLarge: lambda error: problem(error, 413),
    InvalidPageToken: lambda error: JSONResponse({"detail": str(error)}, 403),
    TooManyBuckets: lambda error: JSONResponse({"detail": str(error)}, 422),
    EventTooLarge: lambda error: problem(error, 413),
    VersionMismatch: lambda error: problem(error, 412),
    IdempotencyConflict: lambda error: problem(error, 409),
    ContentGone: lambda error: problem(error, 410),
    ErasureUnderWay: lambda error: problem(error, 409),
    TooManyVersions: lambda error: problem(error, 409),
    ArchiveUnreachable: lambda error: problem(error, 410),
    ArchiveDamaged: lambda error: problem(error, 502),
    InvalidUrl: lambda error: problem(error, 422),
    NoArchiveHere: lambda error: problem(error, 501),
    PolicyNotFound: lambda error: problem(error, 404),
    TooManyPolicies: lambda error: problem(error, 409),
    RetentionBusy: lambda error: problem(error, 409),
    PositionNotReached: lambda error: problem(error, 504),
    ProjectionBehind: lambda error: problem(error, 504),
    AssetNotFound: lambda error: problem(error, 404),
    KeyExists: lambda error: problem(error, 409),
    NothingKept: lambda error: problem(error, 409),
    UnknownProjection: lambda error: problem(error, 404),
    KeyNotFound: lambda error: problem(error, 404),
    UnknownKey: lambda error: problem(error, 404),
    EventNotFound: lambda error: problem(error, 404),
    BodyNotFound: lambda error: problem(error, 404),
    BodyGone: lambda error: problem(error, 410),
    SizeNotProvable: lambda error: problem(error, 422),
    SigningKeyUnusable: lambda error: problem(error, 500),
    RangeNotSatisfiable: _range_not_satisfiable,
    InvalidStart: lambda error: problem(error, 422),
    CannotResume: lambda error: problem(error, 409),
    SubscriptionNotFound: lambda error: problem(error, 404),
    NotParked: lambda error: problem(error, 404),
    SubscriptionDiffers: lambda error: problem(error, 409),
    SubscriptionDisabled: lambda error: problem(error, 409),
    TooManySubscriptions: lambda error: problem(error, 409),
    StaleTokens: lambda error: problem(error, 409),
    NotDelivered: lambda error: problem(error, 409),
    NothingToErase: lambda error: problem(error, 404),
    ErasureNotFound: lambda error: problem(error, 404),
    ErasureDiffers: lambda error: problem(error, 409),
    TooMuchToErase: lambda error: problem(error, 409),
    StorageUnavailable: _unavailable,
    QueueFull: _unavailable,
    UpstreamUnavailable: _unavailable,
    UpstreamLost: _bad_gateway,
    UpstreamSilent: _gateway_timeout,
    UpstreamRefused: _as_the_upstream,
    TooLargeToCompare: lambda error: problem(error, 422),
    NoSheet: lambda error: problem(error, 422),
    NothingBefore: lambda error: problem(error, 404),
    KeyColumnNotFound: lambda error: problem(error, 422),
    TooMuchWork: _unavailable,
    TooManyResults: lambda error: problem(error, 422),
    UpstreamLoop: lambda error: problem(error, 508),
}
"""Prefect's shapes where its protocol has one; else Digsite's own."""


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
