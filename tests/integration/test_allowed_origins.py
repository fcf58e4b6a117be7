"""What a page of another site has a browser send is refused, whether or not the browser asks before."""

from collections.abc import Iterator

import httpx2
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.servers import LiveServer
from tests.sockets import address

UI = "https://prefect.example"
ELSEWHERE = {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"}
ARTIFACT = b'{"key": "left-by-a-page", "data": 1}'


@pytest.fixture(scope="module")
def for_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    home = tmp_path_factory.mktemp("for-all")
    with LiveServer(f"sqlite:///{home}/digsite.db", home) as server:
        yield server


@pytest.fixture(scope="module")
def for_one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    home = tmp_path_factory.mktemp("for-one")
    with LiveServer(f"sqlite:///{home}/digsite.db", home, {"DIGSITE_CORS_ALLOWED_ORIGINS": UI}) as server:
        yield server


def status(server: LiveServer, headers: dict[str, str], path: str = "/artifacts/", body: bytes = ARTIFACT) -> int:
    return httpx2.post(server.url + path, content=body, headers=headers).status_code


def opens(server: LiveServer, path: str, origin: str) -> bool:
    try:
        with connect(address(server, path), origin=Origin(origin)):
            return True
    except InvalidStatus:
        return False


@pytest.mark.parametrize("kind", [{}, {"Content-Type": "text/plain"}, {"Content-Type": "application/json"}])
def test_a_page_of_another_site_writes_nothing(for_all: LiveServer, kind: dict[str, str]) -> None:
    assert status(for_all, ELSEWHERE | kind) == 403
    assert httpx2.get(f"{for_all.url}/artifacts/left-by-a-page/latest").status_code == 404


@pytest.mark.parametrize("path", ["/vacuum", "/rebuild", "/retention/apply", "/subscriptions/s/ack"])
def test_a_page_of_another_site_has_nothing_done_without_a_body(for_all: LiveServer, path: str) -> None:
    assert status(for_all, ELSEWHERE, path, b"") == 403


def test_a_refused_page_is_told_which_setting_would_let_it(for_all: LiveServer) -> None:
    refused = httpx2.post(f"{for_all.url}/artifacts/", headers=ELSEWHERE)
    assert refused.json()["error"] == "origin_not_allowed"
    assert refused.json()["detail"] == (
        "A page of https://elsewhere.example may not do this here, because it is of another site. "
        "Name its origin in DIGSITE_CORS_ALLOWED_ORIGINS if it may."
    )
    assert refused.headers["access-control-allow-origin"] == "*"


def test_a_page_of_another_site_may_look(for_all: LiveServer) -> None:
    assert status(for_all, ELSEWHERE, "/artifacts/filter", b"") == 200
    assert status(for_all, ELSEWHERE, "/artifacts/latest/count", b"") == 200


@pytest.mark.parametrize(
    ("origin", "site"),
    [
        ("http://localhost:4200", "cross-site"),
        ("http://127.0.0.1:4200", "same-site"),
        ("https://a.public.example", "same-site"),
        ("https://public.example", "same-origin"),
        ("null", "same-origin"),
    ],
)
def test_a_page_of_this_site_writes(for_all: LiveServer, origin: str, site: str) -> None:
    assert status(for_all, {"Origin": origin, "Sec-Fetch-Site": site}) == 201


@pytest.mark.parametrize("origin", ["null", "http://elsewhere.example", "http://[", "", "http://127.0.0.1.example"])
def test_an_older_browsers_page_is_known_by_its_host(for_all: LiveServer, origin: str) -> None:
    assert status(for_all, {"Origin": origin}) == 403
    assert status(for_all, {"Origin": "http://host.example:1", "Host": "host.example:2"}) == 201


def test_a_page_of_another_site_opens_no_socket_that_takes(for_all: LiveServer) -> None:
    assert not opens(for_all, "/events/in", "http://elsewhere.example")
    assert not opens(for_all, "/subscriptions/s/stream", "http://elsewhere.example")
    assert opens(for_all, "/events/in", "http://localhost:4200")
    assert opens(for_all, "/events/out", "http://elsewhere.example")


def test_a_named_origin_writes_and_no_other(for_one: LiveServer) -> None:
    assert status(for_one, {"Origin": UI, "Sec-Fetch-Site": "cross-site"}) == 201
    assert status(for_one, {"Origin": "https://b.prefect.example", "Sec-Fetch-Site": "same-site"}) == 403
    assert status(for_one, {"Origin": f"http://127.0.0.1:{for_one.port}"}) == 201
    assert status(for_one, {}) == 201


@pytest.mark.parametrize("path", ["/events/in", "/events/out", "/log/stream"])
def test_where_origins_are_named_no_other_opens_a_socket(for_one: LiveServer, path: str) -> None:
    assert not opens(for_one, path, "http://localhost:4200")
    assert opens(for_one, path, UI)
    assert opens(for_one, path, f"http://127.0.0.1:{for_one.port}")
