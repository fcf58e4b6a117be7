"""What routes share: reading a request's body, waiting for the position that it names, answering with one."""

from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import Response

from service.api.direct import Responses
from service.body import read_body
from service.context import context_of
from service.parsing import check_content_type
from service.parts import parts_of
from service.past import InvalidAsOf
from service.read import Read
from service.schemas.refusals import Problem

POSITION = "X-Digsite-Position"
WAIT_POSITION = "X-Digsite-Wait-Position"

WAITING = {
    WAIT_POSITION: {
        "type": "integer",
        "minimum": 0,
        "maximum": 10**18 - 1,
        "description": "Answer only when the log has reached this position (504 if it does not in time).",
    }
}
AS_OF: dict[str, dict[str, Any]] = {
    "as_of": {
        "type": "string",
        "description": "Answer as it was: at a position, or by a time such as `2026-11-21T08:00:00Z`.",
        "examples": ["42", "2026-11-21T08:00:00Z"],
    }
}
AT = {POSITION: {"schema": {"type": "integer"}, "description": "The position that the answer is of."}}
TIMEOUT: Responses = {504: {"model": Problem, "description": "The log did not reach the position in time."}}


async def request_body(request: Request) -> bytes:
    """Raises BodyTooLarge, RequestValidationError."""
    body = await read_body(request, parts_of(request).settings.max_body_bytes)
    check_content_type(request, body)
    return body


async def wait_as_asked(request: Request) -> None:
    """Return when the log has reached the position that the request names, if any. Raises PositionNotReached."""
    wanted = wanted_position(request)
    if wanted is not None:
        await parts_of(request).artifacts.wait_for(context_of(request).log, wanted)


async def asked_as_of(request: Request) -> int | None:
    """The position as of which the request asks, if it does, once what was then is known.

    Raises RequestValidationError, PositionNotReached, ProjectionBehind.
    """
    as_of = request.query_params.get("as_of")
    return None if as_of is None else await reached(request, "as_of", as_of)


async def position_asked(request: Request) -> int:
    """The position that the answer is of: where the log ends, or that as of which the request asks, likewise."""
    as_of = await asked_as_of(request)
    head = await parts_of(request).store.head(context_of(request).log)
    return head.position if as_of is None else as_of


async def reached(request: Request, name: str, as_of: str) -> int:
    """The position that a parameter of the query means, likewise."""
    try:
        return await parts_of(request).readers.past.reach(context_of(request).log, as_of)
    except InvalidAsOf as error:
        raise invalid_parameter("query", name, str(error), error.as_of) from None


def wanted_position(request: Request) -> int | None:
    """The position that the request is to wait for. Raises RequestValidationError."""
    wanted = request.headers.get(WAIT_POSITION)
    if wanted is None:
        return None
    if not (wanted.isascii() and wanted.isdigit() and len(wanted) <= 18):
        raise invalid_header(WAIT_POSITION, "Input should be a position: a whole number from 0", wanted)
    return int(wanted)


def number_of(request: Request, name: str, default: int, largest: int, *, smallest: int = 0) -> int:
    """A whole number of the query. Raises RequestValidationError."""
    text = request.query_params.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 18 and smallest <= int(text) <= largest):
        message = f"Input should be a whole number from {smallest} to {largest}"
        raise invalid_parameter("query", name, message, text)
    return int(text)


def invalid_header(name: str, message: str, value: str) -> RequestValidationError:
    return invalid_parameter("header", name.lower(), message, value)


def invalid_parameter(
    place: str, name: str, message: str, value: str | None, *, kind: str = "value_error"
) -> RequestValidationError:
    return RequestValidationError([{"type": kind, "loc": [place, name], "msg": message, "input": value}])


def answer(json: str | None, status: int, headers: dict[str, str] | None = None) -> Response:
    if json is None:
        return Response(None, status, headers)
    return Response(json.encode(), status, headers, media_type="application/json")


def answer_of(read: Read) -> Response:
    """What was read, and the position up to which it is sure to have been."""
    return answer(read.json, 200, {POSITION: str(read.position)})
