"""Power loss on SQLite: whatever unsynced writes are lost or torn, what was acknowledged is there, and whole."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest

from events.clock import now
from events.errors import StorageUnavailable
from events.stores import sqlite
from events.stores.sqlite import SqliteStore
from events.writer import Writer
from projections import INLINE
from service.app import opened
from service.deciding.commands import Command, CreateArtifacts, DeleteArtifact, NewArtifact, UpdateArtifact
from service.handler import Answer, created_events, handle
from service.settings import Settings
from tests.faults.invariants import LOG, check_rebuild, check_store
from tests.faults.power import ApswConnection, CarelessConnection, Disk, Files, JournalingVfs

ROUNDS = 40
"""How often writers write at the same time before the power goes."""
IMAGES = [20, pytest.param(120, marks=[pytest.mark.slow, pytest.mark.timeout(240)])]
FILE = "digsite.db"

Connect = Callable[..., Any]
Submit = Callable[[Command], Awaitable[Answer]]


@pytest.fixture(autouse=True)
def frequent_checkpoints(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that crashes fall into checkpoints, too."""
    monkeypatch.setattr(sqlite, "CHECKPOINT_PAGES", 40)


@asynccontextmanager
async def writing_on(folder: Path, connection: Connect = ApswConnection) -> AsyncIterator[tuple[Disk, Submit]]:
    """The real store and writer on a disk that keeps its journal, and how to write there."""
    folder.mkdir()
    async with opened(Settings(database_url=f"sqlite:///{folder / FILE}")):
        pass  # the tables are there, and sqlite3 has let the file go
    disk = Disk(folder)
    vfs = JournalingVfs(disk)
    store = SqliteStore(str(folder / FILE), INLINE, now, connect=lambda path, **_: connection(path, vfs))
    writer: Writer[Command, Answer] = Writer(store, handle)

    async def submit(command: Command) -> Answer:
        answer = await writer.submit(LOG, command)
        disk.promise(answer[-1].position)
        return answer

    await store.open()
    writer.start()
    yield disk, submit
    await writer.close()
    await store.close()
    vfs.unregister()


async def a_run_on(folder: Path, connection: Connect = ApswConnection) -> Disk:
    async with writing_on(folder, connection) as (disk, submit):
        for number in range(ROUNDS):
            await write_at_once(submit, number)
    return disk


async def write_at_once(submit: Submit, number: int) -> None:
    """Three creates at the same time, then an update and a delete."""
    items = tuple(NewArtifact(key=f"key-{index}", data=f'"{"x" * 1000 * index}"') for index in range(number % 3))
    commands = [CreateArtifacts(items=(NewArtifact(key="key-0", data=str(number)), *items)) for _ in range(3)]
    answers = await asyncio.gather(*map(submit, commands))
    first, second = (created_events(answer)[0].stream.id for answer in answers[:2])
    await submit(UpdateArtifact(id=first, data="0"))
    await submit(DeleteArtifact(id=second))


async def check_image(files: Files, promised: int, folder: Path) -> None:
    """Start on what the crash has left."""
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    async with opened(Settings(database_url=f"sqlite:///{folder / FILE}")) as parts:
        events = await check_store(parts.store)
        left = len(events)
        assert left >= promised, f"{promised} were acknowledged, {left} are left"
        await check_rebuild(parts.store)


async def broken_by_crashes(disk: Disk, images: int, folder: Path) -> list[Exception]:
    """What went wrong on the restarts after so many crashes, each at some moment of the run."""
    broken: list[Exception] = []
    dice = Random(images)
    for number in range(images):
        crash = dice.randrange(len(disk.journal))
        try:
            await check_image(disk.image(crash, dice), disk.promised(crash), folder / str(number))
        except Exception as error:
            broken.append(error)
    print(f"{len(broken)} of {images} crashes within {len(disk.journal)} steps broke a promise: {broken[:3]}")
    return broken


@pytest.mark.parametrize("images", IMAGES)
async def test_no_loss_of_power_breaks_a_promise(tmp_path: Path, images: int) -> None:
    disk = await a_run_on(tmp_path / "run")
    assert await broken_by_crashes(disk, images, tmp_path) == []


@pytest.mark.parametrize("synchronous", ["NORMAL", "OFF"])
async def test_commits_that_are_not_synced_are_found_to_be_lost(tmp_path: Path, synchronous: str) -> None:
    disk = await a_run_on(tmp_path / "run", partial(CarelessConnection, synchronous=synchronous))
    assert await broken_by_crashes(disk, 20, tmp_path) != []


async def test_a_sync_that_fails_refuses_its_write_and_no_other(tmp_path: Path) -> None:
    async with writing_on(tmp_path / "run") as (disk, submit):
        await submit(CreateArtifacts(items=(NewArtifact(key="k"),)))
        disk.failing_syncs = 1
        with pytest.raises(StorageUnavailable, match="sync"):
            await submit(CreateArtifacts(items=(NewArtifact(key="k"),)))
        answer = await submit(CreateArtifacts(items=(NewArtifact(key="k"),)))
    assert answer[0].position == 3
    assert await broken_by_crashes(disk, 20, tmp_path) == []
