"""One log on a live server, as those see it who write to it and who read it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from types import TracebackType
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

import httpx2
from websockets.asyncio.client import ClientConnection, connect

Frame = dict[str, Any]

TIMEOUT_S = 20
"""Longer than anything here takes: whoever waits so long waits for ever."""


class Place:
    """`url` is the API's address for the log, `name` the log's."""

    def __init__(self, url: str, **options: Any) -> None:
        self.url = url
        parts = urlsplit(url).path.split("/")
        self.name = f"{parts[3]}/{parts[5]}" if "accounts" in parts else "default"
        self.api = httpx2.AsyncClient(base_url=url, timeout=TIMEOUT_S, **options)

    async def __aenter__(self) -> "Place":
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        await self.api.aclose()

    # writing

    async def publish(self, **fields: Any) -> dict[str, Any]:
        """An artifact: one event, or two if it has a key."""
        response = await self.api.post("/artifacts/", json=fields)
        assert response.status_code == 201, response.text
        return response.json()

    async def fill(self, events: int) -> None:
        """So many events at once."""
        for first in range(0, events, 1_000):
            artifacts = [{"data": number} for number in range(first, min(first + 1_000, events))]
            response = await self.api.post("/artifacts/batch", json={"artifacts": artifacts})
            assert response.status_code == 201, response.text

    async def emit(self, *events: Frame) -> None:
        response = await self.api.post("/events", json=list(events))
        assert response.status_code == 204, response.text

    # reading

    async def page(self, **query: Any) -> Frame:
        response = await self.api.get("/log", params=asked(query))
        assert response.status_code == 200, response.text
        return response.json()

    async def log(self) -> list[Frame]:
        """All events of the log, by its pages."""
        found: list[Frame] = []
        page = await self.page()
        while page["to"] > page["from"]:
            found += page["events"]
            page = await self.page(after=page["cursor"])
        return found

    async def head(self) -> Frame:
        return (await self.api.get("/log/head")).json()

    # sockets

    def socket(self, path: str, **options: Any) -> connect:
        """A socket that is not open yet. As Prefect's, it takes frames of up to 1 MiB."""
        patience = {"max_queue": 4, "proxy": None, "close_timeout": 1}
        return connect(f"{self.url.replace('http', 'ws', 1)}{path}", **{**patience, **options})

    @asynccontextmanager
    async def stream(self, *, path: str = "/log/stream", **query: Any) -> AsyncIterator["Frames"]:
        """Digsite's own stream."""
        async with asyncio.timeout(TIMEOUT_S), self.socket(f"{path}?{urlencode(asked(query))}") as socket:
            yield Frames(socket)

    @asynccontextmanager
    async def subscriber(self, *, token: str | None = None, **message: Any) -> AsyncIterator["Frames"]:
        """Prefect's stream of events, after the handshake and the filter."""
        async with asyncio.timeout(TIMEOUT_S), self.socket("/events/out", subprotocols=["prefect"]) as socket:
            await socket.send(json.dumps({"type": "auth", "token": token}))
            assert json.loads(await socket.recv()) == {"type": "auth_success"}
            await socket.send(json.dumps({"type": "filter", "filter": {}, **message}))
            yield Frames(socket)


class Frames:
    """The frames that come over a socket. Those of the stream must prove that none is missing."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.at: int | None = None

    async def next(self) -> Frame:
        """Raises ConnectionClosed."""
        frame: Frame = json.loads(await self.socket.recv())
        if "to" in frame:
            assert self.at is None or frame.get("from", self.at) == self.at <= frame["to"] <= frame["head"]
            self.at = frame["to"]
        return frame

    async def until(self, type: str) -> list[Frame]:
        """All frames up to the first of a type, that one included."""
        found = [await self.next()]
        while found[-1]["type"] != type:
            found.append(await self.next())
        return found

    async def events(self, count: int) -> list[Frame]:
        """The next events, so many: with their positions from the stream, as they are from Prefect's."""
        found: list[Frame] = []
        while len(found) < count:
            frame = await self.next()
            found += [frame["event"]] if frame["type"] == "event" else frame.get("events", ())
        assert len(found) == count
        return found


def asked(query: dict[str, Any]) -> dict[str, Any]:
    """A query, its filter as JSON."""
    return {name: json.dumps(value) if isinstance(value, dict) else value for name, value in query.items()}


def an_event(kind: str = "ship.sailed", **facts: Any) -> Frame:
    """An event as a client sends it, of which only the facts given matter."""
    defaults = {
        "id": str(uuid4()),
        "occurred": datetime.now(UTC).isoformat(),
        "event": kind,
        "resource": {"prefect.resource.id": "ship.one"},
    }
    return defaults | facts


def kinds(events: list[Frame]) -> list[str]:
    """What happened, of events with their positions."""
    return [each["event"]["event"] for each in events]


def positions(events: list[Frame]) -> list[int]:
    return [each["position"] for each in events]
