"""The stream as Server-Sent Events: a frame per message, its cursor as the message's id."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from events.cursor import Cursor
from tests.contract.streams.place import TIMEOUT_S, Place, asked, positions
from tests.servers import LiveServer

ONLY_COLLECTIONS = {"event": {"prefix": ["prefect.artifact-collection."]}}


class Messages:
    """Messages as an EventSource takes them. `last_id` is what it would send when it comes back."""

    def __init__(self, lines: AsyncIterator[str]) -> None:
        self._lines = lines
        self.last_id = ""
        self.retry_ms = 0

    async def next(self) -> dict[str, Any]:
        """The next frame. Raises StopAsyncIteration at the end."""
        frame: dict[str, Any] = {}
        while line := await anext(self._lines):
            field, _, value = line.partition(": ")
            if field == "data":
                frame = json.loads(value)
            elif field == "id":
                self.last_id = value
            elif field == "retry":
                self.retry_ms = int(value)
        return frame or await self.next()

    async def events(self, count: int) -> list[int]:
        found: list[int] = []
        while len(found) < count:
            found += positions((await self.next()).get("events", []))
        return found


@asynccontextmanager
async def messages(place: Place, *, last_id: str | None = None, **query: Any) -> AsyncIterator[Messages]:
    headers = {} if last_id is None else {"Last-Event-ID": last_id}
    async with asyncio.timeout(TIMEOUT_S):
        async with place.api.stream("GET", "/log/sse", params=asked(query), headers=headers) as response:
            assert response.status_code == 200
            assert response.headers["content-type"].startswith("text/event-stream")
            assert response.headers["cache-control"] == "no-cache"
            yield Messages(response.aiter_lines())


async def test_messages_are_the_frames_of_the_stream(place: Place) -> None:
    await place.publish(key="a")
    async with messages(place) as source:
        events, caught_up = await source.next(), await source.next()
        cursor = Cursor(place.name, 2).encode()
        assert (events["type"], events["from"], events["to"], positions(events["events"])) == ("events", 0, 2, [1, 2])
        assert caught_up == {"type": "caught_up", "to": 2, "head": 2, "cursor": cursor}
        assert (source.last_id, source.retry_ms) == (cursor, 1_000)


async def test_an_event_comes_as_soon_as_it_is_written_although_the_client_takes_gzip(place: Place) -> None:
    assert "gzip" in place.api.headers["accept-encoding"]
    async with messages(place) as source:
        assert (await source.next())["type"] == "caught_up"
        for number in (1, 2, 3):
            await place.publish(data=number)
            assert await source.events(1) == [number]


async def test_a_source_that_comes_back_goes_on_where_it_was(place: Place) -> None:
    await place.fill(3)
    async with messages(place) as source:
        assert await source.events(3) == [1, 2, 3]
    await place.fill(2)
    async with messages(place, after="start", last_id=source.last_id) as source:
        assert await source.events(2) == [4, 5]


async def test_a_heartbeat_moves_on_what_a_source_would_come_back_with(place: Place) -> None:
    async with messages(place, filter=ONLY_COLLECTIONS) as source:
        await place.fill(5)
        while (frame := await source.next())["to"] < 5:
            pass
        assert frame["type"] in ("heartbeat", "caught_up")
        assert source.last_id == Cursor(place.name, 5).encode()


@pytest.mark.parametrize(("after", "first"), [("start", 1), ("head", 4), (2, 3)])
async def test_a_source_begins_where_it_asks(place: Place, after: Any, first: int) -> None:
    await place.fill(3)
    async with messages(place, after=after) as source:
        told = [await source.next()]
        await place.publish()
        while not told[-1].get("events"):
            told.append(await source.next())
        assert positions(told[-1]["events"])[0] == first


async def test_a_refusal_is_one_message_and_the_end_with_no_haste_to_come_back(place: Place) -> None:
    await place.fill(1)
    async with messages(place, last_id=Cursor(place.name, 1, epoch=2).encode()) as source:
        frame = await source.next()
        assert (frame["type"], frame["reason"]) == ("refused", "other_epoch")
        assert source.retry_ms == 60_000
        with pytest.raises(StopAsyncIteration):
            await source.next()


@pytest.mark.parametrize("query", [{"after": "yesterday"}, {"filter": "{"}, {"bodies": "some"}])
async def test_what_is_not_valid_is_refused_as_any_request(place: Place, query: dict[str, str]) -> None:
    assert (await place.api.get("/log/sse", params=query)).status_code == 422


async def test_a_server_that_stops_ends_the_source_and_it_resumes(
    start_server: Callable[..., LiveServer], sqlite_url: str
) -> None:
    server = start_server(sqlite_url)
    async with Place(server.url) as place:
        await place.fill(3)
        async with messages(place) as source:
            assert await source.events(3) == [1, 2, 3]
            assert await asyncio.to_thread(server.stop) == 0
            with pytest.raises(StopAsyncIteration):
                await source.events(1)
    server.start()
    async with Place(server.url) as place:
        await place.fill(2)
        async with messages(place, last_id=source.last_id) as source:
            assert await source.events(2) == [4, 5]
