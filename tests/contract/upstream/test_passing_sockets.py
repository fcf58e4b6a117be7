"""A socket that Digsite does not own: offered, spoken to and closed as the upstream does it, and as the client does."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx2
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from service.upstream.socket_gateway import UPSTREAM_MESSAGE_BYTES_MAX
from tests.contract.upstream.conftest import until
from tests.memory import highest_bytes, resident_bytes
from tests.peers import HOST, Peer
from tests.servers import LiveServer
from tests.sockets import address

PREFECT = Subprotocol("prefect")
HELD_BYTES_MAX = 24 * 1024 * 1024

Handler = Callable[[ServerConnection], Awaitable[None]]


@asynccontextmanager
async def speaking(listening: socket.socket, handler: Handler, **options: Any) -> AsyncIterator[list[ServerConnection]]:
    """An upstream whose sockets are handled so. Yields those that were opened."""
    opened: list[ServerConnection] = []

    async def handle(connection: ServerConnection) -> None:
        opened.append(connection)
        await handler(connection)

    def refuse_others(connection: ServerConnection, request: Request) -> Response | None:
        return None if request.path.startswith("/api/peer") else connection.respond(503, "")

    options.setdefault("process_request", refuse_others)
    async with serve(handle, sock=listening.dup(), max_size=None, **options):
        yield opened


async def echo(connection: ServerConnection) -> None:
    async for message in connection:
        await connection.send(message)


async def closing(connection: ClientConnection | ServerConnection) -> tuple[int | None, str | None]:
    """How the other side closed."""
    async with asyncio.timeout(10):
        with suppress(ConnectionClosed):
            while True:
                await connection.recv()
    return connection.close_code, connection.close_reason


def peer_at(server: LiveServer, path: str = "/peer", **options: Any) -> connect:
    return connect(address(server, path), **options)


# open


async def test_the_upstream_chooses_among_the_subprotocols(in_front: LiveServer, peers_socket: socket.socket) -> None:
    offered = [Subprotocol("one"), Subprotocol("two")]
    chosen = {"subprotocols": [offered[1]]}
    async with speaking(peers_socket, echo, **chosen) as opened, peer_at(in_front, subprotocols=offered) as client:
        assert client.subprotocol == "two"
    assert opened[0].request is not None
    assert opened[0].request.headers["Sec-WebSocket-Protocol"] == "one, two"


async def test_the_upstream_is_asked_for_what_the_client_asked_for(
    in_front: LiveServer, peers_socket: socket.socket
) -> None:
    sent = {"Authorization": "Basic theirs", "X-Two": "2"}
    asking = peer_at(in_front, "/peer/a%2Fb?q=%20+&a=1", additional_headers=sent, user_agent_header="tests")
    async with speaking(peers_socket, echo) as opened, asking:
        assert await until(lambda: opened)
    request = opened[0].request
    assert request is not None
    assert request.path == "/api/peer/a%2Fb?q=%20+&a=1"
    assert {name: request.headers[name] for name in sent} == sent
    assert request.headers["Host"] == f"{HOST}:{peers_socket.getsockname()[1]}"
    assert (request.headers["User-Agent"], request.headers["X-Forwarded-For"]) == ("tests", HOST)


@pytest.mark.parametrize("status", [403, 404, 307])
async def test_a_refusal_is_passed_on(in_front: LiveServer, peers_socket: socket.socket, status: int) -> None:
    def refuse(connection: ServerConnection, _: Request) -> Response:
        response = connection.respond(status, "not here\n")
        response.headers["X-Why"] = "because"
        return response

    async with speaking(peers_socket, echo, process_request=refuse):
        with pytest.raises(InvalidStatus) as refused:
            await peer_at(in_front)
    answer = refused.value.response
    assert (answer.status_code, answer.body, answer.headers["X-Why"]) == (status, b"not here\n", "because")


async def test_a_client_is_told_to_come_back_while_the_upstream_is_away(in_front: LiveServer) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await peer_at(in_front)
    assert (refused.value.response.status_code, int(refused.value.response.headers["Retry-After"]) > 0) == (503, True)


# speak


@pytest.mark.parametrize("message", ["täxt", b"\x00\xff", "", b"", "x" * 3_000_000])
async def test_a_message_goes_there_and_back(
    in_front: LiveServer, peers_socket: socket.socket, message: str | bytes
) -> None:
    async with speaking(peers_socket, echo), peer_at(in_front, max_size=None) as client:
        await client.send(message)
        assert await asyncio.wait_for(client.recv(), 10) == message


async def test_messages_keep_their_order_both_ways_at_once(in_front: LiveServer, peers_socket: socket.socket) -> None:
    async with speaking(peers_socket, echo), peer_at(in_front) as client:
        sending = asyncio.create_task(send_all(client, map(str, range(2000))))
        assert [await asyncio.wait_for(client.recv(), 10) for _ in range(2000)] == list(map(str, range(2000)))
        await sending


async def test_the_auth_message_is_passed_on_as_it_is(in_front: LiveServer, peers_socket: socket.socket) -> None:
    said = '{"type": "auth",   "token": "theirs"}'
    prefect = {"subprotocols": [PREFECT]}
    async with speaking(peers_socket, echo, **prefect), peer_at(in_front, **prefect) as client:
        await client.send(said)
        assert await asyncio.wait_for(client.recv(), 10) == said


async def test_both_halves_answer_to_pings(in_front: LiveServer, peers_socket: socket.socket) -> None:
    async with speaking(peers_socket, echo) as opened, peer_at(in_front) as client:
        await asyncio.wait_for(await client.ping(), 10)
        await asyncio.wait_for(await opened[0].ping(), 10)


async def test_a_message_that_is_too_large_closes_the_socket_and_says_so(
    in_front: LiveServer, peers_socket: socket.socket
) -> None:
    async def shout(connection: ServerConnection) -> None:
        await connection.send(bytes(UPSTREAM_MESSAGE_BYTES_MAX + 1))
        await connection.wait_closed()

    async with speaking(peers_socket, shout), peer_at(in_front, max_size=None) as client:
        assert (await closing(client))[0] == 1009


async def test_who_does_not_read_takes_no_memory(in_front: LiveServer, peers_socket: socket.socket) -> None:
    sent = 0

    async def talk(connection: ServerConnection) -> None:
        nonlocal sent
        while True:
            await connection.send(bytes(100_000))
            sent += 1

    before = resident_bytes(in_front)
    async with speaking(peers_socket, talk, close_timeout=0.1), peer_at(in_front, max_queue=1) as client:
        assert await until(lambda: sent)
        assert await stands_still(lambda: sent)
        assert highest_bytes(in_front) - before < HELD_BYTES_MAX
        assert len(await client.recv()) == 100_000
        client.transport.abort()


async def test_an_upstream_that_does_not_read_stops_the_client(
    in_front: LiveServer, peers_socket: socket.socket
) -> None:
    sent = 0

    async def talk(connection: ClientConnection) -> None:
        nonlocal sent
        while True:
            await connection.send(bytes(100_000))
            sent += 1

    before = resident_bytes(in_front)
    async with speaking(peers_socket, stay, max_queue=1, close_timeout=0.1), peer_at(in_front) as client:
        talking = asyncio.create_task(talk(client))
        assert await until(lambda: sent)
        assert await stands_still(lambda: sent)
        assert highest_bytes(in_front) - before < HELD_BYTES_MAX
        talking.cancel()
        client.transport.abort()


# close


@pytest.mark.parametrize("how", [(1000, ""), (1001, "away"), (1008, "Expected 'auth' message"), (4001, "é" * 60)])
async def test_the_upstreams_close_is_passed_on(
    in_front: LiveServer, peers_socket: socket.socket, how: tuple[int, str]
) -> None:
    async def leave(connection: ServerConnection) -> None:
        await connection.send("last words")
        await connection.close(*how)

    async with speaking(peers_socket, leave), peer_at(in_front) as client:
        assert await client.recv() == "last words"
        assert await closing(client) == how


@pytest.mark.parametrize("how", [(1000, ""), (1001, "away"), (1012, "again"), (4001, "why")])
async def test_the_clients_close_is_passed_on(
    in_front: LiveServer, peers_socket: socket.socket, how: tuple[int, str]
) -> None:
    async with speaking(peers_socket, stay) as opened:
        client = await peer_at(in_front)
        await client.send("last words")
        await client.close(*how)
        assert await opened[0].recv() == "last words"
        assert await closing(opened[0]) == how


async def test_a_client_that_is_lost_is_lost_to_the_upstream(in_front: LiveServer, peers_socket: socket.socket) -> None:
    async with speaking(peers_socket, stay) as opened:
        client = await peer_at(in_front)
        client.transport.abort()
        assert (await closing(opened[0]))[0] == 1006


async def test_a_client_is_told_to_come_again_when_the_upstream_is_lost(
    in_front: LiveServer, peers_socket: socket.socket
) -> None:
    async def die(connection: ServerConnection) -> None:
        connection.transport.abort()

    async with speaking(peers_socket, die), peer_at(in_front) as client:
        assert await closing(client) == (1012, "The Prefect server was lost.")


# who comes


@pytest.fixture(scope="module")
def guarded(peers_socket: socket.socket, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server with a password of its own and one for its upstream."""
    home = tmp_path_factory.mktemp("guarded")
    environment = {
        "DIGSITE_UPSTREAM_API_URL": Peer(peers_socket).url,
        "DIGSITE_UPSTREAM_AUTH_STRING": "its:own",
        "DIGSITE_API_AUTH_STRING": "me:mine",
    }
    with LiveServer(f"sqlite:///{home / 'digsite.db'}", home, environment) as server:
        yield server


@asynccontextmanager
async def presented(server: LiveServer, token: str, path: str = "/peer") -> AsyncIterator[ClientConnection]:
    """A client that has said who it is."""
    async with peer_at(server, path, subprotocols=[PREFECT]) as client:
        await client.send(json.dumps({"type": "auth", "token": token}))
        yield client


async def test_the_upstream_is_shown_digsites_own_token(guarded: LiveServer, peers_socket: socket.socket) -> None:
    async with speaking(peers_socket, echo, subprotocols=[PREFECT]) as opened, presented(guarded, "me:mine") as client:
        assert json.loads(await client.recv()) == {"type": "auth", "token": "its:own"}
    assert opened[0].request is not None
    assert opened[0].request.headers["Authorization"] == httpx2.BasicAuth("its", "own")._auth_header


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ('{"type":"auth","token":"wrong"}', "Invalid token"),
        ('{"type":"auth"}', "Auth required but no token provided"),
        ('{"type":"subscribe"}', "Expected 'auth' message"),
    ],
)
async def test_who_is_not_known_says_nothing_to_the_upstream(
    guarded: LiveServer, peers_socket: socket.socket, said: str, reason: str
) -> None:
    async with speaking(peers_socket, stay, subprotocols=[PREFECT]) as opened:
        async with peer_at(guarded, subprotocols=[PREFECT]) as client:
            await client.send(said)
            assert await closing(client) == (1008, reason)
        assert (await closing(opened[0]))[0] == 1006


async def test_without_a_first_message_the_header_says_who_comes(
    guarded: LiveServer, peers_socket: socket.socket
) -> None:
    mine = {"Authorization": httpx2.BasicAuth("me", "mine")._auth_header}
    async with speaking(peers_socket, echo) as opened:
        with pytest.raises(InvalidStatus, match="403"):
            await peer_at(guarded)
        assert opened == []
        async with peer_at(guarded, additional_headers=mine) as client:
            await client.send("hello")
            assert await client.recv() == "hello"


async def test_who_may_read_hears_what_is_sent_out_and_no_more(
    guarded: LiveServer, peers_socket: socket.socket
) -> None:
    made = httpx2.post(f"{guarded.url}/keys", json={"name": "r", "scope": "read"}, auth=("me", "mine")).json()
    async with speaking(peers_socket, echo, subprotocols=[PREFECT]):
        async with presented(guarded, made["token"], "/peer/out") as client:
            assert json.loads(await client.recv())["token"] == "its:own"
        async with presented(guarded, made["token"], "/peer/workers/connect") as client:
            assert (await closing(client))[0] == 1008


async def stay(connection: ServerConnection) -> None:
    await connection.wait_closed()


async def send_all(connection: ClientConnection, messages: Iterator[str]) -> None:
    for message in messages:
        await connection.send(message)


async def stands_still(value: Callable[[], int]) -> bool:
    """Whether it comes to rest within ten seconds: half a second without a change."""
    async with asyncio.timeout(10):
        while True:
            before = value()
            await asyncio.sleep(0.5)
            if value() == before:
                return True
