"""The gateway of the websockets: what one half says is said to the other, for as long as both are there.

upgrade ─► asked of the upstream ─► accepted as there ─► {"type":"auth"} ─► messages, both ways ─► closed as there
            │ refused: the same answer                    │ 1008              │ the upstream is lost: 1012
            │ away: 503                                                       │ the client is lost: cut

The credentials: where Digsite asks for some, it checks them first. What the upstream is shown are this server's own,
if it has any, and else the client's.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.typing import Subprotocol

from service.access import Forbidden, Unauthorized, check, needed_socket_scope
from service.context import context_of
from service.errors import answer_to
from service.parts import parts_of
from service.sockets.handshake import (
    POLICY_VIOLATION,
    RESTARTING,
    SUBPROTOCOL,
    Refused,
    caller_of_token,
    close,
    shown_token,
)
from service.upstream.address import Address
from service.upstream.client import CONNECT_TIMEOUT_S, UpstreamUnavailable
from service.upstream.gateway import UpstreamLoop
from service.upstream.hop import Headers, answer_headers, has_come_round, request_headers, target

UPSTREAM_MESSAGE_BYTES_MAX = 16 * 1024 * 1024
"""Largest message of the upstream that is passed on, the same as a client may send. A larger one closes with 1009."""
UPSTREAM_FRAMES_MAX = 4
"""Frames that wait for a client that is slow; then no more are read."""
PING_INTERVAL_S = 20.0
PONG_TIMEOUT_S = 40.0
CLOSE_TIMEOUT_S = 1.0
"""How long the upstream has to answer a close."""

NORMAL, NO_STATUS, TOO_BIG = 1000, 1005, 1009
OF_THE_UPGRADE = b"sec-websocket-"

_Ended = Message | ConnectionClosed | None


class SocketGateway:
    """An ASGI application whose sockets are all the upstream's. `root` is where its API is in ours."""

    def __init__(self, address: Address, root: str) -> None:
        self._address = address
        self._root = root

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises StorageUnavailable."""
        websocket = WebSocket(scope, receive, send)
        try:
            upstream = await self._admitted(websocket)
        except InvalidStatus as refusal:
            await websocket.send_denial_response(self._refusal(refusal))
        except (UpstreamUnavailable, UpstreamLoop) as error:
            await websocket.send_denial_response(answer_to(error))
        except (Unauthorized, Forbidden) as error:
            await close(websocket, POLICY_VIOLATION, str(error))
        else:
            await self._passed_on(websocket, upstream)

    async def _admitted(self, websocket: WebSocket) -> ClientConnection:
        """The socket of the upstream, if both let the client in that far.

        Raises Unauthorized, Forbidden, UpstreamUnavailable, UpstreamLoop; InvalidStatus if the upstream refuses.
        """
        if SUBPROTOCOL not in websocket.scope["subprotocols"]:
            await _check_header(websocket)
        upstream = await self._dial(websocket.scope)
        if upstream.subprotocol != SUBPROTOCOL and SUBPROTOCOL in websocket.scope["subprotocols"]:
            await _check_header(websocket)  # no message will say who it is
        return upstream

    async def _passed_on(self, websocket: WebSocket, upstream: ClientConnection) -> None:
        try:
            await websocket.accept(upstream.subprotocol, self._accepting(upstream))
            is_guarded = self._address.token or await parts_of(websocket).access.is_guarded()
            if upstream.subprotocol == SUBPROTOCOL and is_guarded:
                await upstream.send(await self._auth_message(websocket))
            await _exchange(websocket, upstream)
        except (Refused, Unauthorized, Forbidden) as refusal:
            await close(websocket, POLICY_VIOLATION, str(refusal))
        finally:
            upstream.transport.abort()  # of no effect after a close

    async def _dial(self, scope: Scope) -> ClientConnection:
        """Raises UpstreamUnavailable, UpstreamLoop; InvalidStatus if the upstream refuses."""
        if has_come_round(scope["headers"]):
            raise UpstreamLoop(self._address.api_url)
        url = self._address.origin.replace("http", "ws", 1) + target(scope, self._address, self._root).decode("latin-1")
        try:
            return await _Dialling(
                url,
                subprotocols=[Subprotocol(each) for each in scope["subprotocols"]] or None,
                additional_headers=_plain(request_headers(scope, self._address)),
                user_agent_header=None,
                compression=None,
                proxy=None,
                open_timeout=CONNECT_TIMEOUT_S,
                ping_interval=PING_INTERVAL_S,
                ping_timeout=PONG_TIMEOUT_S,
                close_timeout=CLOSE_TIMEOUT_S,
                max_size=UPSTREAM_MESSAGE_BYTES_MAX,
                max_queue=UPSTREAM_FRAMES_MAX,
            )
        except InvalidStatus:
            raise
        except (OSError, EOFError, InvalidHandshake) as error:
            raise UpstreamUnavailable(self._address.api_url, str(error) or type(error).__name__) from error

    async def _auth_message(self, websocket: WebSocket) -> str:
        """What the upstream is told of who comes. Raises Refused, Unauthorized, Forbidden, WebSocketDisconnect."""
        token = await shown_token(websocket)
        caller = await caller_of_token(parts_of(websocket).access, token)
        check(caller, needed_socket_scope(websocket.scope["path"]), context_of(websocket).log)
        return json.dumps({"type": "auth", "token": self._address.token or token or None})

    def _accepting(self, upstream: ClientConnection) -> Headers:
        assert upstream.response is not None
        return self._onward(101, upstream.response.headers.raw_items())

    def _refusal(self, refusal: InvalidStatus) -> Response:
        answer = refusal.response
        response = Response(bytes(answer.body or b""), answer.status_code)
        response.raw_headers = self._onward(answer.status_code, answer.headers.raw_items())
        return response

    def _onward(self, status: int, headers: Iterable[tuple[str, str]]) -> Headers:
        """The headers of an answer to an upgrade, without those of this handshake."""
        raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        others = [(name, value) for name, value in raw if not name.startswith(OF_THE_UPGRADE)]
        return answer_headers(status, others, self._address, self._root)


class _Dialling(connect):
    def process_redirect(self, exc: Exception) -> Exception | str:
        """To follow a redirect is up to the client."""
        return exc


async def _check_header(websocket: WebSocket) -> None:
    """Raises Unauthorized, Forbidden."""
    caller = await parts_of(websocket).access.caller(websocket.headers.get("authorization"))
    check(caller, needed_socket_scope(websocket.scope["path"]), context_of(websocket).log)


async def _exchange(websocket: WebSocket, upstream: ClientConnection) -> None:
    """Pass on messages until one half ends; then the other ends in the same way."""
    up = asyncio.create_task(_up(websocket, upstream))
    down = asyncio.create_task(_down(websocket, upstream))
    try:
        async for ended in _as_they_end(up, down):
            if isinstance(ended, ConnectionClosed):
                await close(websocket, *farewell(ended))
                return
            if ended is not None:
                await _leave(upstream, ended)
                return
    finally:
        up.cancel()
        down.cancel()
        await asyncio.gather(up, down, return_exceptions=True)


async def _up(websocket: WebSocket, upstream: ClientConnection) -> Message | None:
    """The message with which the client leaves; None: the upstream has gone, and the other direction knows how."""
    while True:
        message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            return message
        text = message.get("text")
        try:
            await upstream.send(message["bytes"] if text is None else text)
        except ConnectionClosed:
            return None


async def _down(websocket: WebSocket, upstream: ClientConnection) -> ConnectionClosed | None:
    """How the upstream went; None: the client has gone, and the other direction knows how."""
    while True:
        try:
            message = await upstream.recv()
        except ConnectionClosed as closed:
            return closed
        try:
            await (websocket.send_text(message) if isinstance(message, str) else websocket.send_bytes(message))
        except WebSocketDisconnect:
            return None


async def _as_they_end(*tasks: "asyncio.Task[_Ended]") -> AsyncIterator[_Ended]:
    pending = set(tasks)
    while pending:
        done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            yield task.result()


def farewell(closed: ConnectionClosed) -> tuple[int, str]:
    """The code and reason with which a client is left, after the upstream has gone in this way."""
    if closed.sent is not None and closed.sent.code == TOO_BIG and not closed.rcvd_then_sent:
        return TOO_BIG, f"The message is larger than {UPSTREAM_MESSAGE_BYTES_MAX} bytes."
    if closed.rcvd is None or closed.rcvd_then_sent is False:
        return RESTARTING, "The Prefect server was lost."
    return (NORMAL if closed.rcvd.code == NO_STATUS else closed.rcvd.code), closed.rcvd.reason


async def _leave(upstream: ClientConnection, message: Message) -> None:
    """Close as the client has closed. If it went without a word, so do we."""
    if "reason" in message:
        await upstream.close(NORMAL if message["code"] == NO_STATUS else message["code"], message["reason"])
    else:
        upstream.transport.abort()


def _plain(headers: Headers) -> list[tuple[str, str]]:
    """The headers of an upgrade that the client of the upstream does not make itself."""
    return [
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, value in headers
        if name != b"host" and not name.startswith(OF_THE_UPGRADE)
    ]
