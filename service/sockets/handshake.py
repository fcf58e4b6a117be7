"""The handshake of every socket, Prefect's: who opens it, and may they?

upgrade ─► offers `prefect`?  yes: accept ─► {"type":"auth","token":...} ─► {"type":"auth_success"}
                              no:  the Authorization header decides ─► accept, or HTTP 403; 503 if nobody can tell
"""

import asyncio
import json
from typing import Any

from msgspec.structs import replace
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from events.errors import StorageUnavailable
from service.access import Access, Caller, Forbidden, Unauthorized, check
from service.context import Context, context_of
from service.errors import answer_to
from service.keys import Scope
from service.parts import parts_of

SUBPROTOCOL = "prefect"
HANDSHAKE_TIMEOUT_S = 10.0
"""How long an accepted socket may take to say who it is."""
REASON_BYTES_MAX = 123
"""Longest reason that a close frame can carry."""

POLICY_VIOLATION, FAULT, RESTARTING, TRY_AGAIN = 1008, 1011, 1012, 1013
"""Why a socket is closed. None of them is 1000 or 1001, at which Prefect's clients stay away."""


class Refused(Exception):
    """The handshake failed; the reason is Prefect's."""


async def opened_socket(websocket: WebSocket, scope_needed: Scope) -> Context | None:
    """Accept a socket whose caller may do what it needs, and answer with its context; else refuse it: None.

    Raises StorageUnavailable.
    """
    context = context_of(websocket)
    try:
        if SUBPROTOCOL in websocket.scope["subprotocols"]:
            await websocket.accept(SUBPROTOCOL)
            caller = await caller_of_token(parts_of(websocket).access, await shown_token(websocket))
            check(caller, scope_needed, context.log)
            await websocket.send_text('{"type":"auth_success"}')
        else:
            caller = await parts_of(websocket).access.caller(websocket.headers.get("authorization"))
            check(caller, scope_needed, context.log)
            await websocket.accept()
    except (Refused, Unauthorized, Forbidden) as refusal:
        await close(websocket, POLICY_VIOLATION, str(refusal))
        return None
    except StorageUnavailable as error:
        if websocket.application_state is not WebSocketState.CONNECTING:
            raise
        await websocket.send_denial_response(answer_to(error))  # a 403 would tell the client to stay away
        return None
    except WebSocketDisconnect:
        return None
    return replace(context, origin=replace(context.origin, actor=caller.name))


async def close(websocket: WebSocket, code: int, reason: str) -> None:
    """Close a socket, or refuse it (HTTP 403) if it was not accepted. A reason that is too long is cut."""
    await websocket.close(code, reason.encode()[:REASON_BYTES_MAX].decode(errors="ignore"))


async def shown_token(websocket: WebSocket) -> str:
    """The token of the first message, empty if it has none. Raises Refused, WebSocketDisconnect."""
    try:
        async with asyncio.timeout(HANDSHAKE_TIMEOUT_S):
            message = await websocket.receive()
    except TimeoutError:
        raise Refused("Expected 'auth' message") from None
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1005))
    return _token(message.get("text"))


async def caller_of_token(access: Access, token: str) -> Caller:
    """Raises Refused, in Prefect's words."""
    if not token and await access.is_guarded():
        raise Refused("Auth required but no token provided")
    try:
        return await access.caller_of_token(token)
    except Unauthorized:
        raise Refused("Invalid token") from None


def _token(text: str | None) -> str:
    """The token of an auth message, empty if it has none. Raises Refused."""
    try:
        sent: Any = json.loads(text or "")
    except (ValueError, RecursionError):
        sent = None
    if not isinstance(sent, dict) or sent.get("type") != "auth":
        raise Refused("Expected 'auth' message")
    token = sent.get("token")
    return token.encode(errors="replace").decode() if isinstance(token, str) else ""
