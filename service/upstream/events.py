"""The upstream's events: told to it, asked of it, and heard as it states them."""

import json
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import msgspec
from msgspec import Raw, Struct
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

from events.catalog import RESERVED
from events.clock import as_text
from events.event import Micros
from events.filter import EventFilter
from service.upstream.client import UpstreamClient, UpstreamUnavailable

PAGE_EVENTS = 50
"""Events of one page: the most that it gives."""
PAGED_EVENTS = 2_000
"""Events that are paged through in one piece: each page costs it as much as all before together."""
PIECE_MIN: Micros = 1_000_000
"""The shortest time that is not cut into pieces, however much happened in it."""
HEARD_FRAME_BYTES_MAX = 16 * 1024 * 1024
"""Largest frame that is taken from its socket."""
HANDSHAKE_S = 10.0

_ALWAYS = {"since": "0002-01-01T00:00:00Z", "until": "9998-12-31T00:00:00Z"}
"""Its filters reach back half a year only if they do not say since when."""


class _Page(Struct):
    events: list[Raw]
    total: int
    next_page: str | None = None


class _Count(Struct):
    value: str
    count: int


class _Frame(Struct):
    event: Raw


class Window(Struct, frozen=True):
    """The events that happened between two moments, both included: of these kinds, or of all but the reserved ones."""

    since: Micros
    until: Micros
    kinds: tuple[str, ...] = ()

    @property
    def filter(self) -> dict[str, Any]:
        """In Prefect's form, the first event first."""
        kinds = {"name": self.kinds} if self.kinds else {"exclude_prefix": RESERVED}
        occurred = {"since": as_text(self.since), "until": as_text(self.until)}
        return {"occurred": occurred, "event": kinds, "order": "ASC"}

    @property
    def own_filter(self) -> EventFilter:
        """The same, to be asked of the log."""
        return EventFilter.model_validate_json(json.dumps(self.filter))

    def halves(self) -> "tuple[Window, Window]":
        middle = (self.since + self.until) // 2
        return Window(self.since, middle, self.kinds), Window(middle + 1, self.until, self.kinds)


class UpstreamEvents:
    """All methods raise UpstreamUnavailable, UpstreamRefused."""

    def __init__(self, client: UpstreamClient) -> None:
        self._client = client

    async def tell(self, events: Iterable[str]) -> None:
        """Tell it of events, each as JSON. It has them in memory then, and on its disk some seconds later."""
        await self._client.post("/events", [Raw(event.encode()) for event in events])

    async def missing(self, ids: Sequence[str]) -> list[str]:
        """Those of these ids that it does not have on its disk, in their order."""
        if not ids:
            return []
        asked = {"filter": {"id": {"id": ids}, "occurred": _ALWAYS}, "limit": 0}
        page: _Page = await self._client.post("/events/filter", asked, _Page)
        if page.total == len(ids):
            return []
        if page.total == 0:
            return list(ids)
        middle = len(ids) // 2
        return await self.missing(ids[:middle]) + await self.missing(ids[middle:])

    async def count_by_kind(self, window: Window) -> dict[str, int]:
        """How many events of each kind it has."""
        counts = await self._client.post("/events/count-by/event", {"filter": window.filter}, list[_Count])
        return {each.value: each.count for each in counts}

    async def within(self, window: Window) -> AsyncIterator[list[Raw]]:
        """All events of a window as JSON, page by page. What comes meanwhile may be missed, or shown twice."""
        page = await self._page(window)
        if page.total > PAGED_EVENTS and window.until - window.since > PIECE_MIN:
            for half in window.halves():
                async for events in self.within(half):
                    yield events
            return
        while page.events:
            yield page.events
            if page.next_page is None:
                return
            token = parse_qs(urlsplit(page.next_page).query)["page-token"][0]
            page = await self._client.get("/events/filter/next?" + urlencode({"page-token": token}), _Page)

    async def _page(self, window: Window) -> _Page:
        asked = {"filter": window.filter, "limit": PAGE_EVENTS}
        page: _Page = await self._client.post("/events/filter", asked, _Page)
        return page

    @asynccontextmanager
    async def heard(self) -> "AsyncIterator[AsyncIterator[Raw]]":
        """What it states from now on, as JSON, as long as the socket holds."""
        address = self._client.address
        url = address.socket("/events/out")
        try:
            async with connect(
                url,
                subprotocols=[Subprotocol("prefect")],
                max_size=HEARD_FRAME_BYTES_MAX,
                open_timeout=HANDSHAKE_S,
                proxy=None,
            ) as socket:
                await socket.send(json.dumps({"type": "auth", "token": address.token}))
                await socket.recv()
                asked = {"occurred": _ALWAYS, "event": {"exclude_prefix": RESERVED}}
                await socket.send(json.dumps({"type": "filter", "filter": asked, "backfill": False}))
                yield _events(socket)
        except (ConnectionClosed, InvalidHandshake, TimeoutError, OSError) as error:
            raise UpstreamUnavailable(url, str(error) or type(error).__name__) from error


async def _events(socket: ClientConnection) -> AsyncIterator[Raw]:
    while True:
        frame = await socket.recv()
        yield _decode_frame(frame).event


_decode_frame = msgspec.json.Decoder(_Frame).decode
