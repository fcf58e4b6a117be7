"""Backups, and what must be right after positions went back."""

import asyncio
import json
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import text
from websockets.asyncio.client import connect as connect_socket

from events.epoch import begin_epoch, next_epoch
from events.errors import StorageInUse
from events.event import Origin
from events.stores import open_reader, open_store
from events.stores.sql import SqlStore
from events.stores.statement import Statement
from service.app import opened
from service.backups.backup import Damaged, MakesItsOwn, TakenName, backup
from service.backups.restore import InUse, NoFile, PutBackElsewhere, Restored, restore, restored
from service.deciding.commands import CreateArtifacts, NewArtifact
from service.parts import Parts
from service.redis_client import connect
from service.settings import Settings
from tests.databases import postgres_database
from tests.exports import a_history, erase, everything
from tests.invariants import check_chain, check_log, read_whole_log
from tests.mirroring import check_mirror, until_mirrored
from tests.servers import LiveServer

SECRET = "nobody-may-know"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "backup.db"


async def publish(parts: Parts, data: str = "1", count: int = 1) -> None:
    items = tuple(NewArtifact(key="k", data=data) for _ in range(count))
    await parts.writer.submit("default", CreateArtifacts(items=items, origin=Origin()))


async def backed_up(url: str, file: Path) -> dict[str, int]:
    return await asyncio.to_thread(backup, url, file, lambda *_: None)


async def put_back(url: str, file: Path) -> Restored:
    return await asyncio.to_thread(restore, url, file, lambda *_: None)


@asynccontextmanager
async def reading(file: Path) -> AsyncIterator[SqlStore]:
    store = open_reader(f"sqlite:///{file}")
    await store.open()
    yield store
    await store.close()


# backup


async def test_a_backup_is_one_moment_of_a_log_that_is_written_to(
    settings: Settings, database_url: str, file: Path
) -> None:
    async with opened(settings) as parts:
        await publish(parts, count=2_000)
        writing = asyncio.create_task(_write_on(parts))
        heads = await backed_up(database_url, file)
        writing.cancel()
    async with reading(file) as store:
        events = await check_log(store, "default")
    assert heads == {"default": len(events)}
    assert len(events) >= 4_000


async def _write_on(parts: Parts) -> None:
    while True:
        await publish(parts)


async def test_nobody_else_may_read_a_backup(parts: Parts, database_url: str, file: Path) -> None:
    await publish(parts)
    await backed_up(database_url, file)
    assert file.stat().st_mode & 0o077 == 0


async def test_what_was_erased_is_in_no_backup(parts: Parts, database_url: str, file: Path) -> None:
    await publish(parts, f'"{SECRET}"')
    await erase(parts.store, "default", [1], [])
    await backed_up(database_url, file)
    assert SECRET.encode() not in file.read_bytes()


async def test_a_name_that_is_taken_stays_as_it_is(parts: Parts, database_url: str, file: Path) -> None:
    file.write_text("thesis")
    with pytest.raises(TakenName):
        await backed_up(database_url, file)
    assert file.read_text() == "thesis"


async def test_of_what_is_damaged_no_backup_is_left(settings: Settings, database_url: str, file: Path) -> None:
    async with opened(settings) as parts:
        await publish(parts, count=50)
    path = Path(database_url.removeprefix("sqlite:///"))
    content = bytearray(path.read_bytes())
    content[8192:] = b"\xff" * (len(content) - 8192)
    path.write_bytes(content)
    with pytest.raises(Damaged, match="no sound Digsite database"):
        await backed_up(database_url, file)
    assert [each.name for each in file.parent.iterdir() if each.name.startswith("backup")] == []


def test_postgres_makes_its_own(file: Path) -> None:
    with pytest.raises(MakesItsOwn, match="pg_dump"):
        backup("postgresql://host/database", file, lambda *_: None)


# restore


async def test_a_restored_log_is_the_one_of_the_backup_in_a_later_epoch(
    settings: Settings, database_url: str, file: Path
) -> None:
    async with opened(settings) as parts:
        await a_history(parts)
        before = await everything(parts.store, "default")
        await backed_up(database_url, file)
        await publish(parts, count=3)
    done = await put_back(database_url, file)
    async with opened(settings) as parts:
        assert await everything(parts.store, "default") == before
        assert (await parts.store.head("default")).epoch == done.epochs["default"] > 1


async def test_what_was_there_before_is_kept(settings: Settings, database_url: str, file: Path) -> None:
    async with opened(settings) as parts:
        await publish(parts)
        await backed_up(database_url, file)
        await publish(parts, count=3)
        before = await everything(parts.store, "default")
    done = await put_back(database_url, file)
    assert done.aside is not None
    async with reading(done.aside) as store:
        assert await everything(store, "default") == before


async def test_two_restores_of_one_backup_are_two_epochs(settings: Settings, database_url: str, file: Path) -> None:
    async with opened(settings) as parts:
        await publish(parts)
        await backed_up(database_url, file)
    first, second = await put_back(database_url, file), await put_back(database_url, file)
    assert second.epochs["default"] > first.epochs["default"]


def test_an_epoch_is_later_than_any_and_tells_two_that_begin_from_the_same_place() -> None:
    minute = 60_000_000
    assert next_epoch(1, 1_700_000_000_000_000) == 1_700_000_000_000_000 // minute
    assert next_epoch(40_000_000, 1_700_000_000_000_000) == 40_000_001
    assert next_epoch(7, 2 * 60 * minute) != next_epoch(7, 3 * 60 * minute)


async def test_old_cursors_are_told_everywhere(
    start_server: Callable[..., LiveServer], bare_sqlite_url: str, file: Path
) -> None:
    def published(server: LiveServer, count: int) -> None:
        with httpx2.Client(base_url=server.url, trust_env=False) as client:
            for number in range(count):
                client.post("/artifacts/", json={"data": number}).raise_for_status()

    server = start_server(bare_sqlite_url)
    published(server, 1)
    await backed_up(bare_sqlite_url, file)
    published(server, 4)
    async with httpx2.AsyncClient(base_url=server.url, trust_env=False) as client:
        cursor = (await client.get("/log/head")).json()["cursor"]
    with pytest.raises(StorageInUse):
        await put_back(bare_sqlite_url, file)
    assert server.stop() == 0
    await put_back(bare_sqlite_url, file)
    server = start_server(bare_sqlite_url)
    published(server, 9)
    asked = {"after": cursor}
    async with httpx2.AsyncClient(base_url=server.url, trust_env=False) as client:
        page = await client.get("/log", params=asked)
        assert (page.status_code, page.json()["error"]) == (409, "other_epoch")
        told = await client.get("/log/sse", headers={"Last-Event-ID": cursor})
        assert '"reason":"other_epoch"' in told.text
        asked = {"after": (await client.get("/log/head")).json()["cursor"]}
        assert (await client.get("/log", params=asked)).status_code == 200
    address = f"{server.url.replace('http', 'ws', 1)}/log/stream?after={cursor}"
    async with connect_socket(address) as socket:
        assert json.loads(await socket.recv())["reason"] == "other_epoch"


AHEAD = """
UPDATE checkpoints SET position = 900, lease_until = 9000000000000000, owner = 'gone';
INSERT INTO checkpoints VALUES (1, 'forwarder', 1, 1, 900, 1, 'gone', 9000000000000000, 1, NULL);
INSERT INTO subscriptions VALUES (1, 's', '{}', 'start', 1, 1, NULL, 900, 1, 0, 0, NULL);
INSERT INTO deliveries VALUES (1, 's', 800, 'c', 's', 'waiting', 0, 0, NULL, NULL, NULL);
"""


async def test_nothing_is_ahead_of_the_log_and_what_was_is_folded_anew(settings: Settings, database_url: str) -> None:
    async with opened(settings) as parts:
        await publish(parts)
        await parts.runner.wait_for("default", "assets", 2, 10)
    store = open_store(database_url)
    await store.open()
    await store.run([(Statement(text(line)), {}) for line in AHEAD.strip().splitlines()])
    await store.close()
    assert (await restored(database_url)).heads == {"default": 2}
    async with opened(settings) as parts:
        await publish(parts)
        await parts.runner.wait_for("default", "assets", 4, 10)
        rows = await parts.store.fetch(Statement(text("SELECT position FROM checkpoints WHERE projection='forwarder'")))
        rows += await parts.store.fetch(Statement(text("SELECT scanned FROM subscriptions")))
        rows += await parts.store.fetch(Statement(text("SELECT position FROM deliveries")))
        assert [position for (position,) in rows] == [2, 2]


async def test_the_mirror_of_a_restored_log_is_the_restored_log(
    settings: Settings, database_url: str, file: Path, redis_url: str, redis_prefix: str
) -> None:
    """Its entries have had these ids before, for other events."""
    mirroring = settings.model_copy(update={"redis_url": redis_url, "redis_prefix": redis_prefix, "redis_mirror": True})
    key = f"{redis_prefix}:log:default"
    async with connect(redis_url) as client:
        async with opened(mirroring) as parts:
            await publish(parts)
            await backed_up(database_url, file)
            await publish(parts, '"lost"', count=3)
            await until_mirrored(client, key, 8)
        await put_back(database_url, file)
        async with opened(mirroring) as parts:
            await publish(parts, '"new"', count=9)
            await check_mirror(parts.store, client, key, "default")


@pytest.mark.parametrize("content", [b"", b"thesis" * 999])
async def test_what_is_no_backup_leaves_all_as_it_was(
    settings: Settings, database_url: str, file: Path, content: bytes
) -> None:
    async with opened(settings) as parts:
        await publish(parts)
        before = await everything(parts.store, "default")
    with pytest.raises(NoFile):
        await put_back(database_url, file)
    file.write_bytes(content)
    with pytest.raises(Damaged):
        await put_back(database_url, file)
    async with opened(settings) as parts:
        assert await everything(parts.store, "default") == before
    assert [each.name for each in file.parent.iterdir() if "restoring" in each.name or "before" in each.name] == []


# PostgreSQL


@pytest.fixture
def another_postgres() -> Iterator[str]:
    with postgres_database() as url:
        yield url


async def test_what_postgres_dumped_and_restored_begins_another_epoch(
    postgres_url: str, another_postgres: str, tmp_path: Path
) -> None:
    if shutil.which("pg_dump") is None:
        pytest.skip("pg_dump is not installed")
    async with opened(Settings(home=tmp_path, database_url=postgres_url)) as parts:
        await a_history(parts)
        before = await everything(parts.store, "default")
    dump = str(tmp_path / "digsite.dump")
    subprocess.run(["pg_dump", "--format=custom", f"--file={dump}", postgres_url], check=True)
    subprocess.run(["pg_restore", "--no-owner", f"--dbname={another_postgres}", dump], check=True)
    done = await restored(another_postgres)
    async with opened(Settings(home=tmp_path, database_url=another_postgres)) as parts:
        assert await everything(parts.store, "default") == before
        assert (await parts.store.head("default")).epoch == done.epochs["default"] > 1
        await publish(parts)
        await check_chain(parts.store, "default", await read_whole_log(parts.store, "default"))


async def test_while_a_server_runs_no_epoch_is_begun(postgres_url: str, tmp_path: Path) -> None:
    async with opened(Settings(home=tmp_path, database_url=postgres_url)) as parts:
        await publish(parts)
        with pytest.raises(InUse, match="Stop every server"):
            await restored(postgres_url)
        assert (await parts.store.head("default")).epoch == 1


def test_postgres_puts_its_backups_back_itself(file: Path) -> None:
    with pytest.raises(PutBackElsewhere, match="pg_restore"):
        restore("postgresql://host/database", file, lambda *_: None)


async def test_a_server_ends_when_its_log_was_restored(
    start_server: Callable[..., LiveServer], postgres_url: str, tmp_path: Path
) -> None:
    async with opened(Settings(home=tmp_path, database_url=postgres_url)) as parts:
        await publish(parts)
        server = start_server(postgres_url)
        await parts.store.beside(lambda fetch: begin_epoch(fetch, {}, parts.store.clock()))
        assert await asyncio.to_thread(server.process.wait, 20) == 1
    assert "was restored from a backup while this server was running" in "".join(server.output)
