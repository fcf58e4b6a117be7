"""The page as an ASGI application: its files, and the shell at every other address that is not the API's."""

import re
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from events.stores.sql import SqlStore
from service.access import Access
from service.context import DEFAULT_LOG
from service.page.bundle import FILES, Bundle
from service.page.defence import PAGE_HEADERS
from service.page.sandbox import DOCUMENT, SANDBOX, SANDBOX_HEADERS
from service.page.shell import Start, shell, unbuilt

DOCS = "/docs"
A_YEAR = "public, max-age=31536000, immutable"

_FILE = re.compile(r"[^./]\.\w+$")
"""The name of a file has one dot before its ending; two, as in `1..2`, are a page that compares."""
_NOT_FOUND = JSONResponse({"detail": "Not Found"}, HTTPStatus.NOT_FOUND)
_WRONG_METHOD = JSONResponse({"detail": "Method Not Allowed"}, HTTPStatus.METHOD_NOT_ALLOWED, {"Allow": "GET, HEAD"})


class Page:
    """Over one bundle; None: it was not built."""

    def __init__(self, bundle: Bundle | None, store: SqlStore, access: Access, api: str) -> None:
        self._bundle = bundle
        self._store = store
        self._access = access
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await (await self._answer(Request(scope)))(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        path, root = request.scope["path"], request.scope.get("root_path", "")
        if request.method not in ("GET", "HEAD"):
            return _WRONG_METHOD
        if path == DOCS:
            return RedirectResponse(root + self._api + DOCS)
        if path.startswith(f"/{FILES}/"):
            return self._file(path.removeprefix(f"/{FILES}/"), request)
        if path == SANDBOX:
            return Response(DOCUMENT, headers=SANDBOX_HEADERS, media_type="text/html")
        if path == self._api or _FILE.search(path):
            return _NOT_FOUND
        return await self._shell(root)

    def _file(self, name: str, request: Request) -> Response:
        file = None if self._bundle is None else self._bundle.files.get(name)
        if file is None:
            return _NOT_FOUND
        headers = PAGE_HEADERS | {"Cache-Control": A_YEAR, "Vary": "Accept-Encoding"}
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return Response(file.content, headers=headers, media_type=file.media_type)
        return Response(file.compressed, headers=headers | {"Content-Encoding": "gzip"}, media_type=file.media_type)

    async def _shell(self, root: str) -> Response:
        headers = PAGE_HEADERS | {"Cache-Control": "no-cache"}
        if self._bundle is None:
            return Response(unbuilt(), HTTPStatus.SERVICE_UNAVAILABLE, headers, "text/html")
        return Response(shell(self._bundle.index, Start(root, await self._position())), 200, headers, "text/html")

    async def _position(self) -> int | None:
        """Where the log ends, for those who may know it."""
        if await self._access.is_guarded():
            return None
        return (await self._store.head(DEFAULT_LOG)).position
