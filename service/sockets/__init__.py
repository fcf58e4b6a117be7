"""The websockets: one module each, and the handshake that all of them begin with."""

from starlette.routing import WebSocketRoute

from service.sockets.events_in import take_events
from service.sockets.events_out import stream_events
from service.sockets.handshake import FAULT, POLICY_VIOLATION, RESTARTING, TRY_AGAIN, close, opened_socket
from service.sockets.log_stream import stream_log
from service.sockets.member_stream import stream_deliveries

__all__ = ["FAULT", "POLICY_VIOLATION", "RESTARTING", "ROUTES", "TRY_AGAIN", "close", "opened_socket"]

ROUTES = (
    WebSocketRoute("/events/in", take_events),
    WebSocketRoute("/events/out", stream_events),
    WebSocketRoute("/log/stream", stream_log),
    WebSocketRoute("/subscriptions/{name}/stream", stream_deliveries),
)
"""All sockets. The front serves them as they stand here."""
