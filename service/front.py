"""The front: the first ASGI layer. It names the request, checks who sends it, and hands it to its route.

request ─► which log? ─► who? may they? ─► the upstream, if it is beyond the border
           │                               else a direct route, if one fits; else FastAPI
           none ─► the page
socket  ─► which log? ─► its route, whose handshake asks who it is
"""

import re
import time
from collections.abc import Sequence
from typing import AnyStr

import structlog
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import JSONResponse, Response
from starlette.routing import Match, Route, WebSocketRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose, WebSocketDisconnect
from structlog.contextvars import bind_contextvars

from events.clock import now
from events.errors import QueueFull, StorageUnavailable
from events.event import Origin
from events.ids import uuid7
from service.access import ANYONE, OPEN_PATHS, Access, Caller, Unauthorized, check, needed_scope, only_looks
from service.allowed_origins import AllowedOrigins, OriginNotAllowed
from service.context import DEFAULT_LOG, Context, put_context
from service.errors import answer_to
from service.page.defence import API_HEADERS, POLICY_HEADER
from service.page.views import view_of, viewed
from service.sockets import FAULT, TRY_AGAIN
from service.upstream.border import Border

API = "/api"
METRICS = "/metrics"
"""Where Prometheus looks, unless it is told otherwise. It is at its place in the API as well."""
LOOKING_SOCKETS = ("/out", "/log/stream")
"""Those that only send things out end so."""
CLIENT_MAX = 200
"""Characters of a client's name for itself that are recorded."""
ADDRESS_MAX = 100
"""Characters of a client's address that are recorded: a proxy may say anything."""
GZIP_FROM_BYTES = 500
GZIP_LEVEL = 5

ACCOUNTS = "accounts"
_WORKSPACE = re.compile(r"(/api/accounts/([\w.-]{1,100})/workspaces/([\w.-]{1,100}))(?=/)", re.ASCII)
"""Where Prefect Cloud's clients look for the API. Each such address has a log of its own."""
_POLICY = POLICY_HEADER.lower().encode()
_REQUEST_ID = re.compile(rb"[\x21-\x7e]{1,128}")
_API_VERSION = re.compile(r"(\d{1,9})\.(\d{1,9})\.(\d{1,9})", re.ASCII)
_OLDEST_API = (0, 8, 0)

log = structlog.get_logger()


class Front:
    """The whole server as one ASGI application: `direct` routes and `sockets`, then `api`, last the `page`.

    `root_path` is the path that a proxy has the server at, whether the proxy takes it away from what it passes on or
    not.
    """

    def __init__(
        self,
        api: ASGIApp,
        direct: Sequence[Route],
        sockets: Sequence[WebSocketRoute],
        access: Access,
        cors_allowed_origins: list[str],
        border: Border | None,
        page: ASGIApp,
        root_path: str,
    ) -> None:
        self._api = api
        self._direct = direct
        self._sockets = sockets
        self._access = access
        self._border = border
        self._page = page
        self._root_path = root_path
        self._allowed_origins = AllowedOrigins(cors_allowed_origins)
        self._compressed = GZipMiddleware(self._serve, minimum_size=GZIP_FROM_BYTES, compresslevel=GZIP_LEVEL)
        self._shared = CORSMiddleware(
            self._serve_as_taken,
            allow_origins=cors_allowed_origins,
            allow_methods=["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"],
            allow_headers=["*"],
            expose_headers=["X-Digsite-Position", "ETag", "X-Request-ID"],
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """CORS and compression only for those who ask: most clients are programs on the same machine."""
        headers = scope["digsite.headers"] = dict(scope["headers"])
        if self._root_path:
            scope["path"] = _below(scope["path"], self._root_path)
            scope["raw_path"] = _below(scope["raw_path"], self._root_path.encode())
        if scope["type"] == "websocket":
            await self._open(scope, receive, send)
            return
        await (self._shared if b"origin" in headers else self._serve_as_taken)(scope, receive, send)

    async def _serve_as_taken(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Compressed, if the client takes it so. What the upstream answers stays as it is."""
        takes_gzip = b"gzip" in scope["digsite.headers"].get(b"accept-encoding", b"")
        as_it_is = not takes_gzip or (self._border is not None and self._border.is_left_alone(scope["path"]))
        await (self._serve if as_it_is else self._compressed)(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers: dict[bytes, bytes] = scope["digsite.headers"]
        request_id = _request_id(headers)
        bind_contextvars(request_id=request_id)  # named in every log line of this request
        answer = _Answer(send, request_id)
        started = time.perf_counter()
        try:
            await self._route(scope, receive, answer.send, headers, request_id)
        except Exception as error:
            if answer.status:
                raise  # the answer has begun: all that is left is to cut it off
            await answer_to(error)(scope, receive, answer.send)
        finally:
            duration_ms = round((time.perf_counter() - started) * 1000, 1)
            facts = {"method": scope["method"], "path": scope["path"], "status": answer.status}
            log.debug("request", **facts, duration_ms=duration_ms)

    async def _open(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a socket to its route. One that is not there is refused with HTTP 403, as Prefect does."""
        request_id = _request_id(scope["digsite.headers"])
        bind_contextvars(request_id=request_id)
        try:
            await self._socket(scope, request_id)(scope, receive, send)
        except WebSocketDisconnect:
            pass
        except (StorageUnavailable, QueueFull) as error:
            log.warning("unavailable", path=scope["path"], reason=str(error))
            await WebSocketClose(TRY_AGAIN, "Service Unavailable")(scope, receive, send)
        except Exception:  # whatever it is, the client is told
            log.exception("fault", path=scope["path"])
            await WebSocketClose(FAULT, "Internal Server Error")(scope, receive, send)

    def _socket(self, scope: Scope, request_id: str) -> ASGIApp:
        log_name, root = _log_and_root(scope["path"]) or (DEFAULT_LOG, "")
        scope["root_path"] = scope.get("root_path", "") + root
        headers = scope["digsite.headers"]
        try:
            self._allowed_origins.check(headers, only_looks=scope["path"].endswith(LOOKING_SOCKETS))
        except OriginNotAllowed as refusal:
            log.warning("socket refused", path=scope["path"], reason=str(refusal))
            return WebSocketClose()
        origin = _origin(scope, headers, ANYONE.name, request_id)
        put_context(scope, Context(log_name, origin))
        scope["app"] = self._api
        if self._border is not None and self._border.is_beyond(scope["path"]):
            return self._border.websocket
        for route in self._sockets:
            match, found = route.matches(scope)
            if root and match is Match.FULL:
                scope.update(found)
                return route.app
        return WebSocketClose()

    async def _route(
        self, scope: Scope, receive: Receive, send: Send, headers: dict[bytes, bytes], request_id: str
    ) -> None:
        found = _log_and_root(scope["path"])
        if found is None:
            endpoint = await self._outside(scope, headers, request_id)
        else:
            endpoint = _version_refusal(headers) or await self._admit(scope, headers, request_id, *found)
        await endpoint(scope, receive, send)

    async def _outside(self, scope: Scope, headers: dict[bytes, bytes], request_id: str) -> ASGIApp:
        """The page; or the API's answer of which its view is made, if a program asks for another form of it."""
        query, accept = (each.decode("latin-1") for each in (scope["query_string"], headers.get(b"accept", b"")))
        view = view_of(scope["path"], query, accept) if scope["method"] == "GET" else None
        if view is None:
            scope["root_path"] = self._root_path
            return self._page
        scope["path"], scope["query_string"] = API + view.path, view.query.encode()
        return viewed(view, await self._admit(scope, headers, request_id, DEFAULT_LOG, API))

    async def _admit(
        self, scope: Scope, headers: dict[bytes, bytes], request_id: str, log_name: str, root: str
    ) -> ASGIApp:
        """The endpoint of a request that is allowed, with its context in the scope.

        Raises Unauthorized, Forbidden, OriginNotAllowed.
        """
        path = scope["path"][len(root) :]
        if not only_looks(scope["method"], path):
            self._allowed_origins.check(headers, only_looks=False)
        actor = ANYONE.name
        if path not in OPEN_PATHS:
            caller = await self._caller(headers)
            check(caller, needed_scope(scope["method"], path), log_name)
            actor = caller.name
        scope["root_path"] = scope.get("root_path", "") + root
        put_context(scope, Context(log_name, _origin(scope, headers, actor, request_id)))
        return self._endpoint(scope)

    async def _caller(self, headers: dict[bytes, bytes]) -> Caller:
        """Who sends a request. Raises Unauthorized."""
        try:
            return await self._access.caller(headers.get(b"authorization", b"").decode("latin-1"))
        except Unauthorized:
            if headers.get(b"sec-fetch-mode", b"navigate") == b"navigate":
                raise
            raise Unauthorized(takes_basic=False) from None  # a script asks: the browser must not ask for a password

    def _endpoint(self, scope: Scope) -> ASGIApp:
        if self._border is not None and self._border.is_beyond(scope["path"]):
            return self._border.endpoint(scope["path"], self._own_endpoint(scope))
        return self._own_endpoint(scope)

    def _own_endpoint(self, scope: Scope) -> ASGIApp:
        allowed: set[str] = set()
        for route in self._direct:
            match, found = route.matches(scope)
            if match is Match.FULL:
                scope.update(found)
                scope["app"] = self._api
                scope["root_path"] = self._root_path + scope["root_path"]
                return route.app
            if match is Match.PARTIAL:
                allowed.update(route.methods or ())
        return _wrong_method(allowed) if allowed else self._mounted

    async def _mounted(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The API, which looks for its routes below the root."""
        root = self._root_path
        scope = {**scope, "path": root + scope["path"], "root_path": root + scope["root_path"]}
        await self._api(scope, receive, send)


class _Answer:
    """Sends the response on, with the request's id, and the defence if it has none of its own."""

    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self._header = (b"x-request-id", request_id.encode())
        self.status = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = [*message.get("headers", ()), self._header]
            if _POLICY not in dict(headers):
                headers += API_HEADERS
            message["headers"] = headers
        await self._send(message)


def _wrong_method(allowed: set[str]) -> Response:
    return JSONResponse({"detail": "Method Not Allowed"}, 405, {"Allow": ", ".join(sorted(allowed))})


def _log_and_root(path: str) -> tuple[str, str] | None:
    """The log that a path speaks to, and the part of the path that says so; None: it is not the API's."""
    if path == METRICS:
        return DEFAULT_LOG, ""
    if not path.startswith("/api/"):
        return None
    workspace = _WORKSPACE.match(path)
    if workspace is None:
        return DEFAULT_LOG, API
    root, account, name = workspace.groups()
    return f"{account}/{name}", root


def _below(path: AnyStr, root: AnyStr) -> AnyStr:
    below = path.removeprefix(root)
    return below if not below or below[:1] in ("/", b"/") else path


def _request_id(headers: dict[bytes, bytes]) -> str:
    """The client's own id for the request, if it sent a usable one."""
    sent = headers.get(b"x-request-id")
    return uuid7(now()) if sent is None or not _REQUEST_ID.fullmatch(sent) else sent.decode()


def _origin(scope: Scope, headers: dict[bytes, bytes], actor: str, request_id: str) -> Origin:
    client = headers.get(b"user-agent", b"").decode("latin-1")[:CLIENT_MAX]
    address, _ = scope.get("client") or ("", 0)
    return Origin(actor=actor, client=client, address=address[:ADDRESS_MAX], request_id=request_id)


def _version_refusal(headers: dict[bytes, bytes]) -> Response | None:
    """Clients of an API before 0.8.0 are refused, as Prefect does."""
    sent = headers.get(b"x-prefect-api-version")
    if sent is None:
        return None
    text = sent.decode("latin-1")
    version = _API_VERSION.fullmatch(text)
    if version is not None and tuple(map(int, version.groups())) >= _OLDEST_API:
        return None
    detail = f"The request specified API version {text} but this server requires version 0.8.0 or higher."
    return JSONResponse({"detail": detail}, 400)
