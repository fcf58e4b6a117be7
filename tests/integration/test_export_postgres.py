"""The export into a Prefect server's PostgreSQL, and through the API of that server afterwards."""

import asyncio
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from service.moving.whereabouts import Whereabouts
from service.settings import Settings
from tests.databases import execute, postgres_database
from tests.exporting import Pipeline, Shown, counts, differences, exported, shown_by
from tests.prefects import PrefectServer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def prefect_database(prefect_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database with Prefect's tables, empty."""
    with postgres_database() as url:
        home = tmp_path_factory.mktemp("prefect")
        settings = {"PREFECT_HOME": str(home), "PREFECT_API_DATABASE_CONNECTION_URL": connection_url(url)}
        command = [str(prefect_python), "-m", "prefect", "server", "database", "upgrade", "-y"]
        subprocess.run(command, env={**os.environ, **settings}, check=True, capture_output=True, timeout=250)
        yield url


def connection_url(url: str) -> str:
    """As Prefect's settings have it."""
    return url.replace("postgresql://", "postgresql+asyncpg://")


@pytest.fixture
def there(prefect_database: str) -> Whereabouts:
    return Whereabouts(database_url=connection_url(prefect_database))


@pytest.fixture
def pipeline(api: httpx2.AsyncClient) -> Pipeline:
    return Pipeline(api)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


async def test_prefect_shows_what_digsite_shows(
    settings: Settings,
    there: Whereabouts,
    pipeline: Pipeline,
    api: httpx2.AsyncClient,
    prefect_python: Path,
    tmp_path: Path,
) -> None:
    await pipeline.history()
    deleted, changed = await pipeline.create("later"), await pipeline.create("later")
    await exported(settings, there)
    await pipeline.delete(deleted)
    await pipeline.update(changed, data={"at": 2.5})
    done = await exported(settings, there, deleting=True)
    assert (counts(done)["artifacts"][:2], done.artifacts.deleted) == ((0, 1), 1)
    assert await differences(settings, there) == []
    database = {"PREFECT_API_DATABASE_CONNECTION_URL": str(there.database_url)}
    with PrefectServer(prefect_python, tmp_path / "prefect", database) as prefect:
        async with shown_by(prefect.url) as client:
            here, gone_over = Shown(api), Shown(client)
            for sort in ("CREATED_DESC", "UPDATED_DESC", "ID_DESC"):
                assert await gone_over.artifacts(sort=sort) == await here.artifacts(sort=sort)
            assert await gone_over.collections() == await here.collections()
            events, expected = await gone_over.events(), await here.events()
        again = await exported(settings, Whereabouts(prefect.url))
    left_out = expected.keys() - events.keys()
    assert len(left_out) == 1  # the one with a NUL, which the database does not hold
    assert events == {id: event for id, event in expected.items() if id not in left_out}
    assert [each[:2] for each in counts(again).values()] == [(0, 0), (0, 0)]


async def test_what_postgres_does_not_hold_is_named_and_the_rest_is_written(
    settings: Settings, there: Whereabouts, pipeline: Pipeline
) -> None:
    nul = await pipeline.create("nul", description="a\0b")
    await pipeline.create("nul-after")
    done = await exported(settings, there)
    assert f"Artifact {nul} was left out: its type or description has a NUL, which PostgreSQL does not hold." in (
        done.left_out.names
    )
    assert (done.artifacts.new, done.artifacts.left_out) == (1, 1)


async def test_a_server_that_was_not_stopped_waits_and_nothing_is_lost(
    settings: Settings, there: Whereabouts, pipeline: Pipeline, prefect_database: str
) -> None:
    """Somebody writes the same key while a page is written: the one comes after the other."""
    await asyncio.gather(*(pipeline.create("shared") for _ in range(5)))
    insert = "INSERT INTO artifact (key, created) VALUES ('shared', '2000-01-01')"
    await asyncio.gather(exported(settings, there), *(execute(prefect_database, insert) for _ in range(5)))
    assert await differences(settings, there) == []
