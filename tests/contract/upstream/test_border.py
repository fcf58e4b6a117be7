"""What is Digsite's and what is the upstream's; and what the upstream is shown of who asks."""

import base64
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from service.api.server import stand_ins
from service.upstream.border import first_segments
from tests.contract.upstream.conftest import in_front_of
from tests.openapi import DOCUMENT
from tests.peers import OK, Peer, answering

AUTH_STRING = "admin:secret"
BASIC = "Basic " + base64.b64encode(AUTH_STRING.encode()).decode()
STAND_INS = {route.path for route in stand_ins.routes}
OURS = first_segments(DOCUMENT["paths"]) - first_segments(STAND_INS) - {""}
"""The others that begin like one are the upstream's, and answered here while that is away."""


@pytest.fixture
async def api(peer: Peer, tmp_path: Path) -> AsyncIterator[httpx2.AsyncClient]:
    async with in_front_of(peer.url, tmp_path) as api:
        yield api


def asked(peer: Peer) -> list[str]:
    """The paths below the API that the peer was asked for, but for what Digsite asks of itself."""
    return [target.decode().removeprefix("/api") for target in peer.asked if not target.startswith(b"/api/events")]


# what is whose


@pytest.mark.parametrize("path", sorted(OURS))
async def test_what_begins_like_a_route_of_digsite_is_digsites(api: httpx2.AsyncClient, peer: Peer, path: str) -> None:
    answer = await api.get(f"/{path}/no/such/thing/at/all")
    assert (answer.status_code, answer.json()) == (404, {"detail": "Not Found"}) or path == "assets"
    assert [each for each in asked(peer) if "such" in each] == []


@pytest.mark.parametrize(
    "path", ["/flows/filter", "/ui/flow_runs/history", "/automations/filter", "/collections/views/x", "/admin/storage"]
)
async def test_anything_else_is_the_upstreams(api: httpx2.AsyncClient, peer: Peer, path: str) -> None:
    await api.post(path)
    assert path in asked(peer)


@pytest.mark.parametrize("path", sorted(STAND_INS))
async def test_what_clients_ask_about_the_server_is_the_upstreams(
    api: httpx2.AsyncClient, peer: Peer, path: str
) -> None:
    await api.get(path)
    assert path in asked(peer)


@pytest.mark.parametrize("path", ["/%61rtifacts/filter", "/artifacts%2Ffilter"])
async def test_another_spelling_leads_to_no_other_place(api: httpx2.AsyncClient, peer: Peer, path: str) -> None:
    assert (await api.post(path)).status_code in (200, 404)
    assert [each for each in asked(peer) if "rtifacts" in each] == []


@pytest.mark.parametrize("path", ["//artifacts/", "/"])
async def test_an_empty_segment_leads_nowhere(api: httpx2.AsyncClient, peer: Peer, path: str) -> None:
    assert (await api.post(f"http://digsite/api{path}", json={})).status_code == 404
    assert path not in asked(peer)


async def test_the_log_of_a_workspace_has_no_upstream(api: httpx2.AsyncClient, peer: Peer) -> None:
    answer = await api.post("/accounts/a/workspaces/w/flows/filter")
    assert (answer.status_code, [each for each in asked(peer) if "flows" in each]) == (404, [])


# who asks


async def test_the_credentials_of_a_client_are_passed_on(api: httpx2.AsyncClient, peer: Peer) -> None:
    await api.get("/peer", headers={"Authorization": "Basic theirs"})
    assert peer.seen[0].values(b"authorization") == [b"Basic theirs"]


async def test_digsites_own_credentials_take_their_place(peer: Peer, tmp_path: Path) -> None:
    async with in_front_of(peer.url, tmp_path, upstream_auth_string=AUTH_STRING) as api:
        await api.get("/peer", headers={"Authorization": "Basic theirs"})
        await api.get("/peer")
    assert [seen.values(b"authorization") for seen in peer.seen] == [[BASIC.encode()]] * 2


async def test_who_may_not_come_in_does_not_reach_the_upstream(peer: Peer, tmp_path: Path) -> None:
    guarded = {"api_auth_string": "me:mine", "upstream_auth_string": AUTH_STRING}
    async with in_front_of(peer.url, tmp_path, **guarded) as api:
        assert (await api.get("/peer")).status_code == 401
        assert (await api.get("/admin/version")).status_code == 401
    assert (peer.seen, [path for path in asked(peer) if "version" in path]) == ([], [])


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/peer/x", 200),
        ("POST", "/peer/filter", 200),
        ("POST", "/peer/paginate", 200),
        ("POST", "/peer/count", 200),
        ("POST", "/peer/", 403),
        ("PATCH", "/peer/filter", 403),
        ("DELETE", "/peer/x", 403),
        ("POST", "/peer/x/get_scheduled_flow_runs", 403),
        ("GET", "/peer/block_documents/x", 403),
    ],
)
async def test_who_may_read_changes_nothing_in_the_upstream_and_sees_no_passwords(
    api: httpx2.AsyncClient, peer: Peer, method: str, path: str, status: int
) -> None:
    token = (await api.post("/keys", json={"name": "reader", "scope": "read"})).json()["token"]
    answer = await api.request(method, path, headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, len(peer.seen)) == (status, status == 200)


async def test_a_request_has_one_id_in_the_answer(api: httpx2.AsyncClient, peer: Peer) -> None:
    peer.behave = answering(OK + b"X-Request-ID: theirs\r\n")
    answer = await api.get("/peer", headers={"X-Request-ID": "mine"})
    assert answer.headers.get_list("x-request-id") == ["mine"]
