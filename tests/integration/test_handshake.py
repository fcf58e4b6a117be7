"""The handshake of every socket: Prefect's, and what it opens."""

import asyncio
import base64
import json
import socket
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from service.serve import KEEPALIVE, _listen
from service.settings import Settings
from service.sockets import handshake
from tests.servers import LiveServer
from tests.sockets import address, authenticated, dialled, outside_event, sent

AUTH = "admin:päss:word"
WORKSPACE = "/accounts/acme/workspaces/research"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    home = tmp_path_factory.mktemp("guarded")
    with LiveServer(f"sqlite:///{home}/digsite.db", home, {"DIGSITE_API_AUTH_STRING": AUTH}) as server:
        yield server


@pytest.fixture(scope="module")
def open_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    home = tmp_path_factory.mktemp("open")
    with LiveServer(f"sqlite:///{home}/digsite.db", home) as server:
        yield server


def api(server: LiveServer) -> httpx2.Client:
    user, _, password = AUTH.partition(":")
    return httpx2.Client(base_url=server.url, auth=(user.encode(), password.encode()))


def key(server: LiveServer, scope: str, log: str | None = None) -> str:
    with api(server) as client:
        name = f"{scope}-{log or 'all'}".replace("/", "-")[:90]
        return str(client.post("/keys", json={"name": name, "scope": scope, "log": log}).json()["token"])


async def answer(server: LiveServer, first: Any) -> tuple[int, str] | Any:
    """What the first message is answered with: a message, or the code and reason of a close."""
    async with dialled(server) as dialling:
        await dialling.send(first if isinstance(first, bytes | str) else json.dumps(first))
        try:
            return json.loads(await dialling.recv())
        except ConnectionClosed as closed:
            return (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else None


@pytest.mark.parametrize("token", [None, "", "anything"])
async def test_without_a_guard_any_token_opens(open_server: LiveServer, token: str | None) -> None:
    assert await answer(open_server, {"type": "auth", "token": token}) == {"type": "auth_success"}


@pytest.mark.parametrize("first", ["nonsense", "[]", "[" * 100_000, '{"token": null}', {"type": "filter"}, b"auth"])
async def test_what_is_no_auth_message_is_refused(open_server: LiveServer, first: Any) -> None:
    assert await answer(open_server, first) == (1008, "Expected 'auth' message")


async def test_the_auth_string_opens(guarded: LiveServer) -> None:
    assert await answer(guarded, {"type": "auth", "token": AUTH}) == {"type": "auth_success"}


@pytest.mark.parametrize("token", [None, "", 5])
async def test_a_guarded_server_asks_for_a_token(guarded: LiveServer, token: Any) -> None:
    refusal = (1008, "Auth required but no token provided")
    assert await answer(guarded, {"type": "auth", "token": token}) == refusal


@pytest.mark.parametrize("token", ["wrong", "admin:pass:word", "digsite_nobody", "\ud800"])
async def test_a_wrong_token_is_refused(guarded: LiveServer, token: str) -> None:
    assert await answer(guarded, {"type": "auth", "token": token}) == (1008, "Invalid token")


async def test_a_key_opens_what_its_scope_allows(guarded: LiveServer) -> None:
    opened = await answer(guarded, {"type": "auth", "token": key(guarded, "write")})
    code, reason = await answer(guarded, {"type": "auth", "token": key(guarded, "read")})
    assert (opened, code) == ({"type": "auth_success"}, 1008)
    assert reason.startswith("The API key 'read-all' does not allow this: its scope is read")


async def test_a_key_of_another_log_is_refused_with_a_reason_that_fits(guarded: LiveServer) -> None:
    token = key(guarded, "write", "acme/" + "r" * 100)
    code, reason = await answer(guarded, {"type": "auth", "token": token})
    assert code == 1008
    assert len(reason) <= handshake.REASON_BYTES_MAX


async def test_a_client_that_does_not_offer_the_subprotocol_is_taken_at_once(open_server: LiveServer) -> None:
    async with connect(address(open_server, "/events/in")) as plain:
        assert plain.subprotocol is None
        await sent(plain, outside_event())


async def test_without_the_subprotocol_the_header_decides(guarded: LiveServer) -> None:
    basic = {"Authorization": "Basic " + base64.b64encode(AUTH.encode()).decode()}
    async with connect(address(guarded, "/events/in"), additional_headers=basic) as plain:
        await sent(plain, outside_event())
    for headers in ({}, {"Authorization": "Basic eDp5"}):
        with pytest.raises(InvalidStatus) as refused:
            await connect(address(guarded, "/events/in"), additional_headers=headers)
        assert refused.value.response.status_code == 403


@pytest.mark.parametrize("path", ["/nowhere", "/artifacts/", "/accounts/a/events/in"])
async def test_a_socket_that_is_not_there_is_refused_at_the_upgrade(open_server: LiveServer, path: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await connect(address(open_server, path))
    assert refused.value.response.status_code == 403


async def test_each_workspace_has_its_own_sockets(guarded: LiveServer) -> None:
    async with authenticated(guarded, f"{WORKSPACE}/events/in", AUTH) as opened:
        await sent(opened, event := outside_event())
    asked = {"filter": {"id": {"id": [event["id"]]}}}
    with api(guarded) as client:
        totals = [client.post(f"{root}/events/filter", json=asked).json()["total"] for root in ("", WORKSPACE)]
    assert totals == [0, 1]


async def test_who_says_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    class Silent:
        receive = asyncio.Event().wait

    monkeypatch.setattr(handshake, "HANDSHAKE_TIMEOUT_S", 0.01)
    with pytest.raises(handshake.Refused, match="Expected 'auth' message"):
        await handshake.shown_token(Silent())  # type: ignore[arg-type]


def test_every_connection_asks_whether_its_peer_is_still_there(settings: Settings) -> None:
    listening = _listen(settings.model_copy(update={"port": 0}))
    with listening, socket.create_connection(listening.getsockname()), listening.accept()[0] as accepted:
        assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        for name, value in KEEPALIVE.items():
            assert accepted.getsockopt(socket.IPPROTO_TCP, getattr(socket, name)) == value
