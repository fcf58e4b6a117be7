"""The gateway: passes a request on to the upstream, and its answer back, both piece by piece as they come.

request ─► the upstream ─► its answer ─► client
            │ cannot be reached: 503       │ is lost in mid-answer: the connection is cut
            │ is lost before it answers: 502
            │ falls silent: 504
"""

import asyncio
from collections.abc import AsyncIterator, Callable

import httpx2
import structlog
from starlette.types import Receive, Scope, Send

from service.upstream.address import Address, trusted
from service.upstream.client import CONNECT_TIMEOUT_S, UpstreamUnavailable, retry_after_s
from service.upstream.hop import answer_headers, framing, has_come_round, request_headers, target

UPSTREAM_CONNECTIONS_MAX = 100
"""Connections to the upstream. A request beyond them waits for one."""
CONNECTION_WAIT_S = 10.0
IDLE_S = 4.0
"""How long a connection is kept that nobody uses. Prefect's server closes it after 5 s, and must not be the first."""
SILENCE_S = 300.0
"""How long the upstream may send nothing, or take nothing, in the midst of a request."""
SAFE = frozenset(("GET", "HEAD", "OPTIONS", "TRACE"))
"""Methods that change nothing: to send such a request once more does no harm."""

TIMEOUTS = {"connect": CONNECT_TIMEOUT_S, "pool": CONNECTION_WAIT_S, "read": SILENCE_S, "write": SILENCE_S}

log = structlog.get_logger()


class UpstreamLost(Exception):
    """The upstream was lost before it had answered in full. It may have done what it was asked to."""

    def __init__(self, url: str, reason: str, *, away_s: float = 0.0) -> None:
        super().__init__(f"The Prefect server at {url} was lost: {reason}. It may have done what it was asked to.")
        self.url, self.reason = url, reason
        self.retry_after_s = retry_after_s(away_s)


class UpstreamSilent(Exception):
    """The upstream took the request and sent nothing for too long."""

    def __init__(self, url: str, silence_s: float) -> None:
        super().__init__(f"The Prefect server at {url} was silent for {silence_s:g} s. It may still be working.")
        self.url, self.silence_s = url, silence_s


class UpstreamLoop(Exception):
    """The upstream is this server itself."""

    def __init__(self, url: str) -> None:
        super().__init__(f"{url} leads back here. Let DIGSITE_UPSTREAM_API_URL name the Prefect server.")
        self.url = url


class ClientGone(Exception):
    """The client has left before its request was read."""


class Gateway:
    """An ASGI application that has everything answered by the upstream. `root` is where its API is in ours.

    `away_s` says for how long the upstream has been away.
    """

    def __init__(self, address: Address, root: str, away_s: Callable[[], float]) -> None:
        self.address = address
        self._away_s = away_s
        self._root = root
        self._url = httpx2.URL(address.api_url)
        self._connections = httpx2.AsyncHTTPTransport(
            limits=httpx2.Limits(
                max_connections=UPSTREAM_CONNECTIONS_MAX,
                max_keepalive_connections=UPSTREAM_CONNECTIONS_MAX,
                keepalive_expiry=IDLE_S,
            ),
            verify=trusted(),
            trust_env=False,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Before the answer begins: UpstreamUnavailable, UpstreamSilent, UpstreamLoop. At any time: UpstreamLost."""
        body = _Body(receive)
        passing = asyncio.create_task(self._pass(scope, body, send))
        leaving = asyncio.create_task(body.abandoned())
        try:
            await asyncio.wait((passing, leaving), return_when=asyncio.FIRST_COMPLETED)
            if passing.done():
                passing.result()
        except ClientGone:
            pass
        finally:
            passing.cancel()
            leaving.cancel()
            await asyncio.gather(passing, leaving, return_exceptions=True)

    async def close(self) -> None:
        await self._connections.aclose()

    async def _pass(self, scope: Scope, body: "_Body", send: Send) -> None:
        response = await self._answer(self._request(scope, body), body)
        try:
            headers = answer_headers(response.status_code, response.headers.raw, self.address, self._root)
            await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
            async for piece in _pieces(response):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        except httpx2.TransportError as error:
            log.warning("upstream lost in mid-answer", path=scope["path"], reason=_reason(error))
            raise UpstreamLost(self.address.api_url, _reason(error)) from error
        finally:
            await response.aclose()

    def _request(self, scope: Scope, body: "_Body") -> httpx2.Request:
        """Raises UpstreamLoop."""
        if has_come_round(scope["headers"]):
            raise UpstreamLoop(self.address.api_url)
        framed = framing(scope["headers"])
        if not framed:
            body.is_read.set()
        return httpx2.Request(
            scope["method"],
            self._url,
            headers=[*request_headers(scope, self.address), *framed],
            stream=body if framed else httpx2.ByteStream(b""),
            extensions={"target": target(scope, self.address, self._root), "timeout": TIMEOUTS},
        )

    async def _answer(self, request: httpx2.Request, body: "_Body") -> httpx2.Response:
        """The answer, its body still to come. What changes nothing is asked once more over another connection."""
        url = self.address.api_url
        may_ask_again = request.method in SAFE and isinstance(request.stream, httpx2.ByteStream)
        while True:
            try:
                return await self._connections.handle_async_request(request)
            except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
                raise UpstreamUnavailable(url, _reason(error), away_s=self._away_s()) from error
            except httpx2.PoolTimeout as error:
                reason = f"all {UPSTREAM_CONNECTIONS_MAX} connections to it are in use"
                raise UpstreamUnavailable(url, reason, away_s=self._away_s()) from error
            except httpx2.TimeoutException as error:
                raise UpstreamSilent(url, SILENCE_S) from error
            except httpx2.TransportError as error:
                if not may_ask_again:
                    raise UpstreamLost(url, _reason(error), away_s=self._away_s()) from error
                may_ask_again = False


class _Body(httpx2.AsyncByteStream):
    """The body of a request, as the client sends it."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.is_read = asyncio.Event()
        """Nothing of it is wanted any more."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            while True:
                message = await self._receive()
                if message["type"] == "http.disconnect":
                    raise ClientGone
                if message["body"]:
                    yield message["body"]
                if not message["more_body"]:
                    return
        finally:
            self.is_read.set()

    async def abandoned(self) -> None:
        """Return when the client has gone."""
        await self.is_read.wait()
        while (await self._receive())["type"] != "http.disconnect":
            pass


async def _pieces(response: httpx2.Response) -> AsyncIterator[bytes]:
    """The body of an answer as it is on the wire."""
    assert isinstance(response.stream, httpx2.AsyncByteStream)
    async for piece in response.stream:
        yield piece


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__
