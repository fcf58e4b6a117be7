"""`digsite-server export-prefect`, as it is typed: what it shows, its exit status, and how it is interrupted."""

import asyncio
import json
import os
import shutil
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.e2e.client import PrefectClient
from tests.exporting import Pipeline, Shown, shown_by
from tests.prefects import PrefectServer, template
from tests.relay import Passing, Relay
from tests.servers import LiveServer

pytestmark = pytest.mark.slow

ENDED = 60


SOON = {"PREFECT_SERVER_SERVICES_EVENT_PERSISTER_FLUSH_INTERVAL": "0.2"}
"""The server writes its events to its disk soon."""


@pytest.fixture(scope="module")
def prefect(prefect_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrefectServer]:
    with PrefectServer(prefect_python, tmp_path_factory.mktemp("prefect"), SOON) as server:
        yield server


@pytest.fixture
def digsite(tmp_path: Path) -> Iterator[LiveServer]:
    """A server that runs beside each export."""
    with LiveServer(f"sqlite:///{tmp_path / 'digsite.db'}", tmp_path) as server:
        yield server


async def started(digsite: LiveServer, command: str, *options: str) -> Process:
    """A command on the database that a server runs on."""
    home = Path(digsite.database_url.removeprefix("sqlite:///")).parent
    own = {"DIGSITE_HOME": str(home), "DIGSITE_DATABASE_URL": digsite.database_url, "COLUMNS": "150"}
    arguments = ("-P", "-m", "service", command, *options)
    environment = {**os.environ, **own}
    return await asyncio.create_subprocess_exec(sys.executable, *arguments, env=environment, stdout=PIPE, stderr=PIPE)


async def run(digsite: LiveServer, command: str, *options: str) -> tuple[int, str]:
    """The exit status, and all that was shown."""
    process = await started(digsite, command, *options)
    output, errors = await asyncio.wait_for(process.communicate(), ENDED)
    return process.returncode or 0, (output + errors).decode()


async def test_it_says_what_would_be_written_then_writes_it_then_finds_it_written(
    digsite: LiveServer, prefect: PrefectServer
) -> None:
    async with shown_by(digsite.url) as here:
        await Pipeline(here).history()
    looked, before, written, after = [
        await run(digsite, "export-prefect", "--api-url", prefect.url, *options)
        for options in (["--dry-run"], ["--check"], [], ["--check"])
    ]
    assert [status for status, _ in (looked, before, written, after)] == [0, 1, 0, 0]
    assert "Would be written" in looked[1]
    assert "Nothing was written." in looked[1]
    assert "differs from the log at position" in before[1]
    assert "agrees with the log at position" in written[1]
    assert "17 artifacts and" in after[1]


async def test_without_a_target_it_says_so_in_a_line(digsite: LiveServer) -> None:
    status, shown = await run(digsite, "export-prefect")
    assert (status, "Traceback" in shown, "Say where to" in shown) == (1, False, True)


async def test_a_database_that_is_not_there_is_told_in_a_line(digsite: LiveServer) -> None:
    status, shown = await run(digsite, "export-prefect", "--database-url", "sqlite:////nowhere/prefect.db")
    assert (status, "Traceback" in shown, "There is no file /nowhere/prefect.db" in shown) == (1, False, True)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGKILL, -9)])
async def test_it_may_be_interrupted_and_goes_on(
    digsite: LiveServer, prefect: PrefectServer, number: signal.Signals, status: int
) -> None:
    key = f"interrupted-by-{number.name.lower()}"
    stands_still = asyncio.Event()
    async with shown_by(digsite.url) as here, shown_by(prefect.url) as there, Relay(prefect.url) as relay:
        for n in range(6):
            await Pipeline(here).create(key, n)

        async def stand_still(passing: Passing) -> int | None:
            if len([each for each in relay.passed if each.creates]) == 4:
                stands_still.set()
                await asyncio.Event().wait()
            return None

        relay.before = stand_still
        process = await started(digsite, "export-prefect", "--api-url", relay.url)
        await asyncio.wait_for(stands_still.wait(), ENDED)
        process.send_signal(number)
        _, errors = await asyncio.wait_for(process.communicate(), ENDED)
        assert process.returncode == status
        assert b"Traceback" not in errors
        assert (await run(digsite, "export-prefect", "--api-url", prefect.url))[0] == 0
        versions = await Shown(there).artifacts(artifacts={"key": {"any_": [key]}}, sort="CREATED_DESC")
        assert [each["data"] for each in versions] == [5, 4, 3, 2, 1, 0]


@pytest.fixture
def filled(prefect_python: Path, tmp_path: Path) -> Iterator[PrefectServer]:
    """A Prefect server that was used by the SDK alone: what an export has left at a server is not brought back."""
    with PrefectServer(prefect_python, tmp_path / "filled", SOON) as server:
        PrefectClient(prefect_python, tmp_path / "client", server.url).script("fill_prefect")
        yield server


async def test_a_prefect_server_is_the_same_after_the_way_to_digsite_and_back(
    digsite: LiveServer, filled: PrefectServer, prefect_python: Path, tmp_path: Path
) -> None:
    """Imported from the one, exported into the database of another: both give the same answers."""
    home = Path(shutil.copytree(template(prefect_python), tmp_path / "another"))
    database = f"sqlite:///{home / 'prefect.db'}"
    assert (await run(digsite, "import-prefect", "--api-url", filled.url))[0] == 0
    status, shown = await run(digsite, "export-prefect", "--database-url", database)
    assert status == 0, shown
    with PrefectServer(prefect_python, home) as another:
        async with shown_by(filled.url) as one, shown_by(another.url) as other:
            assert await answers(other) == await answers(one)


async def answers(client: httpx2.AsyncClient) -> list[object]:
    shown = Shown(client)
    found = [await shown.artifacts(sort=sort) for sort in ("ID_DESC", "CREATED_DESC", "UPDATED_DESC")]
    kept = [[each for each in page if not is_result(each)] for page in found]
    return [kept, await shown.collections(), await shown.events(["prefect.asset."]), sorted(await shown.events())]


def is_result(artifact: dict[str, object]) -> bool:
    """What the server itself keeps of a run is not exported."""
    return artifact["key"] is None and "storage_key" in json.dumps(artifact["data"])


async def test_what_came_from_a_server_is_not_doubled_there(digsite: LiveServer, prefect: PrefectServer) -> None:
    async with shown_by(prefect.url) as there:
        id = await Pipeline(there).create("from-there", "as it was", metadata_={"a": "b"})
        await run(digsite, "import-prefect", "--api-url", prefect.url)
        async with shown_by(digsite.url) as here:
            await Pipeline(here).update(id, data="changed here")
        status, shown = await run(digsite, "export-prefect", "--api-url", prefect.url)
        assert status == 0, shown
        [artifact] = await Shown(there).artifacts(artifacts={"key": {"any_": ["from-there"]}})
        assert (artifact["id"], artifact["data"], artifact["metadata_"]) == (id, "changed here", {"a": "b"})
