"""The feed: the growing end of a log, read once for all that follow it in this process.

    the log ──► tailer ──► ring ──► followers at its end       (no queue of their own, so nobody is dropped)
         └────────────────────────► followers far behind it    (pages of the log, until the ring has them)

The tailer reads whatever the log has beyond the ring: what this process wrote and what others did come the same
way, and a wake-up that is lost or lies costs time, never an event (`docs/adr/0014-feed.md`).
"""

import asyncio
import itertools
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from weakref import WeakValueDictionary

import structlog
from msgspec import Struct

from events.catalog import ERASURE_COMPLETED
from events.clock import now
from events.errors import StorageUnavailable
from events.event import Micros
from events.matching import EVERYTHING, Matcher
from events.published import Published
from events.reading import SPAN_EVENTS_MAX, Span, read_span
from events.ring import Ring
from events.stores.sql import SqlStore
from events.wakeup import Wakeup, wait_at_most

POLL_S = 0.25
"""How often the log is looked at without a wake-up."""
BEAT_S = 10.0
"""How often followers are woken when nothing happens, so that they can say so."""
TAIL_EVENTS_MAX = 500
"""Events that the tailer reads at once."""
PAGE_EVENTS_MIN = 16
"""Events that one who catches up reads at first; more, while they fit."""
FRAME_EVENTS_MAX = 500
"""Events that a follower takes at once."""
FRAME_BYTES_MAX = 32 * 1024
"""Bytes of events that a follower takes at once, unless one event has more: all that one who stalls can hold."""
SCAN_EVENTS_MAX = 2_000
"""Events of the ring that are looked at for one span."""
PAGE_BYTES_MAX = 512 * 1024
"""Bytes of events that one who catches up reads at once, to be sent frame by frame."""
CATCH_UP_MAX = 4
"""Followers of one log that read pages from it at the same time."""
RETRY_S = 1.0
PACE_FROM_S = 0.001
"""A push to all followers that takes longer is followed by a pause of the same length."""

log_ = structlog.get_logger()


class FeedStopped(Exception):
    """The process stops. The reader goes on from its cursor with another one."""

    def __init__(self, log: str) -> None:
        super().__init__(f"The feed of {log!r} has stopped with its server: go on from the cursor elsewhere, or later.")
        self.log = log


class About(Struct, frozen=True, kw_only=True):
    """Who follows: for those who look after the server."""

    kind: str
    """How they are served: `websocket`, `sse`, ..."""
    actor: str = "anonymous"
    address: str = ""
    client: str = ""


class Feed:
    """One log's. The tailer runs while somebody follows."""

    def __init__(
        self,
        store: SqlStore,
        log: str,
        wakeup: Wakeup,
        beat_s: float = BEAT_S,
        forget: Callable[[], None] = lambda: None,
    ) -> None:
        """`forget` is called when something was erased: nothing that was made of what was read may be kept."""
        self._store = store
        self._forget = forget
        self._wakeup = wakeup
        self._beat_s = beat_s
        self._ring: Ring | None = None
        self._spans: dict[tuple[int, Matcher], Span] = {}
        self._erased = 0
        """How often something was."""
        self._news = asyncio.Event()
        self._tailer: asyncio.Task[None] | None = None
        self._catching_up = asyncio.Semaphore(CATCH_UP_MAX)
        self._numbers = itertools.count(1)
        self.log = log
        self.followers: set[Follower] = set()
        self.is_stopped = False

    @property
    def head(self) -> int:
        """The position up to which the ring has the log; 0 while nobody follows."""
        return 0 if self._ring is None else self._ring.head

    @contextmanager
    def follow(self, after: int, matcher: Matcher = EVERYTHING, about: About | None = None) -> "Iterator[Follower]":
        """A follower of all events above `after` that match."""
        follower = Follower(self, next(self._numbers), after, matcher, about or About(kind="internal"))
        self.followers.add(follower)
        if self._tailer is None:
            self._tailer = asyncio.create_task(self._tail(), name=f"tailer of {self.log}")
        try:
            yield follower
        finally:
            self.followers.discard(follower)
            if not self.followers:
                self._rest()

    async def wait(self, after: int, timeout_s: float) -> None:
        """Return when the log may have grown beyond `after`, the feed has stopped, or the time is over.

        Needs no follower.
        """
        coming = self._wakeup.coming(self.log)
        if not self.is_stopped and (await self._store.head(self.log)).position <= after:
            await wait_at_most(coming, min(timeout_s, POLL_S))

    async def next_span(self, after: int, matcher: Matcher, *, page_events: int, is_live: bool) -> tuple[Span, bool]:
        """What comes after a position, as soon as there is something; and whether the reader is live now.

        A beat without news answers with an empty span; so does the end of the log, to one who is not live yet.
        Raises StorageUnavailable.
        """
        while self._ring is None:
            await self._news.wait()  # the tailer has just begun
        news = self._news
        span = self._recent(after, matcher)
        if span is None and after < self.head:
            page = await self._page(after, matcher, page_events)
            if page.to > after:
                return page, page.is_at_head
        if span is not None and (span.to > after or not is_live):
            return span, True
        await news.wait()
        return self._recent(after, matcher) or Span(after, after, max(after, self.head)), True

    async def _page(self, after: int, matcher: Matcher, page_events: int) -> Span:
        """What is read while something is erased is read again: it may be as it was before."""
        async with self._catching_up:
            while True:
                erased = self._erased
                page = await read_span(
                    self._store,
                    self.log,
                    after=after,
                    matcher=matcher,
                    limit=page_events,
                    bytes_max=PAGE_BYTES_MAX,
                )
                if self._erased == erased:
                    return page

    def _recent(self, after: int, matcher: Matcher) -> Span | None:
        """The span from the ring; worked out once for all who ask the same. None: the ring does not have it."""
        ring = self._ring
        if ring is None:
            return None
        span = self._spans.get((after, matcher))
        if span is None:
            events = ring.since(after, SCAN_EVENTS_MAX)
            if events is None:
                return None
            span = self._spans[after, matcher] = span_of(after, events, ring.head, matcher)
        return span

    async def _tail(self) -> None:
        """Keep the ring at the end of the log, whatever happens to the storage."""
        clock = asyncio.get_running_loop().time
        beat_at = clock() + self._beat_s
        while True:
            coming = self._wakeup.coming(self.log)
            try:
                grown = await self._read_on()
            except StorageUnavailable as error:
                log_.warning("feed waits for the storage", log=self.log, reason=str(error))
                grown = await asyncio.sleep(RETRY_S, result=False)
            except Exception:  # without a tailer all who follow would stand still, and nobody would know
                log_.exception("fault of the feed", log=self.log)
                grown = await asyncio.sleep(RETRY_S, result=False)
            if grown:
                await _give_way()
            else:
                await wait_at_most(coming, POLL_S)
            if clock() >= beat_at:
                beat_at = clock() + self._beat_s
                self._wake()

    async def _read_on(self) -> bool:
        """Read what the log has beyond the ring; tell whether there was anything."""
        if self._ring is None:
            self._ring = Ring((await self._store.head(self.log)).position)
            self._wake()
            return True
        span = await read_span(self._store, self.log, after=self._ring.head, limit=TAIL_EVENTS_MAX)
        if span.events:
            if any(event.kind == ERASURE_COMPLETED for event in span.events):
                self._begin_anew()
            self._ring.push(span.events)
            self._wake()
        return bool(span.events)

    def _begin_anew(self) -> None:
        """Something was erased, and is gone from the log: what was read before is forgotten, and read again."""
        assert self._ring is not None
        self._erased += 1
        self._ring = Ring(self._ring.head)
        for follower in self.followers:
            follower.let_go()
        self._forget()

    async def reach(self, position: int) -> None:
        """Return when what is in memory, if anything is, has come to a position; an erasure was completed there."""
        while self._ring is not None and self._ring.head < position and not self.is_stopped:
            await wait_at_most(self._news, POLL_S)
        self._forget()

    def _wake(self) -> None:
        self._spans.clear()
        news, self._news = self._news, asyncio.Event()
        news.set()

    def stop(self) -> None:
        """Let all who follow go, at once."""
        self.is_stopped = True
        self._wake()
        self._wakeup.ring(self.log)

    def _rest(self) -> None:
        if self._tailer is not None:
            self._tailer.cancel()
        self._tailer = self._ring = None
        self._spans.clear()
        self._forget()

    async def close(self) -> None:
        tailer = self._tailer
        self._rest()
        if tailer is not None:
            with suppress(asyncio.CancelledError):
                await tailer


class Follower:
    """One reader of a log: a filter and a cursor, nothing else. It is as cheap far behind as at the end."""

    def __init__(self, feed: Feed, number: int, position: int, matcher: Matcher, about: About) -> None:
        self._feed = feed
        self.number = number
        self.position = position
        self.matcher = matcher
        self.about = about
        self.since: Micros = now()
        self.is_live = False
        """Whether the last span came from the ring, or ended at the head."""
        self._page_events = PAGE_EVENTS_MIN
        self._ahead: deque[Span] = deque()
        self._is_page_live = False

    @property
    def log(self) -> str:
        return self._feed.log

    @property
    def lag(self) -> int:
        """How many positions it is behind."""
        return max(0, self._feed.head - self.position)

    async def next(self) -> Span:
        """The next span; an empty one is a beat. A storage that does not answer is asked again.

        Raises FeedStopped.
        """
        if not self._ahead:
            await self._read_ahead()
        if self._feed.is_stopped:
            raise FeedStopped(self.log)
        span = self._ahead.popleft()
        self.is_live = self._is_page_live and not self._ahead
        self.position = span.to
        return span

    @property
    def holds(self) -> bool:
        """Whether it has read more than it has given."""
        return bool(self._ahead)

    def let_go(self) -> None:
        """Forget what was read ahead: it is read again when the reader goes on."""
        self._ahead.clear()

    async def _read_ahead(self) -> None:
        try:
            page, self._is_page_live = await self._feed.next_span(
                self.position, self.matcher, page_events=self._page_events, is_live=self.is_live
            )
        except StorageUnavailable as error:
            log_.warning("follower waits for the storage", log=self.log, reason=str(error))
            await asyncio.sleep(RETRY_S)
            self._ahead.append(Span(self.position, self.position, max(self.position, self._feed.head)))
            self._is_page_live = self.is_live
            return
        if page.scanned:  # it is from the log: ask for about as many events as fit
            fitted = page.scanned * 2 if page.scanned == self._page_events else page.scanned
            self._page_events = min(max(fitted, PAGE_EVENTS_MIN), SPAN_EVENTS_MAX)
        self._ahead.extend(cut(page) if page.scanned else (page,))


async def _give_way() -> None:
    """Let the followers send; if that took long, leave the loop to others for as long again.

    What is written meanwhile goes out together: so frames grow under load, and a lone event never waits.
    """
    begun = time.perf_counter()
    await asyncio.sleep(0)  # they make their frames
    await asyncio.sleep(0)  # the loop hands them to the network
    took_s = time.perf_counter() - begun
    if took_s > PACE_FROM_S:
        await asyncio.sleep(took_s)


def span_of(after: int, events: Sequence[Published], head: int, matcher: Matcher) -> Span:
    """What matches of the events that follow `after`, as much as one frame takes."""
    found: list[Published] = []
    size_bytes, to = 0, after
    for event in events:
        if matcher(event):
            size_bytes += len(event.json)
            if found and (size_bytes > FRAME_BYTES_MAX or len(found) == FRAME_EVENTS_MAX):
                break
            found.append(event)
        to = event.position
    return Span(after, to, head, tuple(found))


def cut(page: Span) -> list[Span]:
    """The same in spans that make one frame each."""
    spans: list[Span] = []
    after, events = page.after, page.events
    while True:
        span = span_of(after, events, page.head, EVERYTHING)
        after, events = span.to, events[len(span.events) :]
        if not events:
            return [*spans, Span(span.after, page.to, page.head, span.events)]
        spans.append(span)


class Feeds:
    """The feeds of all logs. A feed that nobody holds is forgotten."""

    def __init__(
        self,
        store: SqlStore,
        wakeup: Wakeup,
        beat_s: float = BEAT_S,
        forget: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._forget = forget
        self._wakeup = wakeup
        self._beat_s = beat_s
        self._feeds: WeakValueDictionary[str, Feed] = WeakValueDictionary()
        self._is_stopped = False

    def of(self, log: str) -> Feed:
        feed = self._feeds.get(log)
        if feed is None:
            feed = self._feeds[log] = Feed(self._store, log, self._wakeup, self._beat_s, self._forget)
            feed.is_stopped = self._is_stopped
        return feed

    def followers(self) -> list[Follower]:
        """All of this process, by log and in the order in which they came."""
        found = [follower for feed in list(self._feeds.values()) for follower in feed.followers]
        return sorted(found, key=lambda follower: (follower.log, follower.number))

    def stop(self) -> None:
        """Let all who follow go, and whoever comes."""
        self._is_stopped = True
        for feed in list(self._feeds.values()):
            feed.stop()

    async def close(self) -> None:
        for feed in list(self._feeds.values()):
            await feed.close()
