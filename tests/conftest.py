"""What all tests share: databases of their own, the server's parts in this process, and live servers beside it."""

import os
import shutil
import signal
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import httpx2
import pytest
import redis
from redis.exceptions import RedisError

from service.app import create_app, opened
from service.parts import Parts
from service.settings import Settings
from tests.databases import empty, make_tables, postgres_database, run_apart
from tests.e2e import environment
from tests.prefects import Beside, PrefectServer, beside
from tests.redises import RedisServer
from tests.servers import LiveServer

pytest.register_assert_rewrite("tests.invariants")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # in the background of a shell; children inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)

REDIS = os.environ.get("DIGSITE_TEST_REDIS", "redis://127.0.0.1:6379/0")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with tables and nothing in them. To copy it takes a tenth of the time to make it."""
    path = tmp_path_factory.mktemp("template") / "digsite.db"
    run_apart(make_tables(f"sqlite:///{path}"))
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    path = shutil.copyfile(sqlite_template, tmp_path / "digsite.db")
    return f"sqlite:///{path}"


@pytest.fixture(scope="session")
def postgres_template() -> Iterator[str]:
    """The one database of this run, with tables."""
    with postgres_database() as url:
        run_apart(make_tables(url))
        yield url


@pytest.fixture
async def postgres_url(postgres_template: str) -> AsyncIterator[str]:
    yield postgres_template
    await empty(postgres_template)


@pytest.fixture
def redis_url() -> str:
    """The local Redis, shared with whoever else uses it. Without one: a skip here, a failure in CI."""
    with redis.Redis.from_url(REDIS) as client:
        try:
            client.ping()
        except RedisError as error:
            if os.environ.get("CI"):
                raise
            pytest.skip(f"no Redis at {REDIS}: {error}")
    return REDIS


@pytest.fixture
def redis_prefix(redis_url: str) -> Iterator[str]:
    """How the test's own names in the local Redis begin. They are gone in the end."""
    prefix = f"digsite_test_{uuid.uuid4().hex[:12]}"
    yield prefix
    with redis.Redis.from_url(redis_url) as client:
        for key in client.scan_iter(f"{prefix}:*"):
            client.delete(key)


@pytest.fixture
def redis_server() -> Iterator[RedisServer]:
    """A Redis of the test's own. Without its program: a skip here, a failure in CI."""
    program = shutil.which("redis-server")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("redis-server is not installed")
        pytest.skip("redis-server is not installed")
    with RedisServer(program) as server:
        yield server


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A database with tables and nothing in them."""
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture
def bare_sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'bare.db'}"


@pytest.fixture
def bare_postgres_url() -> Iterator[str]:
    with postgres_database() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
def bare_database_url(request: pytest.FixtureRequest) -> str:
    """A database without tables, as a server finds it that starts for the first time."""
    return request.getfixturevalue(f"bare_{request.param}_url")


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, database_url=database_url)


@pytest.fixture
async def parts(settings: Settings) -> AsyncIterator[Parts]:
    """The parts of a server, running in this process."""
    async with opened(settings) as parts:
        yield parts


@pytest.fixture
async def api(parts: Parts) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the API in this process, no network between. Faults come back as 500, as over the network."""
    transport = httpx2.ASGITransport(create_app(parts), raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://digsite/api") as client:
        yield client


@pytest.fixture
def live_server(database_url: str, tmp_path: Path) -> Iterator[LiveServer]:
    """A server in a process of its own, on a free port of loopback."""
    with LiveServer(database_url, tmp_path) as server:
        yield server


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[Callable[..., LiveServer]]:
    """Starts servers; those that still run in the end are stopped."""
    servers: list[LiveServer] = []

    def start(database_url: str, **environment: str) -> LiveServer:
        servers.append(LiveServer(database_url, tmp_path, environment).start())
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture(scope="session")
def prefect_python(pytestconfig: pytest.Config) -> Path:
    """The interpreter of the environment that Prefect is in. Where it cannot be made: a skip here, a failure in CI."""
    try:
        return environment.python(pytestconfig.cache.mkdir("prefect"))
    except environment.NotMade as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no environment for Prefect: {error}")


@pytest.fixture(scope="session")
def prefect_server(prefect_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrefectServer]:
    """A Prefect server that all tests of the run share: names and keys of one's own tell what is whose."""
    with PrefectServer(prefect_python, tmp_path_factory.mktemp("prefect")) as server:
        yield server


@pytest.fixture(scope="module")
def beside_prefect(prefect_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Beside]:
    """A Prefect server of the module, and in front of it a Digsite on SQLite: `.prefect` and `.digsite`.

    For another database or other settings: a fixture of the module's own, around `tests.prefects.beside`.
    """
    home = tmp_path_factory.mktemp("beside")
    with beside(prefect_python, f"sqlite:///{home / 'digsite.db'}", home) as both:
        yield both
