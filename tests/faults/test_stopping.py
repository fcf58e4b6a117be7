"""Stopping: what was acknowledged is on disk, the rest was refused. And one process only serves a file."""

import asyncio
import signal
import time
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from events.errors import StorageInUse, StorageUnavailable
from events.stores import open_store
from events.testing import one
from service.app import opened
from service.settings import Settings
from tests.catching_up import opened_store
from tests.faults.invariants import LOG, check_rebuild, check_store
from tests.faults.load import MixedLoad
from tests.servers import LiveServer

WRITES = 100
EVENTS = 500
TIMEOUT_S = 30

StartServer = Callable[..., LiveServer]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_stop_under_load_keeps_every_promise(live_server: LiveServer, number: signal.Signals) -> None:
    async with MixedLoad(live_server.url) as load:
        await load.grow(WRITES)
        live_server.process.send_signal(number)
        assert await asyncio.to_thread(live_server.process.wait, TIMEOUT_S) == 0
    async with opened(Settings(database_url=live_server.database_url)) as parts:
        await check_store(parts.store, load.acknowledged)
        await check_rebuild(parts.store)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_can_be_stopped_as_soon_as_it_says_where_it_is(
    sqlite_url: str, tmp_path: Path, start_server: StartServer, number: signal.Signals
) -> None:
    server = start_server(sqlite_url)
    server.process.send_signal(number)
    assert server.process.wait(TIMEOUT_S) == 0
    assert list(tmp_path.glob("*.server")) == []


def test_a_second_process_on_the_same_file_is_refused(
    sqlite_url: str, tmp_path: Path, start_server: StartServer
) -> None:
    first, second = start_server(sqlite_url), LiveServer(sqlite_url, tmp_path)
    with pytest.raises(RuntimeError, match=f"is served by process {first.process.pid}"):
        second.start()
    assert second.process.wait(TIMEOUT_S) == 1


async def test_a_process_that_is_refused_leaves_the_file_alone(sqlite_url: str) -> None:
    wal = Path(sqlite_url.removeprefix("sqlite:///") + "-wal")
    async with opened_store(sqlite_url) as store:
        await store.append(LOG, one())
        before = wal.stat().st_size
        second = open_store(sqlite_url)
        with pytest.raises(StorageInUse):
            await second.open()
        await second.close()
        assert wal.stat().st_size == before > 0


async def test_a_store_that_closes_lets_the_reads_that_run_end(database_url: str) -> None:
    async with opened_store(database_url) as store:
        await store.append(LOG, *(one() for _ in range(EVENTS)))
        reads = [asyncio.create_task(store.read_all(LOG)) for _ in range(20)]
        while not any(read.done() for read in reads):
            await asyncio.sleep(0)
    for end in await asyncio.gather(*reads, return_exceptions=True):
        assert isinstance(end, StorageUnavailable) or (isinstance(end, list) and len(end) == EVENTS)


def test_a_server_that_stops_does_not_wait_for_its_streams(sqlite_url: str, start_server: StartServer) -> None:
    server = start_server(sqlite_url, DIGSITE_SHUTDOWN_TIMEOUT_S="20")
    with httpx2.stream("GET", f"{server.url}/log/sse?after=head") as stream:
        next(stream.iter_text())
        started = time.monotonic()
        assert server.stop() == 0
    assert time.monotonic() - started < 10
