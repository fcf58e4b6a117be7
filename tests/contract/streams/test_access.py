"""Who may read a log: the same on its routes, its streams and Prefect's socket."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.contract.streams.place import TIMEOUT_S, Place
from tests.servers import LiveServer

USER, PASSWORD = "admin", "päss:word"
AUTH_STRING = f"{USER}:{PASSWORD}"
LOG = "acme/research"

ROUTES = ("/log", "/log/head", "/log/1", "/log/1/body", "/log/sse?after=ahead")
SOCKETS = ("/log/stream", "/events/out")


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    home: Path = tmp_path_factory.mktemp("guarded")
    with LiveServer(f"sqlite:///{home}/digsite.db", home, {"DIGSITE_API_AUTH_STRING": AUTH_STRING}) as server:
        yield server


@pytest.fixture(scope="module")
def tokens(guarded: LiveServer) -> dict[str, str]:
    """Tokens by whose they are. The log has an event."""
    return asyncio.run(_prepared(guarded))


async def _prepared(server: LiveServer) -> dict[str, str]:
    basic = (USER.encode(), PASSWORD.encode())
    keys = {"reader": ("read", LOG), "stranger": ("read", "acme/sales"), "writer": ("write", None)}
    async with Place(server.url, auth=basic) as admin:
        made = {name: {"name": name, "scope": scope, "log": log} for name, (scope, log) in keys.items()}
        tokens = {name: (await admin.api.post("/keys", json=key)).json()["token"] for name, key in made.items()}
        await admin.api.post("/accounts/acme/workspaces/research/artifacts/", json={"data": 1})
    return {"admin": AUTH_STRING, "nobody": "", "liar": "admin:wrong", **tokens}


@asynccontextmanager
async def place_of(server: LiveServer, tokens: dict[str, str], name: str) -> AsyncIterator[Place]:
    """The log, as somebody sees it who sends credentials in a header."""
    token = tokens[name]
    options: dict[str, Any] = {}
    if ":" in token:
        user, _, password = token.partition(":")
        options["auth"] = (user.encode(), password.encode())
    elif token:
        options["headers"] = {"Authorization": f"Bearer {token}"}
    async with asyncio.timeout(TIMEOUT_S):
        async with Place(f"{server.url}/accounts/acme/workspaces/research", **options) as place:
            yield place


async def by_message(place: Place, path: str, token: str) -> str:
    """How a socket answers a token in the first message."""
    async with place.socket(path, subprotocols=["prefect"]) as socket:
        await socket.send(json.dumps({"type": "auth", "token": token or None}))
        try:
            return str(json.loads(await socket.recv())["type"])
        except ConnectionClosed as closed:
            return closed.rcvd.reason if closed.rcvd and closed.rcvd.code == 1008 else f"{closed}"


async def by_header(place: Place, path: str) -> int:
    """How the upgrade is answered."""
    headers = dict(place.api.build_request("GET", "/log").headers)
    if place.api.auth is not None:
        headers |= dict(next(place.api.auth.auth_flow(place.api.build_request("GET", "/log"))).headers)
    sent = {"Authorization": headers["authorization"]} if "authorization" in headers else {}
    try:
        async with place.socket(path, additional_headers=sent):
            return 101
    except InvalidStatus as refusal:
        return refusal.response.status_code


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize(
    ("name", "refusal"),
    [("admin", None), ("reader", None), ("writer", None), ("stranger", 403), ("nobody", 401), ("liar", 401)],
)
async def test_a_route_answers_those_who_may_read(
    guarded: LiveServer, tokens: dict[str, str], name: str, refusal: int | None, path: str
) -> None:
    async with place_of(guarded, tokens, name) as place:
        status = (await place.api.get(path)).status_code
        assert status == refusal if refusal else status in (200, 422)


@pytest.mark.parametrize("path", SOCKETS)
@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("admin", "auth_success"),
        ("reader", "auth_success"),
        ("writer", "auth_success"),
        ("nobody", "Auth required but no token provided"),
        ("liar", "Invalid token"),
    ],
)
async def test_a_socket_takes_the_token_in_the_first_message(
    guarded: LiveServer, tokens: dict[str, str], name: str, answer: str, path: str
) -> None:
    async with place_of(guarded, tokens, "nobody") as place:
        assert await by_message(place, path, tokens[name]) == answer


@pytest.mark.parametrize("path", SOCKETS)
async def test_a_key_of_another_log_opens_no_socket(guarded: LiveServer, tokens: dict[str, str], path: str) -> None:
    async with place_of(guarded, tokens, "stranger") as place:
        assert "'stranger'" in await by_message(place, path, tokens["stranger"])
        assert await by_header(place, path) == 403


@pytest.mark.parametrize("path", SOCKETS)
@pytest.mark.parametrize(("name", "status"), [("admin", 101), ("reader", 101), ("nobody", 403), ("liar", 403)])
async def test_a_socket_without_the_subprotocol_takes_the_header(
    guarded: LiveServer, tokens: dict[str, str], name: str, status: int, path: str
) -> None:
    async with place_of(guarded, tokens, name) as place:
        assert await by_header(place, path) == status


async def test_a_reader_streams_its_log_and_no_other(guarded: LiveServer, tokens: dict[str, str]) -> None:
    async with place_of(guarded, tokens, "reader") as place:
        headers = {"Authorization": f"Bearer {tokens['reader']}"}
        async with place.socket("/log/stream", additional_headers=headers) as socket:
            frame = json.loads(await socket.recv())
    assert [each["position"] for each in frame["events"]] == [1]
