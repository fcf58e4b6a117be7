"""The archive: bodies leave the database for files, and read as before; what cannot be read is told."""

import json
from pathlib import Path
from typing import Any

import fsspec
import httpx2
import pytest

from events.absences import Part, Reason, absences
from events.payload import INLINE_BYTES_MAX
from service.archive import archiving
from service.archive.archiving import Archiving
from service.archive.described import Stored
from service.archive.shelf import ArchiveDamaged, InvalidUrl, Shelf
from service.parts import Parts
from tests.contract.calls import changed, created, latest, listed, read
from tests.invariants import check_log
from tests.retaining import LOG, bodies_there
from tests.verifying import verified

SECRET = "a body that is archived"


@pytest.fixture
async def artifacts(api: httpx2.AsyncClient) -> list[dict[str, Any]]:
    made = [await created(api, key="a", data=f"{SECRET} {index}", description=f"{index}") for index in range(5)]
    made[4] = await changed(api, made[4], data="changed in place")
    return made


async def archived(parts: Parts, to: Path | str, upto: int = 10**9) -> list[Stored]:
    parts.archiving._archived._bodies.clear()
    return [stored async for stored in parts.archiving.archive(LOG, str(to), upto)]


async def all_shown(api: httpx2.AsyncClient) -> Any:
    pages = (await api.get("/log", params={"limit": 11})).json()["events"]
    return [await listed(api), await latest(api, "a"), pages[:10]]


async def test_what_is_archived_reads_as_before(
    api: httpx2.AsyncClient, parts: Parts, artifacts: list[dict[str, Any]], tmp_path: Path
) -> None:
    before = await all_shown(api)
    [stored] = await archived(parts, tmp_path / "archive")
    assert await verified(parts.settings.database) is None
    assert (stored.first, stored.last, stored.bodies) == (1, 11, 6)
    assert await bodies_there(parts) == []
    assert await all_shown(api) == before
    assert [await read(api, each["id"]) for each in artifacts] == artifacts
    assert (await api.get("/log/1/body")).json()["data"] == f"{SECRET} 0"
    await check_log(parts.store, LOG)


async def test_only_what_is_old_enough_is_archived(
    parts: Parts, artifacts: list[dict[str, Any]], tmp_path: Path
) -> None:
    await archived(parts, tmp_path, upto=4)
    found = await absences(parts.store.fetch, await parts.store.log_number(LOG), Part.BODY, 1, 100)
    assert [(each.first, each.last, each.reason, each.cause) for each in found] == [(1, 3, Reason.ARCHIVED, 13)]
    assert await archived(parts, tmp_path, upto=4) == []


async def test_a_restored_archive_is_in_the_database_again(
    api: httpx2.AsyncClient, parts: Parts, artifacts: list[dict[str, Any]], tmp_path: Path
) -> None:
    before = await bodies_there(parts)
    await archived(parts, tmp_path)
    assert [stored.bodies async for stored in parts.archiving.restore(LOG)] == [6]
    assert await bodies_there(parts) == before
    assert await absences(parts.store.fetch, await parts.store.log_number(LOG), Part.BODY, 1, 100) == []
    await check_log(parts.store, LOG)


async def test_many_bodies_make_many_files(
    api: httpx2.AsyncClient, parts: Parts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archiving, "ARCHIVE_BYTES_MAX", 500_000)
    for _ in range(4):
        await created(api, data="x" * 300_000)
    before = await listed(api)
    assert [stored.bodies for stored in await archived(parts, tmp_path)] == [1, 1, 1, 1]
    assert await listed(api) == before


async def test_a_large_body_is_named_with_its_size(api: httpx2.AsyncClient, parts: Parts, tmp_path: Path) -> None:
    await created(api, data="x" * (INLINE_BYTES_MAX + 1))
    [before, *_] = (await api.get("/log")).json()["events"]
    await archived(parts, tmp_path)
    [after, *_] = (await api.get("/log")).json()["events"]
    assert after == before


@pytest.mark.parametrize("path", ["/log", "/log/1/body", "/artifacts/a/latest"])
async def test_without_its_archive_a_read_says_from_where_on_it_can_go(
    api: httpx2.AsyncClient, parts: Parts, artifacts: list[dict[str, Any]], tmp_path: Path, path: str
) -> None:
    await archived(parts, tmp_path)
    for file in (tmp_path / LOG).iterdir():
        file.unlink()
    response = await api.get(path)
    assert response.status_code == 410
    assert (response.json()["error"], response.json()["facts"]["first_available"]) == ("archive_unreachable", 12)
    assert (await api.get("/log", params={"after": 11})).status_code == 200


async def test_an_altered_file_is_not_believed(
    api: httpx2.AsyncClient, parts: Parts, artifacts: list[dict[str, Any]], tmp_path: Path
) -> None:
    [stored] = await archived(parts, tmp_path)
    shelf = Shelf(stored.url)
    forged = [body for body in shelf.check(stored) if body.position != 3]
    fsspec.filesystem("file").pipe_file(shelf._path(stored.file), archived_file(forged))
    with pytest.raises(ArchiveDamaged, match="altered"):
        shelf.check(stored)
    assert (await api.get("/log/3/body")).status_code == 410


async def test_what_is_forgotten_is_in_no_file(
    api: httpx2.AsyncClient, parts: Parts, artifacts: list[dict[str, Any]], tmp_path: Path
) -> None:
    await archived(parts, tmp_path)
    await parts.archiving.forget(LOG, [1, 5])
    [stored] = [each for each in (tmp_path / LOG).iterdir() if each.suffix == ".parquet"]
    left = Shelf((tmp_path / LOG).as_uri())
    with left.open(stored.name) as file:
        assert [body.position for body in read_file(file)] == [3, 7, 9, 11]
    assert (await api.get("/log/3/body")).status_code == 200
    assert (await api.get("/log/1/body")).status_code == 410


async def test_what_went_while_a_file_was_written_is_in_no_file(
    parts: Parts, artifacts: list[dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from events.absences import remove_bodies

    put = Shelf.put
    number, times = await parts.store.log_number(LOG), []

    async def record(self: Archiving, *given: Any) -> bool:
        if not times:
            times.append(1)
            await parts.store.beside(lambda fetch: remove_bodies(fetch, number, [1], Reason.ERASED, 12))
        return await whole(self, *given)

    whole = Archiving._record
    monkeypatch.setattr(Archiving, "_record", record)
    [stored] = await archived(parts, tmp_path)
    assert (stored.first, len(list((tmp_path / LOG).glob("*.parquet")))) == (3, 1)
    assert put is Shelf.put


async def test_what_is_erased_is_in_no_file(
    api: httpx2.AsyncClient, parts: Parts, artifacts: list[dict[str, Any]], tmp_path: Path
) -> None:
    await archived(parts, tmp_path)
    asked = {"artifact": artifacts[0]["id"], "reason": "asked for"}
    confirm = (await api.post("/erasures", json=asked)).json()["confirm"]
    assert (await api.post("/erasures", json=asked | {"confirm": confirm})).json()["completed"]
    [kept] = (tmp_path / LOG).glob("*.parquet")
    with Shelf((tmp_path / LOG).as_uri()).open(kept.name) as file:
        assert 1 not in [body.position for body in read_file(file)]
    assert (await api.get("/log/1/body")).json()["facts"]["reason"] == "erased"
    assert (await api.get("/log/3/body")).status_code == 200


async def test_a_stream_that_needs_what_cannot_be_read_says_where_it_can_go_on(
    api: httpx2.AsyncClient, parts: Parts, artifacts: list[dict[str, Any]], tmp_path: Path
) -> None:
    await archived(parts, tmp_path)
    for file in (tmp_path / LOG).iterdir():
        file.unlink()
    lines = (await api.get("/log/sse", params={"after": "start"})).text
    frame = json.loads(lines.split("data: ")[-1])
    assert (frame["type"], frame["reason"], frame["position"]) == ("refused", "archived", 12)


async def test_it_is_archived_and_restored_on_request(
    api: httpx2.AsyncClient, parts: Parts, artifacts: list[dict[str, Any]], tmp_path: Path
) -> None:
    answer = await api.post("/archive", json={"before": "4"})
    [line] = [json.loads(each) for each in answer.text.splitlines()]
    assert (line["first"], line["last"], line["bodies"]) == (1, 3, 2)
    [line] = [json.loads(each) for each in (await api.post("/archive/restore")).text.splitlines()]
    assert line["bodies"] == 2
    assert list((tmp_path / "archive" / LOG).iterdir()) != []


async def test_no_request_says_where_to(
    api: httpx2.AsyncClient, artifacts: list[dict[str, Any]], tmp_path: Path
) -> None:
    refused = await api.post("/archive", json={"to": str(tmp_path / "elsewhere"), "before": "4"})
    assert refused.status_code == 422
    assert not (tmp_path / "elsewhere").exists()


async def test_a_place_that_is_none_is_refused(parts: Parts, artifacts: list[dict[str, Any]]) -> None:
    with pytest.raises(InvalidUrl, match="nowhere"):
        await archived(parts, "nowhere://x")


async def test_no_password_is_recorded(parts: Parts, artifacts: list[dict[str, Any]]) -> None:
    with pytest.raises(InvalidUrl, match="password"):
        await archived(parts, "s3://key:secret@bucket/archive")


def archived_file(bodies: list[Any]) -> bytes:
    from service.archive.file import written

    return written(bodies)


def read_file(file: Any) -> list[Any]:
    from service.archive.file import read

    return list(read(file))
