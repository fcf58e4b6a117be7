"""The upstream's events: told to it, asked of it, and heard as it states them."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from msgspec import Raw, Struct
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

from events.catalog import RESERVED
from events.clock import as_text, micros
from events.event import Micros
from events.filter import EventFilter
from service.upstream.client import UpstreamClient, UpstreamUnavailable

SECOND: Micros = 1_000_000
PAGE_EVENTS = 50
"""Events of one page: the most that Prefect gives."""
PAGE_TASK_RUNS = 200
"""Task runs of one page: the most that Prefect gives."""
PIECE_EVENTS = 2_000
"""Events that are paged through in one piece: each page costs Prefect as much as all before it together."""
PIECE_MIN: Micros = SECOND
"""A time as short as this is one piece, however much happened in it."""
SEARCH_TIMEOUT_S = 60.0
"""How long it may take to look through its events."""
HANDSHAKE_TIMEOUT_S = 10.0
HEARD_FRAME_BYTES_MAX = 16 * 1024 * 1024
"""Largest frame that is taken from its socket."""
NOBODY = "00000000-0000-0000-0000-000000000000"
"""The id of no event."""

_ALWAYS = {"since": "0002-01-01T00:00:00Z", "until": "9998-12-31T00:00:00Z"}
"""A filter that does not say since when reaches back half a year."""


class _Page(Struct):
    events: list[Raw]
    total: int
    next_page: str | None = None


class _Count(Struct):
    value: str
    count: int


class _State(Struct):
    timestamp: datetime


class _TaskRun(Struct):
    id: str
    state: _State | None


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

    async def reach(self) -> None:
        """Make sure that it can be asked."""
        await self.missing([NOBODY])

    async def tell(self, events: Iterable[str]) -> None:
        """Tell it of events, each as JSON. It has them in memory then, and on its disk some seconds later."""
        await self._client.post("/events", [Raw(event.encode()) for event in events])

    async def missing(self, ids: Sequence[str]) -> list[str]:
        """Those of these ids that it does not have on its disk, in their order."""
        if not ids:
            return []
        found = (await self._page({"id": {"id": ids}, "occurred": _ALWAYS}, limit=0)).total
        if found == len(ids):
            return []
        if found == 0:
            return list(ids)
        middle = len(ids) // 2
        return await self.missing(ids[:middle]) + await self.missing(ids[middle:])

    async def states_of_task_runs(self, ids: Sequence[str]) -> dict[str, Micros]:
        """Since when each of these task runs is in the state that it shows; without those that it does not know."""
        states = {}
        for first in range(0, len(ids), PAGE_TASK_RUNS):
            asked = {"task_runs": {"id": {"any_": ids[first : first + PAGE_TASK_RUNS]}}, "limit": PAGE_TASK_RUNS}
            runs = await self._client.post("/task_runs/filter", asked, list[_TaskRun])
            states.update({each.id: micros(each.state.timestamp) for each in runs if each.state is not None})
        return states

    async def count_by_kind(self, window: Window) -> dict[str, int]:
        """How many events of each kind it has on its disk."""
        asked = {"filter": window.filter}
        counts = await self._client.post("/events/count-by/event", asked, list[_Count], timeout_s=SEARCH_TIMEOUT_S)
        return {each.value: each.count for each in counts}

    async def within(self, window: Window) -> AsyncIterator[list[Raw]]:
        """The events of a window that it has on its disk, as JSON, page by page.

        One that gets there meanwhile may be missing, or come twice.
        """
        page = await self._page(window.filter)
        if page.total > PIECE_EVENTS and window.until - window.since > PIECE_MIN:
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

    async def _page(self, filter: dict[str, Any], limit: int = PAGE_EVENTS) -> _Page:
        asked = {"filter": filter, "limit": limit}
        page: _Page = await self._client.post("/events/filter", asked, _Page, timeout_s=SEARCH_TIMEOUT_S)
        return page

    @asynccontextmanager
    async def heard(self) -> "AsyncIterator[AsyncIterator[str | bytes]]":
        """The frames of its socket: what it states from now on, but for the reserved kinds."""
        url = self._client.address.socket("/events/out")
        try:
            socket = await connect(
                url,
                subprotocols=[Subprotocol("prefect")],
                max_size=HEARD_FRAME_BYTES_MAX,
                open_timeout=HANDSHAKE_TIMEOUT_S,
                proxy=None,
            )
        except (InvalidHandshake, OSError) as error:  # a TimeoutError is an OSError
            raise _unavailable(url, error) from error
        async with socket:
            try:
                async with asyncio.timeout(HANDSHAKE_TIMEOUT_S):
                    await socket.send(json.dumps({"type": "auth", "token": self._client.address.token}))
                    await socket.recv()
                asked = {"occurred": _ALWAYS, "event": {"exclude_prefix": RESERVED}}
                await socket.send(json.dumps({"type": "filter", "filter": asked, "backfill": False}))
            except (ConnectionClosed, TimeoutError) as error:
                raise _unavailable(url, error) from error
            yield _frames(socket, url)


async def _frames(socket: ClientConnection, url: str) -> AsyncIterator[str | bytes]:
    try:
        while True:
            yield await socket.recv()
    except ConnectionClosed as error:
        raise _unavailable(url, error) from error


def _unavailable(url: str, error: Exception) -> UpstreamUnavailable:
    return UpstreamUnavailable(url, str(error) or type(error).__name__)
