"""The real Prefect client, live servers on both databases, and the log that they leave behind."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from tests.e2e.client import PrefectClient
from tests.servers import LiveServer

POSTGRES = os.environ.get("DIGSITE_TEST_POSTGRES", "postgresql://root@127.0.0.1:5432/postgres")


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
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


@contextmanager
def postgres_database() -> Iterator[str]:
    """A database of its own on the local PostgreSQL. Without one: a skip here, a failure in CI."""
    name = f"digsite_test_{uuid4().hex[:12]}"
    try:
        asyncio.run(_administer(f"CREATE DATABASE {name}"))
    except OSError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no PostgreSQL at {POSTGRES}: {error}")
    yield POSTGRES.rsplit("/", 1)[0] + f"/{name}"
    asyncio.run(_administer(f"DROP DATABASE {name} WITH (FORCE)"))


async def _administer(statement: str) -> None:
    connection = await asyncpg.connect(POSTGRES, timeout=5)
    await connection.execute(statement)
    await connection.close()
