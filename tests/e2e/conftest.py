"""The real Prefect client, live servers on both databases, and the log that they leave behind."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.databases import postgres_database
from tests.e2e.chromium import chromium
from tests.e2e.client import PrefectClient
from tests.servers import LiveServer


def pytest_itemcollected(item: pytest.Item) -> None:
    """What drives a browser takes long."""
    if "browser" in getattr(item, "fixturenames", ()):
        item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def database_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database that the tests of one module share, because each use of the client takes a second or two."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('sqlite') / 'digsite.db'}"
    else:
        with postgres_database() as url:
            yield url


@pytest.fixture(scope="module")
def live_server(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with LiveServer(database_url, tmp_path_factory.mktemp("digsite")) as server:
        yield server


@pytest.fixture(scope="module")
def prefect(prefect_python: Path, live_server: LiveServer, tmp_path_factory: pytest.TempPathFactory) -> PrefectClient:
    return PrefectClient(prefect_python, tmp_path_factory.mktemp("prefect"), live_server.url)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """For the tests of one module: while it runs, nothing asynchronous can."""
    with chromium() as browser:
        yield browser
