"""Servers that are killed in the middle: their projections go on, elsewhere or after the restart, and miss nothing."""

from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from projections.assets import NAME
from tests.servers import LiveServer

StartServer = Callable[..., LiveServer]
EVENTS = 300
TAKE_OVER_S = "30"
"""More than a lease of ten seconds."""


def post(server: LiveServer, first: int) -> int:
    """Events about assets of their own, and the position of the last of them."""
    events = [
        {
            "event": "prefect.asset.referenced",
            "occurred": "2026-11-21T08:54:05Z",
            "resource": {"prefect.resource.id": f"s3://lake/{number:05}"},
            "id": f"01a1fd50-0000-7000-8000-{number:012x}",
        }
        for number in range(first, first + EVENTS)
    ]
    response = httpx2.post(f"{server.url}/events", json=events, timeout=30)
    assert response.status_code == 204, response.text
    return int(response.headers["X-Digsite-Position"])


def counted(server: LiveServer, position: int) -> list[tuple[str, int]]:
    """Every asset and how often it was referred to, when the projection has reached a position."""
    found: list[dict[str, Any]] = []
    headers = {"X-Digsite-Wait-Position": str(position)}
    while True:
        query = {"after": found[-1]["key"] if found else ""}
        response = httpx2.get(f"{server.url}/assets", params=query, headers=headers, timeout=60)
        assert response.status_code == 200, response.text
        if not response.json():
            return [(each["key"], each["referenced"]) for each in found]
        found += response.json()


def each_once(count: int) -> list[tuple[str, int]]:
    return [(f"s3://lake/{number:05}", 1) for number in range(count)]


def test_after_a_kill_the_restart_goes_on_at_once(start_server: StartServer, sqlite_url: str) -> None:
    server = start_server(sqlite_url)
    post(server, 0)
    server.kill()
    server = start_server(sqlite_url)
    assert counted(server, post(server, EVENTS)) == each_once(2 * EVENTS)


@pytest.mark.slow
def test_when_the_server_that_folds_is_killed_another_one_takes_over(
    start_server: StartServer, postgres_url: str
) -> None:
    servers = [start_server(postgres_url, DIGSITE_WAIT_TIMEOUT_S=TAKE_OVER_S) for _ in range(2)]
    counted(servers[0], post(servers[0], 0))
    [shown] = [each for each in httpx2.get(f"{servers[0].url}/projections").json() if each["projection"] == NAME]
    pid = int(shown["owner"].split("/")[1])
    [folding] = [each for each in servers if each.process.pid == pid]
    [other] = [each for each in servers if each.process.pid != pid]
    folding.kill()
    assert counted(other, post(other, EVENTS)) == each_once(2 * EVENTS)
