"""`/events/out`: Prefect's own stream of events, for its subscribers.

Where it begins is `occurred.since`, taken as the time of recording: an event that comes in late, with a time long
past, is then delivered like any other. Prefect goes back 15 minutes at most; this goes back as far as it is asked.
"""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from msgspec import Struct
from pydantic import ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect

from events.clock import micros
from events.filter import EventFilter, Occurred
from events.matching import Matcher
from events.moments import recorded_by
from events.published import Published
from events.reading import Span
from service.keys import Scope
from service.parts import parts_of
from service.sockets.following import about, push
from service.sockets.handshake import close, opened_socket
from service.sockets.protocol import FRAMES_KEPT_MAX

PROTOCOL_ERROR = 1002
BACKFILL = timedelta(minutes=15)
"""How far back a subscriber begins who does not say, as in Prefect."""


class Subscribing(Struct, frozen=True):
    """What a subscriber asks for. `since` None: only what is new."""

    matcher: Matcher
    since: datetime | None


class Refused(Exception):
    """The message is no subscription; the reason is Prefect's."""


async def stream_events(websocket: WebSocket) -> None:
    """One event per frame, from the backfill on, for as long as the client stays."""
    context = await opened_socket(websocket, Scope.READ)
    if context is None:
        return
    try:
        subscribing = parse(await _text(websocket), datetime.now(UTC))
    except Refused as refusal:
        await close(websocket, PROTOCOL_ERROR, str(refusal))
        return
    parts = parts_of(websocket)
    head = await parts.store.head(context.log)
    start = head.position
    if subscribing.since is not None:
        start = await recorded_by(parts.store, head.log, micros(subscribing.since) - 1)
    feed = parts.feeds.of(context.log)
    with feed.follow(start, subscribing.matcher, about("events/out", context)) as follower:
        await push(websocket, follower, frames)


def parse(text: str | None, now: datetime) -> Subscribing:
    """Raises Refused."""
    message = _object(text)
    if message.get("type") != "filter":
        raise Refused("Expected 'filter' message")
    try:
        asked = EventFilter.model_validate(message.get("filter"))
    except ValidationError as error:
        raise Refused(f"Invalid filter: {_short(error)}") from None
    since = asked.occurred and asked.occurred.since
    backfill = message.get("backfill", True)
    return Subscribing(Matcher(_without_since(asked)), (since or now - BACKFILL) if backfill else None)


def frames(span: Span) -> Iterable[str]:
    return map(frame, span.events)


@lru_cache(maxsize=FRAMES_KEPT_MAX)
def frame(event: Published) -> str:
    """Made once for all subscribers, whatever their filters are."""
    return f'{{"type":"event","event":{event.json}}}'


async def _text(websocket: WebSocket) -> str | None:
    message = await websocket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1005))
    return message.get("text")


def _object(text: str | None) -> dict[str, Any]:
    try:
        message = json.loads(text or "")
    except (ValueError, RecursionError):
        return {}
    return message if isinstance(message, dict) else {}


def _without_since(asked: EventFilter) -> EventFilter:
    if asked.occurred is None or asked.occurred.since is None:
        return asked
    until = {} if asked.occurred.until is None else {"until": asked.occurred.until}
    return asked.model_copy(update={"occurred": Occurred(**until)})


def _short(error: ValidationError) -> str:
    """Where and what, briefly: a close frame has room for little."""
    first = error.errors(include_url=False)[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
