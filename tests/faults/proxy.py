"""A proxy on loopback between a server and its clients: it does to what they send whatever a network may do."""

import asyncio
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from random import Random
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from msgspec import Struct

HOST = "127.0.0.1"
CONTENT_LENGTH = re.compile(rb"^content-length: *(\d+)\r$", re.IGNORECASE | re.MULTILINE)
CONNECTION = re.compile(rb"^connection:[^\r]*\r\n", re.IGNORECASE | re.MULTILINE)


class Manner(Struct, frozen=True, kw_only=True):
    """How the proxy treats each direction of a connection. As it is by default it changes nothing."""

    delay_s: float = 0.0
    """The longest that a piece is kept back."""
    piece_bytes: int = 64 * 1024
    """The largest piece that is sent at once."""
    cut_within_bytes: int | None = None
    """A connection is cut before a direction had so many bytes: mostly soon, now and then late."""
    doubled: float = 0.0
    """The share of the pieces that are sent twice."""


FAITHFUL = Manner()


class Proxy:
    """Forwards to the server at `url`, which may go away and come back. Its own address has the same path."""

    def __init__(self, url: str, dice: Random, manner: Manner = FAITHFUL) -> None:
        self.manner = manner
        self.cuts = self.doubles = 0
        self._server = urlsplit(url)
        self._dice = dice
        self._may_flow = {"up": asyncio.Event(), "down": asyncio.Event()}
        self._connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        for direction in self._may_flow.values():
            direction.set()
        self._socket = socket.create_server((HOST, 0))
        self._port = self._socket.getsockname()[1]

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self._port}{self._server.path}"

    @contextmanager
    def held(self, *directions: str) -> Iterator[None]:
        """Nothing passes `up` to the server, or `down` from it; nothing of it is lost."""
        for each in directions:
            self._may_flow[each].clear()
        try:
            yield
        finally:
            for each in directions:
                self._may_flow[each].set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection: until one side ends it, or the proxy does."""
        upper_reader, upper_writer = await self.connect()
        pumps = [
            asyncio.create_task(self._pump(reader, upper_writer, "up")),
            asyncio.create_task(self._pump(upper_reader, writer, "down")),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            upper_writer.transport.abort()

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(HOST, self._server.port)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, direction: str) -> None:
        limit = self.manner.cut_within_bytes
        left = int(limit ** self._dice.random()) if limit else None
        while piece := await reader.read(self.manner.piece_bytes):
            await self._may_flow[direction].wait()
            await asyncio.sleep(self._dice.uniform(0, self.manner.delay_s))
            writer.write(piece[:left] * self._times())
            await writer.drain()
            if left is not None:
                left -= len(piece)
                if left <= 0:
                    self.cuts += 1
                    return

    def _times(self) -> int:
        if self._dice.random() >= self.manner.doubled:
            return 1
        self.doubles += 1
        return 2

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections[task] = writer
        try:
            with suppress(OSError, EOFError):  # one side is gone: so is the connection
                await self.serve(reader, writer)
        finally:
            del self._connections[task]
            if self._dice.random() < 0.5:
                writer.transport.abort()
            writer.close()

    async def __aenter__(self) -> Self:
        self._listener = await asyncio.start_server(self._serve, sock=self._socket)
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._listener.close()
        for direction in self._may_flow.values():
            direction.set()
        await asyncio.sleep(0)  # a connection that has just come is taken first
        for writer in self._connections.values():
            writer.transport.abort()
        await asyncio.gather(*self._connections)


class RepeatingProxy(Proxy):
    """Sends each HTTP request to the server twice, at the same time, and answers with either answer."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = CONTENT_LENGTH.search(head)
        body = await reader.readexactly(int(length[1])) if length else b""
        request = CONNECTION.sub(b"", head)[:-2] + b"Connection: close\r\n\r\n" + body
        answers = await asyncio.gather(self._answer(request), self._answer(request))
        self.doubles += 1
        writer.write(self._dice.choice(answers))
        await writer.drain()

    async def _answer(self, request: bytes) -> bytes:
        reader, writer = await self.connect()
        try:
            writer.write(request)
            return await reader.read()
        finally:
            writer.transport.abort()
