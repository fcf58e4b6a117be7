"""A Prefect server that was used in every way, and imports from it by the real command."""

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.e2e.client import PrefectClient
from tests.e2e.moving.used import ON_SQLITE, use
from tests.prefects import PrefectServer
from tests.servers import LiveServer


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty one for each test: what an import finds there matters."""
    return request.getfixturevalue(f"{request.param}_url")  # type: ignore[no-any-return]


@pytest.fixture
def live_server(database_url: str, tmp_path: Path) -> Iterator[LiveServer]:
    with LiveServer(database_url, tmp_path) as server:
        yield server


@pytest.fixture(scope="package")
def used_prefect(prefect_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrefectServer]:
    """Nobody writes to it any more."""
    with PrefectServer(prefect_python, tmp_path_factory.mktemp("used")) as server:
        PrefectClient(prefect_python, tmp_path_factory.mktemp("client"), server.url).script("fill_prefect")
        with httpx2.Client(base_url=server.url, timeout=30) as api:
            use(api, ON_SQLITE)
        yield server
