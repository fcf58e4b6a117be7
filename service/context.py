"""The context of a request: which log it speaks to, and where it comes from. A plain ASGI layer, the first of all."""

import re
import time

import structlog
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from events.clock import now
from events.errors import StorageUnavailable
from events.event import Origin
from events.ids import uuid7
from service import access
from service.access import OPEN_PATHS, Access, Forbidden, Unauthorized, needed_scope
from service.errors import unavailable

DEFAULT_LOG = "default"
CLIENT_MAX = 200
"""Characters of a client's name for itself that are recorded."""

_REQUEST_ID = re.compile(rb"[\x21-\x7e]{1,128}")
_API_VERSION = re.compile(r"(\d{1,9})\.(\d{1,9})\.(\d{1,9})")
_OLDEST_API = (0, 8, 0)
_KEY = "digsite.context"

log = structlog.get_logger()


class Context(Struct, frozen=True):
    log: str
    origin: Origin


def context_of(request: Request) -> Context:
    return request.scope[_KEY]  # type: ignore[no-any-return]


class ContextLayer:
    """Names the request, checks who sends it, and tells the rest in its scope."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        sent_id = headers.get(b"x-request-id", b"")
        request_id = sent_id.decode() if _REQUEST_ID.fullmatch(sent_id) else uuid7(now())
        answer = _Answer(send, request_id)
        started = time.perf_counter()
        try:
            refusal = _version_refusal(headers.get(b"x-prefect-api-version"))
            if refusal is None:
                caller = await self._admit(scope, headers)
                scope[_KEY] = Context(log_of(scope), _origin(scope, headers, caller, request_id))
                await self._app(scope, receive, answer.send)
            else:
                await refusal(scope, receive, answer.send)
        except Unauthorized:
            response = JSONResponse({"exception_message": "Unauthorized"}, 401, {"WWW-Authenticate": "Bearer"})
            await response(scope, receive, answer.send)
        except Forbidden as error:
            await JSONResponse({"detail": str(error)}, 403)(scope, receive, answer.send)
        except StorageUnavailable as error:
            await unavailable(Request(scope), error)(scope, receive, answer.send)
        finally:
            duration_ms = round((time.perf_counter() - started) * 1000, 1)
            log.debug(
                "request",
                method=scope["method"],
                path=scope["path"],
                status=answer.status,
                duration_ms=duration_ms,
                request_id=request_id,
            )

    async def _admit(self, scope: Scope, headers: dict[bytes, bytes]) -> str:
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        if path in OPEN_PATHS:
            return "anonymous"
        caller = await self._access.caller(headers.get(b"authorization", b"").decode("latin-1"))
        access.check(caller, needed_scope(scope["method"], path), log_of(scope))
        return caller.name


class _Answer:
    """Sends the response on, with the request's id."""

    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self._header = (b"x-request-id", request_id.encode())
        self.status = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message.get("headers", ()), self._header]
        await self._send(message)


def log_of(scope: Scope) -> str:
    """The log that the URL names: Prefect Cloud's account and workspace, else the default one."""
    named = scope.get("path_params") or {}
    if "account" in named:
        return f"{named['account']}/{named['workspace']}"
    return DEFAULT_LOG


def _origin(scope: Scope, headers: dict[bytes, bytes], actor: str, request_id: str) -> Origin:
    client = headers.get(b"user-agent", b"").decode("latin-1")[:CLIENT_MAX]
    address = scope.get("client") or ("", 0)
    return Origin(actor=actor, client=client, address=address[0], request_id=request_id)


def _version_refusal(sent: bytes | None) -> JSONResponse | None:
    """Clients of an API before 0.8.0 are refused, as Prefect does."""
    if sent is None:
        return None
    text = sent.decode("latin-1")
    version = _API_VERSION.fullmatch(text)
    if version is not None and tuple(map(int, version.groups())) >= _OLDEST_API:
        return None
    detail = f"The request specified API version {text} but this server requires version 0.8.0 or higher."
    return JSONResponse({"detail": detail}, 400)
