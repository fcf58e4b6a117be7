"""Members over websockets: pushed what they can hold, and what they held is free when they go."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.contract.calls import created
from tests.servers import LiveServer

W = "/subscriptions/workers"
CREATED = {"event": {"name": ["prefect.artifact.created"]}}


@pytest.fixture(scope="module")
def live_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """One for all of these: each test has a log of its own."""
    home = tmp_path_factory.mktemp("members")
    with LiveServer(f"sqlite:///{home}/digsite.db", home) as server:
        yield server


@pytest.fixture
async def api(live_server: LiveServer) -> AsyncIterator[httpx2.AsyncClient]:
    workspace = f"{live_server.url}/accounts/members/workspaces/{uuid4().hex}"
    async with httpx2.AsyncClient(base_url=workspace) as client:
        yield client


async def subscribed(api: httpx2.AsyncClient, **terms: Any) -> None:
    assert (await api.put(W, json={"filter": CREATED, "start": "start"} | terms)).status_code == 201


@asynccontextmanager
async def member(api: httpx2.AsyncClient, **query: Any) -> AsyncIterator[ClientConnection]:
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    async with connect(f"{address(api)}{W}/stream?{asked}") as socket:
        yield socket


def address(api: httpx2.AsyncClient) -> str:
    return str(api.base_url).rstrip("/").replace("http://", "ws://")


async def got(socket: ClientConnection) -> dict[str, Any]:
    return json.loads(await asyncio.wait_for(socket.recv(), 20))


async def events(socket: ClientConnection, count: int) -> list[dict[str, Any]]:
    """So many deliveries, in however many frames they come."""
    found: list[dict[str, Any]] = []
    while len(found) < count:
        frame = await got(socket)
        assert frame["type"] == "events", frame
        found += frame["deliveries"]
    return found


async def say(socket: ClientConnection, type: str, *tokens: str, **more: Any) -> dict[str, Any]:
    """Send a frame, and its answer. No events may be due meanwhile."""
    await socket.send(json.dumps({"type": type, "tokens": tokens, **more}))
    return await got(socket)


async def test_events_are_pushed_as_far_as_a_member_can_hold_them(api: httpx2.AsyncClient) -> None:
    for _ in range(3):
        await created(api)
    await subscribed(api)
    async with member(api, prefetch=2) as socket:
        first, second = await events(socket, 2)
        assert (first["position"], second["position"]) == (1, 2)
        assert (await api.get(W)).json()["outstanding"] - 2 in (0, 1)
        assert await say(socket, "ack", first["token"]) == {"type": "acked", "tokens": [first["token"]]}
        [third] = await events(socket, 1)
        assert third["position"] == 3


async def test_an_event_is_pushed_as_soon_as_it_is_recorded(api: httpx2.AsyncClient) -> None:
    await subscribed(api)
    async with member(api) as socket:
        for number in range(1, 4):
            await created(api)
            [delivery] = await events(socket, 1)
            assert delivery["position"] == number
            await say(socket, "ack", delivery["token"])


async def test_what_a_member_held_goes_to_another_when_its_socket_closes(api: httpx2.AsyncClient) -> None:
    await created(api)
    await created(api)
    await subscribed(api, visibility_s=600)
    async with member(api, member="ann") as ann:
        assert len(await events(ann, 2)) == 2
        async with member(api, member="bob") as bob:
            await ann.close()
            assert [each["attempt"] for each in await events(bob, 2)] == [1, 1]


async def test_of_what_a_member_held_that_died_only_the_first_counts_as_tried(api: httpx2.AsyncClient) -> None:
    await created(api)
    await created(api)
    await subscribed(api, visibility_s=600)
    async with member(api, member="ann") as ann:
        assert len(await events(ann, 2)) == 2
        async with member(api, member="bob") as bob:
            ann.transport.abort()
            assert [each["attempt"] for each in await events(bob, 2)] == [2, 1]


async def test_a_failed_event_comes_again_and_a_wrong_token_is_refused(api: httpx2.AsyncClient) -> None:
    await created(api)
    await subscribed(api)
    async with member(api) as socket:
        [first] = await events(socket, 1)
        assert (await say(socket, "extend", first["token"], by_s=600))["type"] == "extended"
        assert (await say(socket, "nack", first["token"], delay_s=0))["type"] == "nacked"
        [again] = await events(socket, 1)
        assert again["attempt"] == 2
        refused = await say(socket, "ack", first["token"])
        assert (refused["type"], refused["error"], refused["tokens"]) == ("refused", "stale_tokens", [first["token"]])
        assert (await say(socket, "ack", again["token"]))["type"] == "acked"


async def test_a_frame_that_means_nothing_is_refused_and_the_socket_stays(api: httpx2.AsyncClient) -> None:
    await subscribed(api)
    async with member(api) as socket:
        for text in ("", "[]", '{"type":"ack"}', '{"type":"sing","tokens":["1.a"]}'):
            await socket.send(text)
            assert (await got(socket))["error"] == "invalid"


async def test_a_member_that_lets_a_lease_end_is_sent_no_more(api: httpx2.AsyncClient) -> None:
    await created(api)
    await subscribed(api, visibility_s=1)
    async with member(api) as socket:
        await events(socket, 1)
        assert (await got(socket))["error"] == "lease_ended"
        with pytest.raises(ConnectionClosed):
            await got(socket)


@pytest.mark.parametrize(
    ("path", "error"),
    [
        (f"{W}/stream?prefetch=0", "invalid"),
        (f"{W}/stream?prefetch=1000", "invalid"),
        ("/subscriptions/nobody/stream", "subscription_not_found"),
    ],
)
async def test_what_cannot_be_served_is_refused_with_a_reason(path: str, error: str, api: httpx2.AsyncClient) -> None:
    await subscribed(api)
    async with connect(address(api) + path) as socket:
        assert (await got(socket))["error"] == error
        with pytest.raises(ConnectionClosed):
            await got(socket)


async def test_a_server_that_stops_gives_back_what_its_members_held(
    live_server: LiveServer, api: httpx2.AsyncClient
) -> None:
    await created(api)
    await subscribed(api, visibility_s=600)
    async with member(api) as socket:
        await events(socket, 1)
        await asyncio.to_thread(live_server.stop)
    live_server.start()
    async with httpx2.AsyncClient(base_url=live_server.url + api.base_url.path.removeprefix("/api")) as again:
        [delivery] = (await again.post(f"{W}/fetch", json={})).json()["deliveries"]
        assert delivery["attempt"] == 1
