"""A real Prefect server is killed while calls and sockets pass through, and comes back."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from websockets.exceptions import ConnectionClosed

from tests.prefects import Beside, beside
from tests.sockets import authenticated

WORKERS = "/task_runs/subscriptions/scheduled"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def both(prefect_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Beside]:
    """A Prefect server of the module's own, to be killed, and a Digsite in front of it. Both run when a test ends."""
    home = tmp_path_factory.mktemp("beside")
    with beside(prefect_python, f"sqlite:///{home / 'digsite.db'}", home) as both:
        yield both


async def until_ready(api: httpx2.AsyncClient, *, degraded: bool) -> None:
    async with asyncio.timeout(60):
        while ("upstream" in (await api.get("/ready")).json().get("degraded", {})) is not degraded:
            await asyncio.sleep(0.05)


async def test_what_is_digsites_works_on_and_what_is_prefects_comes_back(both: Beside) -> None:
    async with httpx2.AsyncClient(base_url=both.digsite.url, timeout=60, trust_env=False) as api:
        await until_ready(api, degraded=False)
        both.prefect.kill()
        answers = [await api.post("/flows/", json={"name": "f"}) for _ in range(3)]
        assert {answer.status_code for answer in answers} <= {502, 503}
        assert all(int(answer.headers["retry-after"]) > 0 for answer in answers)
        assert (await api.post("/artifacts/", json={"key": "report", "data": 1})).status_code == 201
        await until_ready(api, degraded=True)
        both.prefect.start()
        await until_ready(api, degraded=False)
        assert (await api.post("/flows/", json={"name": "f"})).status_code in (200, 201)


async def test_a_worker_is_told_to_come_again_and_finds_the_server_that_has_come_back(both: Beside) -> None:
    async with authenticated(both.digsite, WORKERS) as socket:
        both.prefect.kill()
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(socket.recv(), 60)
        assert socket.close_code == 1012
    both.prefect.start()
    async with authenticated(both.digsite, WORKERS) as socket:
        await socket.send(json.dumps({"type": "subscribe"}))
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(socket.recv(), 60)
        assert socket.close_code == 4001  # as Prefect's server says that something is missing
