"""Subscribers for tests, one for each way in which a log is read. Whatever breaks, they come back and go on."""

import asyncio
import json
import socket
import ssl
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx2
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from events.event import RecordedEvent
from events.wakeup import wait_at_most
from tests.faults.records import EVERYTHING, Discontinuous, Frame, Record, Selection

BACK_OFF_S = 0.2
SILENCE_S = 15.0
"""Who hears nothing for so long comes again: a little longer than the server is ever silent."""
OPEN_S = 10.0
PAGE = 200
WAIT_S = 2.0
SMALL_BUFFER_BYTES = 8 * 1024
PREFECT_OVERLAP = timedelta(minutes=1)
"""How far before what it saw last Prefect's client begins again."""
NO_VERIFICATION = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Nothing here speaks TLS, and to load the authorities for each client takes long."""


class Unavailable(Exception):
    """The server put it off."""


class Refused(Exception):
    """The server says that it cannot go on from here."""


BREAKS = (OSError, TimeoutError, WebSocketException, httpx2.TransportError, Unavailable)
"""What a subscriber gets over."""
GARBLED = (Discontinuous, ValueError, KeyError)
"""What it also gets over where something between may double or mangle what is sent: it does not take it."""


class Subscriber(ABC):
    """Reads from its record's place on. The record outlives its connection, and its task."""

    kind: str

    def __init__(self, url: str, selection: Selection = EVERYTHING, *, expects_garbage: bool = False) -> None:
        self.url = url
        self.selection = selection
        self.record = Record()
        self.breaks: list[str] = []
        self.notify: Callable[[], None] = lambda: None
        """Called whenever it has taken something."""
        self._survives = BREAKS + GARBLED if expects_garbage else BREAKS

    async def run(self) -> None:
        """Read on for ever. Ends by being cancelled, or by what must not happen."""
        while True:
            try:
                await self._read()
            except self._survives as error:
                self.breaks.append(repr(error))
            await asyncio.sleep(BACK_OFF_S)

    @abstractmethod
    async def _read(self) -> None:
        """Connect, and take what comes until something breaks."""

    @property
    def progress(self) -> int:
        """How far it is."""
        return self.record.position

    def goal(self, log: Sequence[RecordedEvent]) -> int:
        """How far it is when it has all of this log that concerns it."""
        return max((placed.position for placed in log if self.selection.holds(placed)), default=0)

    def check(self, log: Sequence[RecordedEvent]) -> None:
        self.record.check(log, self.selection)

    def take(self, frame: Frame) -> None:
        if frame.get("type", "events") == "refused":
            raise Refused(str(frame))
        self.record.take(frame)
        self.notify()

    def __str__(self) -> str:
        return f"{self.kind} of {self.selection} at {self.progress}, after {len(self.breaks)} breaks {self.breaks[-3:]}"


class SlowSubscriber(Subscriber):
    """`pause_s`: how long it rests after each frame, reading nothing, until it is told to hurry."""

    def __init__(
        self, url: str, selection: Selection = EVERYTHING, *, pause_s: float = 0, expects_garbage: bool = False
    ) -> None:
        super().__init__(url, selection, expects_garbage=expects_garbage)
        self.hurry = asyncio.Event()
        self._pause_s = pause_s

    async def _rest(self) -> None:
        if self._pause_s:
            await wait_at_most(self.hurry, self._pause_s)


class StreamSubscriber(SlowSubscriber):
    """By websocket."""

    kind = "websocket"

    async def _read(self) -> None:
        query = httpx2.QueryParams({"after": self.record.position, "filter": str(self.selection)})
        async with opened(f"{self.url}/log/stream?{query}", is_slow=self._pause_s > 0) as connection:
            while True:
                self.take(json.loads(await heard(connection)))
                await wait_at_most(self.hurry, self._pause_s)


class PrefectSubscriber(SlowSubscriber):
    """As Prefect's own: it begins a minute before what it saw last, and knows by its id what it has had."""

    kind = "events/out"

    def __init__(self, url: str, selection: Selection = EVERYTHING, **options: Any) -> None:
        super().__init__(url, selection, **options)
        self._since = datetime.now(UTC) - PREFECT_OVERLAP
        self._seen: set[str] = set()

    async def _read(self) -> None:
        async with opened(f"{self.url}/events/out", subprotocol="prefect", is_slow=self._pause_s > 0) as connection:
            await connection.send('{"type":"auth","token":null}')
            if json.loads(await heard(connection)) != {"type": "auth_success"}:
                raise Refused("auth")
            occurred = {"since": self._since.isoformat(), "until": (self._since + timedelta(days=365)).isoformat()}
            filter = {"occurred": occurred, "order": "DESC", "id": {"id": []}, **self.selection.filter}
            await connection.send(json.dumps({"type": "filter", "filter": filter}))
            while True:
                self._take_event(json.loads(await heard(connection))["event"])
                await self._rest()

    def _take_event(self, event: dict[str, Any]) -> None:
        if event["id"] not in self._seen:
            self._seen.add(event["id"])
            self.record.ids.append(event["id"])
            self._since = datetime.fromisoformat(event["occurred"]) - PREFECT_OVERLAP
            self.notify()

    @property
    def progress(self) -> int:
        return len(self.record.ids)

    def goal(self, log: Sequence[RecordedEvent]) -> int:
        return sum(self.selection.holds(placed) for placed in log)

    def check(self, log: Sequence[RecordedEvent]) -> None:
        expected = [placed.event.id for placed in log if self.selection.holds(placed)]
        assert self.record.ids == expected, f"not the log's events under {self.selection}"


class SseSubscriber(Subscriber):
    """By Server-Sent Events: resumes by the id of the last message, as a browser does."""

    kind = "sse"

    async def _read(self) -> None:
        headers = {"Last-Event-ID": self.record.cursor} if self.record.cursor else {}
        async with http_client(self.url) as client:
            params = {"filter": str(self.selection)}
            async with client.stream("GET", "log/sse", params=params, headers=headers) as response:
                put_off(response)
                await self._take_messages(response)

    async def _take_messages(self, response: httpx2.Response) -> None:
        message: dict[str, str] = {}
        async for line in response.aiter_lines():
            name, _, value = line.partition(": ")
            if name:
                message[name] = value
                continue
            if "data" in message:
                self.take(json.loads(message["data"]))
                self.record.cursor = message["id"]
            message = {}


class PageSubscriber(Subscriber):
    """By pages, each waited for: long polling."""

    kind = "pages"

    async def _read(self) -> None:
        async with http_client(self.url) as client:
            while True:
                place: dict[str, str | float] = {"after": self.record.cursor or "start", "limit": PAGE}
                params = {**place, "wait_s": WAIT_S, "filter": str(self.selection)}
                response = await client.get("log", params=params)
                put_off(response)
                self.take(response.json())


KINDS: tuple[type[Subscriber], ...] = (StreamSubscriber, PrefectSubscriber, SseSubscriber, PageSubscriber)


@asynccontextmanager
async def opened(url: str, *, subprotocol: str | None = None, is_slow: bool = False) -> AsyncIterator[ClientConnection]:
    """A socket. It is not closed but dropped, as by a process that dies."""
    options: dict[str, Any] = {"subprotocols": [subprotocol]} if subprotocol else {}
    uri = url.replace("http://", "ws://", 1)
    if is_slow:
        options |= {"max_queue": 1, "sock": await _small_socket(uri)}
    opening = connect(uri, proxy=None, compression=None, ping_interval=None, open_timeout=OPEN_S, **options)
    connection = await opening
    try:
        yield connection
    finally:
        connection.transport.abort()
        with suppress(WebSocketException):
            await connection.wait_closed()


async def _small_socket(uri: str) -> socket.socket:
    """One that takes next to nothing on stock, so that the server feels how its reader rests."""
    small = socket.socket()
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER_BYTES)
    small.setblocking(False)
    address = urlsplit(uri)
    try:
        await asyncio.get_running_loop().sock_connect(small, (address.hostname, address.port))
    except BaseException:
        small.close()
        raise
    return small


async def heard(connection: ClientConnection) -> str | bytes:
    async with asyncio.timeout(SILENCE_S):
        return await connection.recv()


def http_client(url: str) -> httpx2.AsyncClient:
    timeout = httpx2.Timeout(SILENCE_S, connect=OPEN_S)
    return httpx2.AsyncClient(base_url=f"{url}/", timeout=timeout, trust_env=False, verify=NO_VERIFICATION)


def put_off(response: httpx2.Response) -> None:
    """Raises Unavailable."""
    if response.status_code == 503:
        raise Unavailable
    assert response.status_code == 200, f"{response.status_code}: {response.text}"
