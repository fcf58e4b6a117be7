"""A full disk, a locked file: writes are put off, reads go on, and all is well again by itself."""

import os
import resource
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from functools import partial
from io import RawIOBase
from pathlib import Path

import httpx2
import pytest

from events.clock import now
from events.errors import StorageUnavailable
from events.stores.sqlite import SqliteStore
from events.testing import one
from projections import INLINE
from tests.faults.invariants import LOG, check_each_is_there_once, check_server
from tests.faults.load import RetryingLoad
from tests.servers import LiveServer

WRITES = 50
PUT_OFF = 10
DISK_MIB = 8
TIMEOUT_S = 30

StartServer = Callable[..., LiveServer]
Fault = Callable[[LiveServer], AbstractContextManager[None]]


@contextmanager
def files_that_cannot_grow(server: LiveServer) -> Iterator[None]:
    """As when a quota is reached: no file of the server may grow beyond its WAL as it is now."""
    size_bytes = path_of(server, "-wal").stat().st_size
    _, hard = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (size_bytes, hard))
    yield
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (hard, hard))


@contextmanager
def full_disk(server: LiveServer) -> Iterator[None]:
    """No byte is left on the disk that the file is on."""
    filler = path_of(server, ".filler")
    with filler.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space left"):
        fill(file)
    yield
    filler.unlink()


def fill(file: RawIOBase) -> None:
    while True:
        file.write(bytes(4096))


@contextmanager
def locked_file(server: LiveServer) -> Iterator[None]:
    """Another process is in the midst of a transaction of its own."""
    with closing(sqlite3.connect(path_of(server), isolation_level=None)) as other:
        other.execute("PRAGMA wal_autocheckpoint = 0")
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


def path_of(server: LiveServer, suffix: str = "") -> Path:
    return Path(server.database_url.removeprefix("sqlite:///") + suffix)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a few megabytes, in memory."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small file system")
    folder = tmp_path / "small"
    folder.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "digsite-test", str(folder)]
    if subprocess.run(mounting, check=False, capture_output=True, timeout=TIMEOUT_S).returncode:
        pytest.skip("this machine does not let its root mount a file system")
    yield folder
    subprocess.run(["umount", str(folder)], check=True, timeout=TIMEOUT_S)


async def check_writes_are_put_off(server: LiveServer, fault: Fault) -> None:
    """While the fault lasts, and no longer; nothing is lost or doubled by it."""
    async with RetryingLoad(server.url) as load:
        await load.grow(WRITES)
        with fault(server):
            await load.be_put_off(PUT_OFF)
            await check_reads_go_on(server.url, load.acknowledged[0].artifact_id)
        await load.grow(WRITES)
    check_each_is_there_once(await check_server(server.url, server.database_url, load.acknowledged), load)


async def check_reads_go_on(url: str, artifact_id: str) -> None:
    async with httpx2.AsyncClient(base_url=f"{url}/", timeout=TIMEOUT_S) as client:
        for path in ("ready", "artifacts/key-1/latest", f"artifacts/{artifact_id}"):
            assert (await client.get(path)).status_code == 200
        assert (await client.post("artifacts/filter")).status_code == 200


async def test_files_that_cannot_grow_put_writes_off(sqlite_url: str, start_server: StartServer) -> None:
    await check_writes_are_put_off(start_server(sqlite_url), files_that_cannot_grow)


async def test_a_full_disk_puts_writes_off(small_disk: Path, start_server: StartServer) -> None:
    await check_writes_are_put_off(start_server(f"sqlite:///{small_disk / 'digsite.db'}"), full_disk)


async def test_a_file_that_is_locked_puts_writes_off(sqlite_url: str, start_server: StartServer) -> None:
    await check_writes_are_put_off(start_server(sqlite_url), locked_file)


class SyncsNothing(sqlite3.Connection):
    """A build of SQLite that has its own mind about syncing."""

    def execute(self, sql: str, *parameters: object) -> sqlite3.Cursor:
        return super().execute(sql.replace("synchronous = FULL", "synchronous = OFF"), *parameters)  # type: ignore[arg-type]


async def test_a_build_that_does_not_sync_is_refused(tmp_path: Path) -> None:
    connect = partial(sqlite3.connect, factory=SyncsNothing)
    store = SqliteStore(str(tmp_path / "digsite.db"), INLINE, now, connect)
    for _ in range(2):
        with pytest.raises(StorageUnavailable, match="does not sync"):
            await store.append(LOG, one())
    await store.close()
