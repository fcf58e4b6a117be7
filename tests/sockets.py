"""Sockets for tests: opened as Prefect's client opens them, and events to send."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.servers import LiveServer

_numbers = count(1)


def outside_event(**fields: Any) -> dict[str, Any]:
    """An event as clients send it. Only what matters is given."""
    number = next(_numbers)
    event = {
        "occurred": "2026-11-21T08:54:05.770641Z",
        "event": "ship.sailed",
        "resource": {"prefect.resource.id": "ship.aurora"},
        "related": [],
        "payload": {"number": number},
        "id": str(uuid4()),
        "follows": None,
    }
    return event | fields


def an_id(number: int) -> str:
    return str(UUID(int=number))


def address(server: LiveServer, path: str) -> str:
    return server.url.replace("http://", "ws://") + path


@asynccontextmanager
async def dialled(server: LiveServer, path: str = "/events/in", **options: Any) -> AsyncIterator[ClientConnection]:
    """A socket that offers `prefect` and has said nothing yet."""
    async with connect(address(server, path), subprotocols=[Subprotocol("prefect")], **options) as socket:
        yield socket


@asynccontextmanager
async def authenticated(
    server: LiveServer, path: str = "/events/in", token: str | None = None
) -> AsyncIterator[ClientConnection]:
    """A socket after its handshake."""
    async with dialled(server, path) as socket:
        await socket.send(json.dumps({"type": "auth", "token": token}))
        assert json.loads(await socket.recv()) == {"type": "auth_success"}
        yield socket


async def sent(socket: ClientConnection, *messages: Any) -> None:
    """Send events, or whatever else as it is, and wait for the pong behind them."""
    for message in messages:
        await socket.send(json.dumps(message) if isinstance(message, dict) else message)
    await (await socket.ping())
