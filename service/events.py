"""Events: what the API offers of them, over the writer and the log. Answers are JSON text with their position."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from events.clock import micros
from events.event import Event, Micros, Origin
from events.filter import EventFilter, Occurred
from events.matching import Matcher
from events.reading import publish
from events.searching import count, mark_of, search
from events.stores.sql import HEAD_OF, SqlStore
from events.stores.tables import Row
from events.tallying import tally_kinds, tally_resources, tally_spans
from events.writer import Writer
from service import event_rendering
from service.buckets import TimeUnit, buckets
from service.deciding.commands import Command, RecordEvents
from service.handler import Answer
from service.page_token import PageToken
from service.read import Read

HEADER_BYTES = 1_000
"""About what an event takes besides its payload."""
SEARCHED_DAYS = 180
"""How far back a search goes that does not say since when."""


class Countable(StrEnum):
    """By what events can be counted. `day` is `time` in days."""

    DAY = "day"
    TIME = "time"
    EVENT = "event"
    RESOURCE = "resource"


class Page(Struct, frozen=True):
    """Events as JSON, how many there are on all pages, and the token of the next page, if there is one."""

    events: tuple[str, ...]
    total: int
    next_token: str | None
    position: int


class Events:
    """The commands and queries of the API about events, over one store and its writer."""

    def __init__(self, store: SqlStore, writer: Writer[Command, Answer]) -> None:
        self._store = store
        self._writer = writer

    async def record(self, log: str, events: Sequence[Event], origin: Origin) -> int:
        """Record events from outside, each once; answer with a position behind which none of them stands.

        Raises what `Writer.submit` raises.
        """
        answer = await self.news(log, events, origin)
        return answer[-1].position if len(answer) == len(events) > 0 else (await self._store.head(log)).position

    async def news(self, log: str, events: Sequence[Event], origin: Origin, *, is_own: bool = False) -> Answer:
        """Record events from outside, or some that the service itself states; answer with those that the log did not
        have.

        Raises what `Writer.submit` raises.
        """
        if not events:
            return []
        size_bytes = sum(HEADER_BYTES + len(event.content or "") for event in events)
        command = RecordEvents(events=tuple(events), origin=origin, is_own=is_own)
        return await self._writer.submit(log, command, size_bytes=size_bytes)

    async def page(self, log: str, asked: EventFilter, limit: int) -> Page:
        """The first page of what a filter finds. Raises StorageUnavailable."""
        number, head, now = await self._end(log)
        asked = _with_defaults(asked, now)
        total = await count(self._store, number, Matcher(asked), upto=head)
        plain = asked.model_dump_json(exclude_unset=True)
        token = PageToken(log=log, filter=plain, limit=limit, upto=head, total=total, shown=0, last=None)
        return await self._page(number, token, asked)

    async def next_page(self, log: str, text: str) -> Page:
        """The page that a token stands for. Raises InvalidPageToken, StorageUnavailable."""
        token = PageToken.decode(text, log)
        number, _, _ = await self._end(log)
        return await self._page(number, token, token.asked())

    async def count_by(self, log: str, asked: EventFilter, by: Countable, unit: TimeUnit, interval: float) -> Read:
        """How many events of each kind, of each resource, or in each bucket. Raises TooManyBuckets."""
        number, head, now = await self._end(log)
        asked = _with_defaults(asked, now)
        if by is Countable.DAY:
            unit, interval = TimeUnit.DAY, 1.0
        spans = buckets(*_range(asked), now, unit, interval)
        found = (self._store, number, Matcher(asked))
        match by:
            case Countable.EVENT:
                json = event_rendering.counts(await tally_kinds(*found, upto=head))
            case Countable.RESOURCE:
                json = event_rendering.counts(await tally_resources(*found, upto=head))
            case _:
                tallies = await tally_spans(*found, upto=head, start=spans.start, width=spans.width)
                json = event_rendering.spans(spans, tallies)
        return Read(json, head)

    async def _page(self, number: int, token: PageToken, asked: EventFilter) -> Page:
        headers = await self._headers(number, token, asked) if token.shown < token.total else []
        events = await publish(self._store, number, headers)  # fewer, where they are large
        shown = token.shown + len(events)
        following = None
        if events and shown < token.total:
            following = replace(token, shown=shown, last=mark_of(headers[len(events) - 1])).encode()
        return Page(tuple(event.json for event in events), token.total, following, token.upto)

    async def _headers(self, number: int, token: PageToken, asked: EventFilter) -> list[Row]:
        headers: list[Row] = []
        async for header in search(self._store, number, Matcher(asked), upto=token.upto, beyond=token.last):
            if len(headers) == token.limit:
                break
            headers.append(header)
        return headers

    async def _end(self, log: str) -> tuple[int, int, Micros]:
        """The number of a log, its head, and now: nothing that the server itself has stated is later."""
        rows = await self._store.fetch(HEAD_OF, name=log)
        number, _, head, recorded, _ = rows[0] if rows else (0, 1, 0, 0, b"")
        return number, head, max(self._store.clock(), recorded)


def _with_defaults(asked: EventFilter, now: Micros) -> EventFilter:
    """The filter, with half a year back where it does not say since when, and now where it does not say until."""
    occurred = asked.occurred or Occurred()
    moment = _moment(now)
    today = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    since = occurred.since or today - timedelta(days=SEARCHED_DAYS)
    return asked.model_copy(update={"occurred": Occurred(since=since, until=occurred.until or moment)})


def _range(asked: EventFilter) -> tuple[Micros, Micros]:
    assert asked.occurred is not None
    assert asked.occurred.since is not None
    assert asked.occurred.until is not None
    return micros(asked.occurred.since), micros(asked.occurred.until)


def _moment(moment: Micros) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=moment)
