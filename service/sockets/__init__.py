"""The websockets: one module each, and the handshake that all of them begin with."""

from starlette.routing import WebSocketRoute

from service.sockets.handshake import FAULT, POLICY_VIOLATION, RESTARTING, TRY_AGAIN, close, opened_socket

__all__ = ["FAULT", "POLICY_VIOLATION", "RESTARTING", "ROUTES", "TRY_AGAIN", "close", "opened_socket"]

ROUTES: tuple[WebSocketRoute, ...] = ()
"""All sockets. The front serves them as they stand here."""
