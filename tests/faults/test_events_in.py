"""A client of `/events/in`, and the database away: it is told to come back, and what it sends again is there once."""

from collections.abc import Callable
from typing import Any

import httpx2
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from tests.faults.clusters import Cluster
from tests.servers import LiveServer
from tests.sockets import authenticated, outside_event, sent


async def test_while_the_database_is_away_sockets_are_closed_and_nothing_is_acknowledged(
    cluster: Cluster, start_server: Callable[..., LiveServer]
) -> None:
    server = start_server(await cluster.create_database())
    events = [outside_event() for _ in range(100)]
    async with authenticated(server) as socket:
        await sent(socket, *events[:50])
        async with cluster.stopped():
            assert await _closing(socket, events[50:]) == 1013
    async with authenticated(server) as socket:
        await sent(socket, *events)
    found = httpx2.post(f"{server.url}/events/filter", json={"limit": 0}).json()
    assert found["total"] == len(events)


async def _closing(socket: ClientConnection, events: list[dict[str, Any]]) -> int | None:
    """Send, wait for the pong behind it all, and answer with the code of the close that comes instead."""
    try:
        await sent(socket, *events)
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else None
    return None
