"""A server that is killed while retention is at work: nothing is lost that is kept, and the next one does the rest."""

import asyncio
import threading
import time
from collections.abc import Callable

import httpx2
import pytest

from tests.servers import LiveServer
from tests.verifying import verified

VERSIONS = 1_000
KEPT = 100


@pytest.mark.slow
def test_what_a_kill_leaves_is_done_by_the_next(start_server: Callable[..., LiveServer], database_url: str) -> None:
    server = start_server(database_url, DIGSITE_RETENTION_RATE="500")
    for _ in range(2):
        batch = {"artifacts": [{"key": "a", "data": index} for index in range(VERSIONS // 2)]}
        assert httpx2.post(f"{server.url}/artifacts/batch", json=batch, timeout=60).status_code == 201
    httpx2.put(f"{server.url}/retention/few", json={"keep_versions": KEPT}, timeout=60)
    kept = listed(server, KEPT)
    applying = threading.Thread(target=_apply, args=(server,))
    applying.start()
    while count(server) == VERSIONS:
        pass
    server.kill()
    applying.join()

    server = start_server(database_url)
    assert KEPT < count(server) < VERSIONS
    deadline = time.monotonic() + 60  # the lease of the one that was killed must run out first
    while httpx2.post(f"{server.url}/retention/apply", timeout=60).status_code != 200:
        assert time.monotonic() < deadline
    assert count(server) == KEPT
    assert listed(server, KEPT) == kept
    assert asyncio.run(verified(database_url)) is None


def _apply(server: LiveServer) -> None:
    with pytest.raises(httpx2.TransportError):
        httpx2.post(f"{server.url}/retention/apply", timeout=60)


def count(server: LiveServer) -> int:
    return int(httpx2.post(f"{server.url}/artifacts/count", timeout=60).text)


def listed(server: LiveServer, limit: int) -> object:
    return httpx2.post(f"{server.url}/artifacts/filter", json={"limit": limit}, timeout=60).json()
