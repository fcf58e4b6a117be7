"""A peer: a server of a few lines in the upstream's place. It shows what reached it, to the byte, and may misbehave."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

from msgspec import Struct

HOST = "127.0.0.1"
PREFIX = b"/api/peer"
"""Below it the test says what is answered; anything else, Digsite's own questions to its upstream, gets 503."""
Headers = list[tuple[bytes, bytes]]
UNAVAILABLE = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Message(Struct):
    """A request or an answer as it was on the wire; its body is still to be read."""

    start: list[bytes]
    """The three words of the first line."""
    headers: Headers
    reader: asyncio.StreamReader
    has_body: bool = True

    def values(self, name: bytes) -> list[bytes]:
        return [value for each, value in self.headers if each.lower() == name]

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body as it comes. Raises IncompleteReadError, if it was cut."""
        if not self.has_body:
            return
        if b"chunked" in self.values(b"transfer-encoding"):
            while size := int(await self.reader.readuntil(b"\r\n"), 16):
                yield (await self.reader.readexactly(size + 2))[:-2]
            await self.reader.readuntil(b"\r\n")
            return
        left = int((self.values(b"content-length") or [b"0"])[0])
        while left:
            piece = await self.reader.read(min(left, 64 * 1024))
            if not piece:
                raise asyncio.IncompleteReadError(b"", left)
            left -= len(piece)
            yield piece

    async def body(self) -> bytes:
        return b"".join([piece async for piece in self.pieces()])


async def read_message(reader: asyncio.StreamReader) -> Message:
    """Raises IncompleteReadError at the end of the connection."""
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head[:-4].split(b"\r\n")
    pairs = [line.partition(b":")[::2] for line in lines]
    return Message(first.split(b" ", 2), [(name, value.strip()) for name, value in pairs], reader)


Behaviour = Callable[[Message, asyncio.StreamWriter], Awaitable[None]]


def answering(head: bytes, body: bytes = b"") -> Behaviour:
    """Reads the request and answers with these bytes. `head` is without the length of the body."""

    async def answer(request: Message, writer: asyncio.StreamWriter) -> None:
        await request.body()
        writer.write(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)

    return answer


OK = b"HTTP/1.1 200 OK\r\n"


class Peer:
    """Listens on a socket for as long as it is entered; `url` is that of its API."""

    def __init__(self, listening: socket.socket, tls: ssl.SSLContext | None = None) -> None:
        self._listening = listening
        self._tls = tls
        self.writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.behave: Behaviour = answering(OK)
        self.seen: list[Message] = []
        self.asked: list[bytes] = []
        """All targets, those that Digsite asks for of itself among them."""

    @property
    def port(self) -> int:
        return int(self._listening.getsockname()[1])

    @property
    def url(self) -> str:
        return f"http{'s' if self._tls else ''}://{HOST}:{self.port}/api"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.writers.add(writer)
        try:
            with suppress(OSError, EOFError, asyncio.CancelledError):
                while not writer.is_closing():
                    await self._answer(await read_message(reader), writer)
                    await writer.drain()
        finally:
            writer.transport.abort()
            self.writers.discard(writer)
            self._tasks.discard(task)

    async def _answer(self, request: Message, writer: asyncio.StreamWriter) -> None:
        self.asked.append(request.start[1])
        if request.start[1].startswith(PREFIX):
            self.seen.append(request)
            await self.behave(request, writer)
        else:
            writer.write(UNAVAILABLE)
            writer.close()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, sock=self._listening.dup(), ssl=self._tls)
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


class Caller:
    """One connection to a server, by which requests are sent as they are given."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self, *, has_body: bool = True) -> Message:
        """The next answer. One to HEAD has no body, whatever its length says."""
        message = await asyncio.wait_for(read_message(self.reader), 20)
        message.has_body = has_body and message.start[1] not in (b"100", b"204", b"304")
        return message

    async def ask(self, line: bytes, *headers: bytes, body: bytes | None = None) -> Message:
        length = () if body is None else (b"Content-Length: %d" % len(body),)
        head = [line + b" HTTP/1.1", b"Host: digsite.example:4200", *headers, *length]
        await self.send(b"\r\n".join(head) + b"\r\n\r\n" + (body or b""))
        return await self.answer(has_body=not line.startswith(b"HEAD"))

    async def __aenter__(self) -> Self:
        self.reader, self.writer = await asyncio.open_connection(HOST, self._port)
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.writer.transport.abort()
