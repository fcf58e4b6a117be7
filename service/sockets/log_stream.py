"""`/log/stream`: Digsite's own stream over a websocket."""

from fastapi.exceptions import RequestValidationError
from starlette.websockets import WebSocket

from events.errors import ArchiveUnreachable
from service.keys import Scope
from service.parts import parts_of
from service.sockets.following import about, push
from service.sockets.handshake import POLICY_VIOLATION, close, opened_socket
from service.streams.asking import asked
from service.streams.session import Session, invalid_frame, refused_frame
from service.streams.starting import Archived, CannotResume, InvalidStart, starting_cursor


async def stream_log(websocket: WebSocket) -> None:
    """Frames from `after` on, for as long as the client stays."""
    context = await opened_socket(websocket, Scope.READ)
    if context is None:
        return
    parts = parts_of(websocket)
    try:
        wanted = asked(websocket.query_params)
        start = await starting_cursor(parts.store, context.log, wanted.after)
    except CannotResume as refusal:
        await websocket.send_text(refused_frame(refusal))
        await close(websocket, POLICY_VIOLATION, refusal.reason)
        return
    except (InvalidStart, RequestValidationError) as error:
        await websocket.send_text(invalid_frame(_reason(error)))
        await close(websocket, POLICY_VIOLATION, "invalid")
        return
    session = Session(start, by_reference=wanted.by_reference)
    feed = parts.feeds.of(context.log)
    with feed.follow(start.position, wanted.matcher, about("websocket", context)) as follower:
        try:
            await push(websocket, follower, lambda span: session.receive(span, is_live=follower.is_live))
        except ArchiveUnreachable as error:
            await websocket.send_text(refused_frame(Archived(error, await parts.store.head(context.log))))
            await close(websocket, POLICY_VIOLATION, Archived.reason)


def _reason(error: InvalidStart | RequestValidationError) -> str:
    if isinstance(error, InvalidStart):
        return str(error)
    return "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
