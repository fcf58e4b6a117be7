"""A relay: passes requests on to a server, and does to some of them what a bad network or a proxy may do."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import httpx2
from msgspec import Struct

from tests.peers import HOST, read_message


class Passing(Struct, frozen=True):
    """A request on its way."""

    method: str
    path: str
    body: bytes

    @property
    def creates(self) -> bool:
        return (self.method, self.path) == ("POST", "/api/artifacts/")

    @property
    def lists(self) -> bool:
        return self.path == "/api/artifacts/filter"


class Relay:
    """Listens for as long as it is entered. `url` is that of the API behind it."""

    def __init__(self, url: str) -> None:
        self._origin = url.removesuffix(urlsplit(url).path)
        self._tasks: set[asyncio.Task[None]] = set()
        self.passed: list[Passing] = []
        self.before: Callable[[Passing], Awaitable[int | None]] = _nothing
        """Called first; a status that it answers with is the answer."""
        self.loses: Callable[[Passing], bool] = lambda passing: False
        """Whether the server's answer is lost."""

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self._server.sockets[0].getsockname()[1]}/api"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with suppress(OSError, EOFError, asyncio.CancelledError):
                while True:
                    message = await read_message(reader)
                    method, path = (word.decode() for word in message.start[:2])
                    answer = await self._pass_on(Passing(method, path, await message.body()))
                    if answer is None:
                        break
                    writer.write(answer)
        finally:
            writer.transport.abort()
            self._tasks.discard(task)

    async def _pass_on(self, passing: Passing) -> bytes | None:
        self.passed.append(passing)
        status = await self.before(passing)
        if status is not None:
            return b"HTTP/1.1 %d Said\r\nContent-Length: 0\r\n\r\n" % status
        headers = {"content-type": "application/json"} if passing.body else None
        url = self._origin + passing.path
        response = await self._client.request(passing.method, url, content=passing.body, headers=headers)
        if self.loses(passing):
            return None
        head = b"HTTP/1.1 %d Passed\r\nContent-Length: %d\r\n\r\n" % (response.status_code, len(response.content))
        return head + response.content

    async def __aenter__(self) -> Self:
        self._client = httpx2.AsyncClient(trust_env=False, timeout=60)
        self._server = await asyncio.start_server(self._serve, HOST, 0)
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._client.aclose()


async def _nothing(_: Passing) -> int | None:
    return None
