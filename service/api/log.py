"""The log's own routes: its pages, its head, its events and bodies by position, the stream as Server-Sent Events."""

import time
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from events.absences import Part, absent_at
from events.clock import as_text
from events.cursor import Cursor
from events.errors import ArchiveUnreachable
from events.feed import Feed, FeedStopped
from events.reading import SPAN_EVENTS_MAX, Span, read_event, read_span
from service.api.direct import GUARDED, UNAVAILABLE, DirectRoute, Responses, documented
from service.api.exchange import POSITION, answer
from service.byte_range import byte_range
from service.context import context_of
from service.parts import parts_of
from service.schemas.log import HeadShown, LogEntry, LogPage
from service.schemas.refusals import Detail, InvalidRequest, Problem
from service.sockets.following import about
from service.streams.asking import AFTER, BODIES, FILTER, LIMIT, UNTIL, WAIT_S, WAIT_S_MAX, Asked, asked
from service.streams.session import Session, events_frame, refused_frame, with_entry
from service.streams.starting import (
    Archived,
    BodyGone,
    BodyNotFound,
    CannotResume,
    EventNotFound,
    ending_position,
    starting_cursor,
)

ASK_AGAIN = "private, no-cache"
"""A body never changes, and may be erased: who keeps it asks each time whether it is still there."""
LAST_EVENT_ID = "Last-Event-ID"
RECONNECT_MS = 1_000
REFUSED_RECONNECT_MS = 60_000
"""After a refusal an EventSource comes back on its own: there is no need for haste."""

router = APIRouter(route_class=DirectRoute, tags=["Log"], responses=GUARDED | UNAVAILABLE)

POSITION_IN_PATH = {"position": {"type": "integer", "minimum": 1, "maximum": 10**18 - 1}}
READING: dict[str, dict[str, Any]] = {
    AFTER: {"type": "string", "description": "A position, a cursor, `start`, `head`, or a time. Exclusive."},
    FILTER: {"type": "string", "description": "An EventFilter as JSON.", "contentMediaType": "application/json"},
    BODIES: {"type": "string", "enum": ["inline", "reference"], "description": "`reference`: only name the bodies."},
}
CRITERIA: dict[str, dict[str, Any]] = {
    "actor": {"type": "string", "description": "Who wrote. This and all below may be given several times."},
    "key": {"type": "string", "description": "The artifact's key."},
    "run": {"type": "string", "description": "The flow run, or the task run, that wrote."},
    "kind": {"type": "string", "description": "What happened; `prefect.artifact.*` for all that begin so."},
    "resource": {"type": "string", "description": "The id of what it happened to."},
    "request": {"type": "string", "description": "The id of the request that brought it."},
}
"""Instead of a filter."""
PAGING: dict[str, dict[str, Any]] = {
    UNTIL: {"type": "string", "description": "A position, or a time before which it was recorded. Inclusive."},
    LIMIT: {"type": "integer", "minimum": 1, "maximum": SPAN_EVENTS_MAX, "description": "Events to look at, at most."},
    WAIT_S: {"type": "number", "minimum": 0, "maximum": WAIT_S_MAX, "description": "Wait so long for an event."},
}
RESUMING = {LAST_EVENT_ID: {"type": "string", "description": "The id of the last message; goes before `after`."}}
UNUSABLE: Responses = {
    409: {"model": Problem, "description": "The place is not in this log."},
    422: {"model": InvalidRequest | Problem, "description": "The question is not valid, or names no place in a log."},
}
NOT_FOUND: Responses = {404: {"model": Problem | Detail, "description": "Nothing is there."}}
STREAM: Responses = {200: {"description": "Frames, one per message.", "content": {"text/event-stream": {}}}}
BODY: Responses = {
    200: {"description": "The body as it was recorded.", "content": {"application/json": {}}},
    206: {"description": "The part that was asked for.", "content": {"application/json": {}}},
    304: {"description": "The body is what the client has."},
    410: {"model": Problem, "description": "The body was taken away, and why."},
    416: {"model": Problem, "description": "The part begins beyond the end."},
}
PART = {
    "Range": {"type": "string", "description": "One part, `bytes=0-499`."},
    "If-None-Match": {"type": "string", "description": "The ETag of what the client has."},
}


@router.get(
    "/log",
    response_model=LogPage,
    responses=UNUSABLE,
    openapi_extra=documented(query=READING | CRITERIA | PAGING),
)
async def read_log(request: Request) -> Response:
    """A page of the log, in the shape of the stream's `events` frame; each event with who wrote it, from where, and its
    place. Go on after its `to` or its `cursor`."""
    wanted = asked(request.query_params)
    parts, log = parts_of(request), context_of(request).log
    start = await starting_cursor(parts.store, log, wanted.after)
    upto = None if wanted.until is None else await ending_position(parts.store, log, wanted.until)
    span = await _page(request, start, wanted, upto)
    cursor = Cursor(log, span.to, start.epoch)
    frame = events_frame(span, start.position, cursor, by_reference=wanted.by_reference, item=with_entry)
    return answer(frame, 200, {POSITION: str(span.head)})


@router.get("/log/head", response_model=HeadShown)
async def read_head(request: Request) -> Response:
    """Where the log ends."""
    head = await parts_of(request).store.head(context_of(request).log)
    shown = HeadShown(
        log=head.log,
        position=head.position,
        epoch=head.epoch,
        cursor=Cursor(head.log, head.position, head.epoch).encode(),
        recorded=as_text(head.recorded) if head.position else None,
        hash=head.hash.hex(),
    )
    return answer(shown.model_dump_json(), 200, {POSITION: str(head.position)})


@router.get(
    "/log/sse",
    response_class=StreamingResponse,
    responses=UNUSABLE | STREAM,
    openapi_extra=documented(query=READING | CRITERIA, headers=RESUMING),
)
async def stream_log(request: Request) -> Response:
    """The stream as Server-Sent Events: a frame per message, its cursor as the message's id."""
    wanted = asked(request.query_params)
    parts, context = parts_of(request), context_of(request)
    after = request.headers.get(LAST_EVENT_ID) or wanted.after
    try:
        start = await starting_cursor(parts.store, context.log, after)
    except CannotResume as refusal:
        lines = f"retry: {REFUSED_RECONNECT_MS}\ndata: {refused_frame(refusal)}\n\n"
        return Response(lines, media_type="text/event-stream", headers={"Cache-Control": "no-cache"})
    messages = _messages(parts.feeds.of(context.log), start, wanted, request)
    return StreamingResponse(messages, media_type="text/event-stream", headers={"Cache-Control": "no-cache"})


@router.get(
    "/log/{position:int}",
    response_model=LogEntry,
    responses=NOT_FOUND,
    openapi_extra=documented(path=POSITION_IN_PATH),
)
async def read_one_event(request: Request) -> Response:
    """The event at a position, with all of its labels, who wrote it, and from where."""
    position = position_in(request)
    event = await read_event(parts_of(request).store, context_of(request).log, position)
    if event is None:
        raise EventNotFound(position)
    return answer(with_entry(event, event.whole_json), 200)


@router.get(
    "/log/{position:int}/body",
    response_class=Response,
    responses=BODY | NOT_FOUND,
    openapi_extra=documented(path=POSITION_IN_PATH, headers=PART),
)
async def read_event_body(request: Request) -> Response:
    """The body that was recorded at a position, to the letter, or a part of it. It never changes; it may be erased."""
    store, log, position = parts_of(request).store, context_of(request).log, position_in(request)
    body = (await store.bodies(log, [position])).get(position)
    if body is None:
        gone = await absent_at(store.fetch, await store.log_number(log), Part.BODY, [position])
        raise BodyGone(position, gone[position]) if position in gone else BodyNotFound(position)
    etag = f'"{log}-{position}"'
    headers = {"ETag": etag, "Cache-Control": ASK_AGAIN, "Accept-Ranges": "bytes"}
    known = request.headers.get("if-none-match", "")
    if etag in known or known == "*":
        return Response(None, 304, headers)
    content = body.encode()
    if request.headers.get("if-range", etag) == etag:
        part = byte_range(request.headers.get("range"), len(content))
        if part is not None:
            start, end = part
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{len(content)}"
            return Response(content[start:end], 206, headers, media_type="application/json")
    return Response(content, 200, headers, media_type="application/json")


async def _page(request: Request, start: Cursor, wanted: Asked, upto: int | None) -> Span:
    """The next page; if it has no event and is not the last, wait for one as long as was asked."""
    parts = parts_of(request)
    store, feed = parts.store, parts.feeds.of(start.log)
    deadline = time.monotonic() + min(wanted.wait_s, parts.settings.poll_timeout_s)
    after = start.position
    while True:
        span = await read_span(store, start.log, after=after, matcher=wanted.matcher, upto=upto, limit=wanted.limit)
        left = deadline - time.monotonic()
        if span.events or left <= 0 or feed.is_stopped or span.to == upto:
            return span
        after = span.to
        if span.is_at_head:
            await feed.wait(after, left)


async def _messages(feed: Feed, start: Cursor, wanted: Asked, request: Request) -> AsyncIterator[str]:
    session = Session(start, by_reference=wanted.by_reference)
    yield f"retry: {RECONNECT_MS}\n\n"
    about_reader = about("sse", context_of(request))
    with suppress(FeedStopped), feed.follow(start.position, wanted.matcher, about_reader) as follower:
        while True:
            try:
                span = await follower.next()
            except ArchiveUnreachable as error:
                refusal = Archived(error, await parts_of(request).store.head(start.log))
                yield f"retry: {REFUSED_RECONNECT_MS}\ndata: {refused_frame(refusal)}\n\n"
                return
            frames = session.receive(span, is_live=follower.is_live)
            cursor = session.cursor.encode()
            yield "".join(f"id: {cursor}\ndata: {frame}\n\n" for frame in frames)


def position_in(request: Request) -> int:
    """The position in the path. Raises EventNotFound for what cannot be one."""
    position = int(request.path_params["position"])
    if not 0 < position < 10**18:
        raise EventNotFound(position)
    return position
