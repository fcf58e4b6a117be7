"""Exports of a log, and the way back: broken off, damaged, of a part, while something is erased."""

import gzip
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from events.chain import genesis
from events.filter import EventFilter, Kind
from events.stores import open_store
from events.stores.sql import SqlStore
from events.stores.tables import HEADER
from events.testing import one
from projections import INLINE
from service.app import opened
from service.exports import exporting, segments
from service.exports.exporting import NotInLog, OtherExport, OtherHistory
from service.exports.holdings import Holdings
from service.exports.importing import LogNotEmpty, NotWhole, OtherName
from service.exports.line import Line
from service.exports.manifest import DamagedExport, Encoding, NotAnExport, digest, read_manifest, write_manifest
from service.exports.taking import Taking
from service.exports.walk import Batch
from service.parts import Parts
from service.settings import Settings
from tests.exports import a_history, erase, everything, exported, imported, outside
from tests.invariants import check_chain, read_whole_log
from tests.property.histories import Step, live

SEGMENT = 5


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "SEGMENT_EVENTS_MAX", SEGMENT)
    monkeypatch.setattr(segments, "BATCH_EVENTS_MAX", 2)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """The files are the same from any database: `tests/property/test_exports.py` says so."""
    return sqlite_url


@pytest.fixture
async def target(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[SqlStore]:
    store = open_store(f"sqlite:///{shutil.copyfile(sqlite_template, tmp_path / 'target.db')}", INLINE)
    await store.open()
    yield store
    await store.close()


@pytest.fixture
async def folder(parts: Parts, tmp_path: Path) -> Path:
    """An export."""
    await a_history(parts)
    await exported(parts.store, tmp_path / "export")
    return tmp_path / "export"


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for path in sorted(folder.glob("*.ndjson")) for line in path.read_text().splitlines()]


def test_a_line_has_every_column_of_the_header() -> None:
    assert Line.__struct_fields__ == (*HEADER[1:], "salt", "content")


# exporting


async def test_it_is_readable_without_digsite(parts: Parts, tmp_path: Path) -> None:
    await outside(parts, "default", 1)
    await exported(parts.store, tmp_path / "export", encoding=Encoding.GZIP)
    with gzip.open(tmp_path / "export" / "000000000001.ndjson.gz", "rt") as file:
        [line] = map(json.loads, file)
    assert (line["kind"], line["resource"], json.loads(line["content"])) == (
        "odd.\0\x10",
        {"prefect.resource.id": "odd \0 ü"},
        {"n": 1},
    )


async def test_nobody_else_may_read_it(folder: Path) -> None:
    assert {path.stat().st_mode & 0o077 for path in (folder, *folder.iterdir())} == {0}


async def test_again_it_writes_what_is_new(parts: Parts, folder: Path) -> None:
    before = {path.name: digest(path) for path in folder.glob("*.ndjson")}
    await outside(parts, "default", 2)
    manifest = await exported(parts.store, folder)
    assert manifest.last == (await parts.store.head("default")).position == len(lines(folder))
    assert before.items() <= {path.name: digest(path) for path in folder.glob("*.ndjson")}.items()


async def test_what_is_erased_meanwhile_is_in_no_file(
    parts: Parts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_history(parts)
    read = Holdings.lines
    erased: list[bool] = []

    async def lines_with_an_erasure(self: Holdings, after: int, upto: int) -> AsyncIterator[Any]:
        async for portion in read(self, after, upto):
            if not erased:
                erased.append(True)
                await erase(parts.store, "default", [1, SEGMENT + 1], [SEGMENT + 2])
            yield portion

    monkeypatch.setattr(Holdings, "lines", lines_with_an_erasure)
    await exported(parts.store, tmp_path / "export")
    found = {line["position"]: line for line in lines(tmp_path / "export")}
    assert [position for position in (1, SEGMENT + 1) if "content" in found[position]] == []
    assert "labels_salt" not in found[SEGMENT + 2]


async def test_what_was_erased_since_goes_from_the_files(parts: Parts, folder: Path) -> None:
    assert "content" in lines(folder)[0]
    await erase(parts.store, "default", [1], [])
    await exported(parts.store, folder)
    assert "content" not in lines(folder)[0]


async def test_a_filter_and_a_range_leave_out_the_rest(parts: Parts, tmp_path: Path) -> None:
    await a_history(parts)
    created = EventFilter(event=Kind(name=["prefect.artifact.created"]))
    manifest = await exported(parts.store, tmp_path / "export", first=2, upto=12, filter=created)
    found = lines(tmp_path / "export")
    assert {line["kind"] for line in found} == {"prefect.artifact.created"}
    assert [line["position"] for line in found] == sorted(line["position"] for line in found)
    assert (manifest.events, manifest.first, manifest.last) == (len(found), 2, 12)


async def test_what_a_filter_asks_of_the_payload_counts(parts: Parts, tmp_path: Path) -> None:
    await outside(parts, "default", 2, content='{"n":"needle"}')
    await outside(parts, "default", 2)
    await exported(parts.store, tmp_path / "export", filter=EventFilter(text={"query": "needle"}))
    assert [line["position"] for line in lines(tmp_path / "export")] == [1, 2]


async def test_a_folder_with_something_else_is_left_alone(parts: Parts, tmp_path: Path) -> None:
    (tmp_path / "export").mkdir()
    (tmp_path / "export" / "thesis.txt").touch()
    with pytest.raises(NotAnExport, match="has no manifest"):
        await exported(parts.store, tmp_path / "export")


async def test_another_export_is_not_gone_on_with(parts: Parts, folder: Path) -> None:
    for asked in ({"first": 2}, {"encoding": Encoding.GZIP}, {"filter": EventFilter()}, {"upto": 3}):
        with pytest.raises(OtherExport):
            await exported(parts.store, folder, **asked)


async def test_another_history_is_not_gone_on_with(parts: Parts, folder: Path) -> None:
    manifest = read_manifest(folder)
    assert manifest is not None
    manifest.segments[-1] = msgspec.structs.replace(manifest.segments[-1], hash="00" * 32)
    write_manifest(folder, manifest)
    with pytest.raises(OtherHistory, match="up to position"):
        await exported(parts.store, folder)


async def test_what_the_log_does_not_have_cannot_be_exported(parts: Parts, tmp_path: Path) -> None:
    with pytest.raises(NotInLog, match="no position 9: it ends at 0"):
        await exported(parts.store, tmp_path / "export", upto=9)
    assert not (tmp_path / "export").exists()


# importing


async def test_cursors_of_the_log_that_was_exported_are_told(parts: Parts, target: SqlStore, folder: Path) -> None:
    await imported(target, folder)
    assert (await target.head("default")).epoch > (await parts.store.head("default")).epoch


async def test_what_is_archived_is_read_from_the_archive_by_the_imported_log_too(
    parts: Parts, sqlite_template: Path, tmp_path: Path
) -> None:
    await live(parts, "default", [[Step("create", "a", 1, None)]])
    before = await parts.store.bodies("default", [1])
    assert [stored.bodies async for stored in parts.archiving.archive("default", str(tmp_path / "archive"), 10**9)]
    await exported(parts.store, tmp_path / "export")
    assert "content" not in lines(tmp_path / "export")[0]
    url = f"sqlite:///{shutil.copyfile(sqlite_template, tmp_path / 'other.db')}"
    async with opened(Settings(home=tmp_path, database_url=url)) as other:
        await imported(other.store, tmp_path / "export")
        assert await other.store.bodies("default", [1]) == before != {}


async def test_a_log_that_was_imported_is_brought_further(parts: Parts, target: SqlStore, folder: Path) -> None:
    await imported(target, folder)
    await outside(parts, "default", 4)
    await exported(parts.store, folder)
    assert (await imported(target, folder)).events == 4
    assert (await imported(target, folder)).events == 0
    assert await everything(target, "default") == await everything(parts.store, "default")


async def test_a_log_with_another_history_is_left_as_it_is(target: SqlStore, folder: Path) -> None:
    for count in (1, 100):
        await target.append("default", *(one() for _ in range(count)))
        before = await everything(target, "default")
        with pytest.raises(LogNotEmpty, match="not the beginning of this export"):
            await imported(target, folder)
        assert await everything(target, "default") == before


async def test_an_import_stops_when_something_else_is_recorded_meanwhile(target: SqlStore) -> None:
    taking = Taking(target, "default")
    await taking.begin(epoch=1)
    await target.append("default", one())
    before = await everything(target, "default")
    with pytest.raises(LogNotEmpty):
        await taking.take(Batch(after=0, before=genesis("default"), headers=[], bodies=[]))
    assert await everything(target, "default") == before


async def test_a_log_keeps_its_name(target: SqlStore, folder: Path) -> None:
    with pytest.raises(OtherName, match="its chain begins with its name"):
        await imported(target, folder, log="another")


@pytest.mark.parametrize("asked", [{"first": 2}, {"filter": EventFilter()}])
async def test_of_a_part_no_log_is_made(parts: Parts, target: SqlStore, tmp_path: Path, asked: dict[str, Any]) -> None:
    await a_history(parts)
    await exported(parts.store, tmp_path / "part", **asked)
    with pytest.raises(NotWhole, match="no log can be made"):
        await imported(target, tmp_path / "part")
    assert (await target.head("default")).position == 0


async def test_of_the_beginning_of_a_log_one_is_made(parts: Parts, target: SqlStore, tmp_path: Path) -> None:
    await a_history(parts)
    await exported(parts.store, tmp_path / "part", upto=6)
    await imported(target, tmp_path / "part")
    assert (await target.head("default")).hash == (await parts.store.read_all("default"))[5].hash


async def test_an_unfinished_export_is_refused(target: SqlStore, folder: Path) -> None:
    manifest = read_manifest(folder)
    assert manifest is not None
    manifest.complete = False
    write_manifest(folder, manifest)
    with pytest.raises(NotAnExport, match="unfinished"):
        await imported(target, folder)


def rewrite(folder: Path, change: Callable[[dict[str, Any]], None], position: int) -> None:
    """Alter an export, as somebody does who knows about digests."""
    manifest = read_manifest(folder)
    assert manifest is not None
    for index, segment in enumerate(manifest.segments):
        if segment.first <= position <= segment.last:
            path = folder / segment.file
            texts = [json.loads(text) for text in path.read_text().splitlines()]
            change(texts[position - segment.first])
            path.write_bytes(msgspec.json.Encoder().encode_lines(texts))
            manifest.segments[index] = msgspec.structs.replace(segment, sha256=digest(path))
    write_manifest(folder, manifest)


WRONG: dict[str, Callable[[dict[str, Any]], Any]] = {
    "its body is not what was committed to": lambda line: line.update(content="7"),
    "its body is missing": lambda line: line.pop("content"),
    "its labels are not what was committed to": lambda line: line.update(key="forged"),
    "its labels are missing": lambda line: line.pop("labels_salt"),
    "its hash does not continue the chain": lambda line: line.update(actor="forged"),
    "it cannot be read": lambda line: line.update(labels_salt="forged"),
    "position 77 comes instead": lambda line: line.update(position=77),
    "Expected `int`": lambda line: line.update(version="forged"),
}


async def test_what_was_erased_is_not_said_again(parts: Parts, target: SqlStore, tmp_path: Path) -> None:
    head = await a_history(parts)
    await exported(parts.store, tmp_path / "export")
    rewrite(tmp_path / "export", lambda line: line.update(key="forged"), head - 1)
    with pytest.raises(DamagedExport, match="its labels were erased, and yet it has some"):
        await imported(target, tmp_path / "export")


@pytest.mark.parametrize("reason", WRONG)
async def test_what_was_altered_is_named_and_not_recorded(target: SqlStore, folder: Path, reason: str) -> None:
    position = next(line["position"] for line in lines(folder)[SEGMENT + 1 :] if "content" in line)
    rewrite(folder, WRONG[reason], position)
    with pytest.raises(DamagedExport, match=reason) as refusal:
        await imported(target, folder)
    assert SEGMENT <= (await target.head("default")).position < refusal.value.position <= position


async def test_a_damaged_file_is_named(target: SqlStore, folder: Path) -> None:
    path = folder / "000000000006.ndjson"
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    path.write_bytes(content)
    with pytest.raises(DamagedExport, match=r"000000000006.ndjson is damaged at position 6: its digest"):
        await imported(target, folder)
    assert (await target.head("default")).position == 5
    path.unlink()
    with pytest.raises(DamagedExport, match=r"000000000006.ndjson is damaged at position 6: the file is missing"):
        await imported(target, folder)


async def test_a_missing_segment_is_noticed(target: SqlStore, folder: Path) -> None:
    manifest = read_manifest(folder)
    assert manifest is not None
    del manifest.segments[1]
    write_manifest(folder, manifest)
    with pytest.raises(DamagedExport, match="position 11 comes instead"):
        await imported(target, folder)
    assert (await target.head("default")).position == 5


# killed, and again

KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from events.stores import open_reader, open_store
from projections import INLINE
from service.exports import exporting, segments
from service.exports.exporting import Asked, export
from service.exports.importing import import_whole
from service.exports.manifest import Encoding

exporting.SEGMENT_EVENTS_MAX, segments.BATCH_EVENTS_MAX = 5, 2
what, url, folder, at = sys.argv[1:]


def report(done, total):
    if done >= int(at):
        os.kill(os.getpid(), signal.SIGKILL)


async def run():
    store = open_reader(url) if what == "export" else open_store(url, INLINE)
    await store.open()
    if what == "export":
        await export(store, Path(folder), Asked(log="default", encoding=Encoding.NDJSON), report)
    else:
        await import_whole(store, Path(folder), None, report)

asyncio.run(run())
"""


def killed(what: str, store: SqlStore, folder: Path, at: int) -> int:
    url = f"sqlite:///{store.path}"  # type: ignore[attr-defined]
    command = [sys.executable, "-c", KILLED, what, url, str(folder), str(at)]
    return subprocess.run(command, check=False).returncode


@pytest.mark.parametrize("at", [3, 8, 14])
async def test_an_export_that_was_killed_goes_on(parts: Parts, tmp_path: Path, folder: Path, at: int) -> None:
    again = tmp_path / "again"
    assert killed("export", parts.store, again, at) == -signal.SIGKILL
    whole = {path.name: path.stat().st_ino for path in again.glob("*.ndjson")}
    assert await exported(parts.store, again) == read_manifest(folder)
    assert {name: (again / name).stat().st_ino for name in whole} == whole
    assert {path.name for path in again.iterdir()} == {path.name for path in folder.iterdir()}


@pytest.mark.parametrize("at", [2, 9])
async def test_an_import_that_was_killed_goes_on(
    parts: Parts, sqlite_template: Path, tmp_path: Path, folder: Path, at: int
) -> None:
    store = open_store(f"sqlite:///{shutil.copyfile(sqlite_template, tmp_path / 'killed.db')}", INLINE)
    assert killed("import", store, folder, at) == -signal.SIGKILL
    await store.open()
    events = await read_whole_log(store, "default")
    assert 0 < len(events) < (await parts.store.head("default")).position
    await check_chain(store, "default", events)
    await imported(store, folder)
    assert await everything(store, "default") == await everything(parts.store, "default")
    await store.close()
