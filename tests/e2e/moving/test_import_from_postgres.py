"""A Prefect server on PostgreSQL is moved over as one on SQLite is."""

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.databases import postgres_database
from tests.e2e.client import PrefectClient
from tests.e2e.moving.command import Digsite
from tests.e2e.moving.used import ON_POSTGRES, every_artifact, use
from tests.prefects import PrefectServer
from tests.servers import LiveServer

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def prefect_database() -> Iterator[str]:
    with postgres_database() as url:
        yield url


@pytest.fixture(scope="module")
def used_prefect(
    prefect_python: Path, prefect_database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PrefectServer]:
    setting = {
        "PREFECT_API_DATABASE_CONNECTION_URL": prefect_database.replace("postgresql://", "postgresql+asyncpg://", 1)
    }
    with PrefectServer(prefect_python, tmp_path_factory.mktemp("prefect"), setting) as server:
        PrefectClient(prefect_python, tmp_path_factory.mktemp("client"), server.url).script("fill_prefect")
        with httpx2.Client(base_url=server.url, timeout=30) as api:
            use(api, ON_POSTGRES)
        yield server


@pytest.mark.parametrize("way", ["api", "database"])
def test_digsite_answers_as_prefect_did(
    used_prefect: PrefectServer, prefect_database: str, sqlite_url: str, tmp_path: Path, way: str
) -> None:
    whence = {"api": ["--api-url", used_prefect.url], "database": ["--database-url", prefect_database]}
    digsite = Digsite(sqlite_url, tmp_path)
    first, again = digsite.imported(*whence[way]), digsite.imported(*whence[way])
    assert (first.status, again.status, again.count("new artifacts")) == (0, 0, 0), first.output
    with (
        LiveServer(sqlite_url, tmp_path) as server,
        httpx2.Client(base_url=used_prefect.url) as prefect,
        httpx2.Client(base_url=server.url) as api,
    ):
        for path in ("/artifacts/filter", "/artifacts/latest/filter"):
            theirs = every_artifact(prefect, path)
            assert every_artifact(api, path) == theirs
            assert len(theirs) > 8
