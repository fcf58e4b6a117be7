"""An export that is appended: stated anew in a log that has a history of its own, each thing once."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest

from events.filter import EventFilter, Kind
from service.app import create_app, opened
from service.deciding.artifact import CREATED
from service.exports import segments
from service.exports.manifest import DamagedExport, digest, read_manifest, write_manifest
from service.parts import Parts
from service.settings import Settings
from tests.exporting import Pipeline, Shown
from tests.exports import appended, erase, exported, outside
from tests.invariants import check_log
from tests.property.histories import Step, live


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "BATCH_EVENTS_MAX", 3)


@pytest.fixture
async def other(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Parts]:
    """A server with a log of its own, in which an export is appended."""
    url = f"sqlite:///{shutil.copyfile(sqlite_template, tmp_path / 'other.db')}"
    async with opened(Settings(home=tmp_path, database_url=url)) as parts:
        yield parts


def calling(parts: Parts) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(create_app(parts)), base_url="http://digsite/api")


async def artifacts(parts: Parts) -> dict[str, dict[str, Any]]:
    async with calling(parts) as client:
        return {each["id"]: each for each in await Shown(client).artifacts()}


async def latest(parts: Parts) -> dict[str, Any]:
    async with calling(parts) as client:
        return {each["key"]: each["latest_id"] for each in await Shown(client).collections()}


async def test_artifacts_come_with_their_ids_times_and_contents(parts: Parts, other: Parts, tmp_path: Path) -> None:
    async with calling(parts) as client:
        await Pipeline(client).history()
    await outside(parts, "default", 2)
    await live(other, "default", [[Step("create", "key-1", 1, None), Step("create", "b", 1, None)]])
    here = await artifacts(other)
    await exported(parts.store, tmp_path / "export")
    done = await appended(other.store, tmp_path / "export")
    assert await artifacts(other) == here | await artifacts(parts)
    assert (done.touched, done.headless, done.own, done.nameless) == (0, 0, 0, 0)
    await check_log(other.store, "default")


async def test_again_nothing_is_recorded_twice(parts: Parts, other: Parts, tmp_path: Path) -> None:
    async with calling(parts) as client:
        await Pipeline(client).history()
    await outside(parts, "default", 2)
    await exported(parts.store, tmp_path / "export")
    first = await appended(other.store, tmp_path / "export")
    again = await appended(other.store, tmp_path / "export")
    assert (first.recorded > 20, again.recorded, again.position) == (True, 0, first.position)


async def test_what_came_later_is_appended_later(parts: Parts, other: Parts, tmp_path: Path) -> None:
    async with calling(parts) as client:
        id = await Pipeline(client).create("k", 1)
        await exported(parts.store, tmp_path / "export")
        await appended(other.store, tmp_path / "export")
        await Pipeline(client).update(id, data=2)
        gone = await Pipeline(client).create("k", 3)
        await Pipeline(client).delete(gone)
    await exported(parts.store, tmp_path / "export")
    await appended(other.store, tmp_path / "export")
    assert await artifacts(other) == await artifacts(parts)
    assert await latest(other) == {"k": id}


async def test_what_was_changed_here_since_is_left_as_it_is(parts: Parts, other: Parts, tmp_path: Path) -> None:
    async with calling(parts) as client:
        id = await Pipeline(client).create("k", 1)
        await exported(parts.store, tmp_path / "export")
        await appended(other.store, tmp_path / "export")
        await Pipeline(client).update(id, data=2)
    async with calling(other) as client:
        await Pipeline(client).update(id, data="here")
    await exported(parts.store, tmp_path / "export")
    assert (await appended(other.store, tmp_path / "export")).touched == 2
    assert (await artifacts(other))[id]["data"] == "here"


async def test_a_part_is_appended_into_a_log_of_another_name(parts: Parts, other: Parts, tmp_path: Path) -> None:
    async with calling(parts) as client:
        id = await Pipeline(client).create("k", 1)
        await Pipeline(client).update(id, data=2)
    await exported(parts.store, tmp_path / "export", filter=EventFilter(event=Kind(name=[CREATED])))
    await exported(parts.store, tmp_path / "rest", first=3)
    assert (await appended(other.store, tmp_path / "rest", "lab")).headless == 1
    assert (await appended(other.store, tmp_path / "export", "lab")).recorded == 2
    await check_log(other.store, "lab")


async def test_what_was_erased_comes_without_its_content(parts: Parts, other: Parts, tmp_path: Path) -> None:
    await outside(parts, "default", 2)
    await erase(parts.store, "default", [1], [2])
    await exported(parts.store, tmp_path / "export")
    done = await appended(other.store, tmp_path / "export")
    [placed] = await other.store.read_all("default")
    assert (done.recorded, done.nameless, placed.event.content) == (1, 1, None)


@pytest.mark.parametrize("filter", [None, EventFilter()])
async def test_what_was_altered_is_not_appended(
    parts: Parts, other: Parts, tmp_path: Path, filter: EventFilter | None
) -> None:
    await outside(parts, "default", 9)
    await exported(parts.store, tmp_path / "export", filter=filter)
    manifest = read_manifest(tmp_path / "export")
    assert manifest is not None
    path = tmp_path / "export" / manifest.segments[0].file
    lines = path.read_bytes().splitlines()
    lines[7] = lines[7].replace(b'\\"n\\":1', b'\\"n\\":2')
    path.write_bytes(b"\n".join([*lines, b""]))
    manifest.segments[0] = msgspec.structs.replace(manifest.segments[0], sha256=digest(path))
    write_manifest(tmp_path / "export", manifest)
    with pytest.raises(DamagedExport, match="at position 8: its body is not what was committed to"):
        await appended(other.store, tmp_path / "export")
    assert (await other.store.head("default")).position == 6
