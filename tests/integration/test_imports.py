"""What is brought from a Prefect server stands in the log as it was there, once, and undoes nothing from here."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import datetime

import httpx2
import pytest
from msgspec.structs import replace

from service.deciding.commands import ImportArtifacts
from service.deciding.imports import Standing
from service.moving.ours import Ours
from service.moving.prefect import PrefectArtifact
from service.parts import Parts
from service.provenance import IMPORTED, from_import
from tests.contract.calls import changed, collection, created, deleted, latest, listed, read
from tests.imports import LONG_AGO, SECOND, a_collection, an_artifact, bring, brought
from tests.invariants import check_log

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture(autouse=True)
async def checked(parts: Parts) -> AsyncIterator[None]:
    """Whatever a test brings, the log is whole and the read models are its fold."""
    yield
    await check_log(parts.store, "default")


async def latest_id(api: httpx2.AsyncClient, key: str) -> str:
    return str((await collection(api, key))["latest_id"])


async def kinds(parts: Parts) -> list[str]:
    events = await parts.store.read_all("default")
    return [placed.event.kind.removeprefix("prefect.artifact") for placed in events]


async def bring_later(parts: Parts, artifact: PrefectArtifact, since: int) -> int:
    command = ImportArtifacts(artifacts=(brought(artifact, since),), origin=from_import())
    return len(await parts.writer.submit("default", command))


async def test_an_artifact_keeps_its_id_its_times_and_its_content(parts: Parts, api: httpx2.AsyncClient) -> None:
    artifact = an_artifact(type="markdown", data='"# Hi"', description='"d"', metadata='{"a":"b"}', updated=60)
    await bring(parts, artifact)
    found = await read(api, artifact.id)
    assert (found["created"], found["updated"]) == ("2017-07-14T02:40:00Z", "2017-07-14T02:41:00Z")
    assert (found["id"], found["data"], found["description"]) == (artifact.id, "# Hi", "d")
    assert (found["metadata_"], found["type"], found["key"]) == ({"a": "b"}, "markdown", None)


async def test_a_key_shows_what_prefect_showed(parts: Parts, api: httpx2.AsyncClient) -> None:
    older, newer = an_artifact("k", data="1"), an_artifact("k", 10, data="2", updated=20)
    theirs = a_collection(newer, created=older.created, updated=newer.updated + 1000)
    await bring(parts, older, newer, theirs=theirs)
    found = await latest(api, "k")
    assert (found["id"], found["data"]) == (theirs.id, 2)
    assert (found["created"], found["updated"]) == ("2017-07-14T02:40:00Z", "2017-07-14T02:40:20.001000Z")
    assert await latest_id(api, "k") == newer.id


async def test_the_events_are_those_of_the_writes(parts: Parts) -> None:
    await bring(parts, an_artifact("k", data="1"), an_artifact("k", 1, updated=2, data="2"), an_artifact())
    assert await kinds(parts) == [
        ".created",
        "-collection.created",
        ".created",
        "-collection.updated",
        ".updated",
        "-collection.updated",
        ".created",
    ]


async def test_events_are_marked_as_imported_and_occurred_long_ago(parts: Parts) -> None:
    await bring(parts, an_artifact("k"))
    for placed in await parts.store.read_all("default"):
        assert (placed.event.origin.actor, placed.event.occurred) == (IMPORTED, LONG_AGO)
        assert placed.recorded > LONG_AGO + 5 * 365 * 86_400 * SECOND


async def test_what_is_brought_again_is_not_recorded_again(parts: Parts) -> None:
    artifacts = [an_artifact("k"), an_artifact("k", 1), an_artifact(updated=9)]
    recorded = await bring(parts, *artifacts)
    assert len(recorded) == 6
    assert await bring(parts, *artifacts) == []


async def test_two_that_bring_the_same_at_once_bring_it_once(parts: Parts) -> None:
    artifacts = [an_artifact("k", number) for number in range(20)]
    answers = await asyncio.gather(*(bring(parts, *artifacts) for _ in range(4)))
    assert sorted(map(len, answers)) == [0, 0, 0, 40]


async def test_a_newer_state_is_brought_as_a_change(parts: Parts, api: httpx2.AsyncClient) -> None:
    artifact = an_artifact("k", data="1")
    await bring(parts, artifact)
    now = replace(artifact, data="2", updated=LONG_AGO + 5 * SECOND)
    assert await bring_later(parts, now, artifact.updated) == 2
    assert ((await read(api, artifact.id))["data"], (await latest(api, "k"))["data"]) == (2, 2)
    assert (await read(api, artifact.id))["updated"] == "2017-07-14T02:40:05Z"
    assert await bring_later(parts, now, artifact.updated) == 0


async def test_what_was_changed_here_is_left(parts: Parts, api: httpx2.AsyncClient) -> None:
    artifact = an_artifact("k", data="1")
    await bring(parts, artifact)
    await changed(api, await read(api, artifact.id), data=7)
    place = (await Ours(parts.store).places([artifact.id]))[artifact.id]
    assert (place.standing, place.updated is not None) == (Standing.CHANGED, True)
    newer = replace(artifact, data="2", updated=LONG_AGO + 10**9 * SECOND)
    for since in (artifact.updated, place.updated):
        assert await bring_later(parts, newer, since or 0) == 0
    assert (await read(api, artifact.id))["data"] == 7


async def test_what_was_deleted_here_stays_so(parts: Parts, api: httpx2.AsyncClient) -> None:
    artifact = an_artifact("k")
    await bring(parts, artifact)
    await deleted(api, {"id": artifact.id})
    assert await bring(parts, artifact) == []
    assert await listed(api) == []


async def test_an_older_version_does_not_become_the_latest(parts: Parts, api: httpx2.AsyncClient) -> None:
    native = await created(api, key="k", data="native")
    await bring(parts, an_artifact("k"), an_artifact("k", 1))
    assert await latest_id(api, "k") == native["id"]
    assert [each["id"] for each in await listed(api, sort="CREATED_DESC", limit=1)] == [native["id"]]


async def test_the_latest_falls_back_to_the_newest_that_was_brought(parts: Parts, api: httpx2.AsyncClient) -> None:
    native = await created(api, key="k")
    newer, older = an_artifact("k", 2), an_artifact("k", 1)
    await bring(parts, newer, older)
    await deleted(api, native)
    assert await latest_id(api, "k") == newer.id
    await deleted(api, {"id": newer.id})
    assert await latest_id(api, "k") == older.id


async def test_a_newer_version_becomes_the_latest_of_a_key_of_this_log(parts: Parts, api: httpx2.AsyncClient) -> None:
    await created(api, key="k")
    before = await latest(api, "k")
    ahead = an_artifact("k", 10**9)
    await bring(parts, ahead, theirs=a_collection(ahead))
    assert await latest_id(api, "k") == ahead.id
    assert (await latest(api, "k"))["id"] == before["id"]


async def test_a_version_from_here_is_the_latest_even_if_prefects_clock_is_ahead(
    parts: Parts, api: httpx2.AsyncClient
) -> None:
    ahead = an_artifact("k", 10**9)
    await bring(parts, ahead, theirs=a_collection(ahead))
    native = await created(api, key="k")
    assert await latest_id(api, "k") == native["id"]
    assert native["created"] > "2049"
    older = an_artifact("k", 10**9 - 1)
    await bring(parts, older)
    await deleted(api, native)
    assert await latest_id(api, "k") == ahead.id


async def test_a_change_moves_updated_on_even_if_prefects_clock_is_ahead(parts: Parts, api: httpx2.AsyncClient) -> None:
    ahead = an_artifact(at=10**9)
    await bring(parts, ahead)
    before = await read(api, ahead.id)
    after = await changed(api, before, data=1)
    assert datetime.fromisoformat(after["updated"]) > datetime.fromisoformat(before["updated"])


async def test_where_prefect_shows_another_than_the_newest_so_does_digsite(
    parts: Parts, api: httpx2.AsyncClient
) -> None:
    older, newest = an_artifact("k", 1), an_artifact("k", 2)
    theirs = a_collection(older)
    await bring(parts, older, newest, theirs=theirs)
    assert await latest_id(api, "k") == older.id
    await created(api, key="k")  # from then on it is as ever


async def test_a_key_that_was_deleted_here_comes_back_with_what_is_new(parts: Parts, api: httpx2.AsyncClient) -> None:
    first, second = an_artifact("k", 1), an_artifact("k", 2)
    theirs = a_collection(first)
    await bring(parts, first, theirs=theirs)
    await api.delete("/artifacts/collections/k")
    await bring(parts, first, second, theirs=replace(theirs, latest_id=second.id, updated=second.updated))
    assert (await latest(api, "k"))["id"] == theirs.id
    assert [each["id"] for each in await listed(api)] == [second.id]


async def test_an_event_id_that_is_taken_does_not_stop_the_import(parts: Parts, api: httpx2.AsyncClient) -> None:
    artifact = an_artifact("k")
    imported = brought(artifact)
    taken = imported.steps[0].event_id
    outside = {"id": taken, "event": "e", "occurred": "2026-01-01T00:00:00Z", "resource": {"prefect.resource.id": "r"}}
    await api.post("/events", json=[outside])
    await bring(parts, artifact)
    assert (await read(api, artifact.id))["id"] == artifact.id


async def test_a_filter_tells_what_was_imported_from_all_else(parts: Parts, api: httpx2.AsyncClient) -> None:
    native = await created(api)
    artifact = an_artifact()
    await bring(parts, artifact)
    for asked, id in (("name", artifact.id), ("exclude_name", native["id"])):
        wanted = {"actor": {asked: [IMPORTED]}, "occurred": {"since": "2000-01-01T00:00:00Z"}}
        found = (await api.post("/events/filter", json={"filter": wanted})).json()
        assert [each["resource"]["prefect.resource.id"] for each in found["events"]] == [f"prefect.artifact.{id}"]
        assert found["total"] == 1
        page = (await api.get("/log", params={"filter": json.dumps(wanted)})).json()
        assert [each["event"]["id"] for each in page["events"]] == [found["events"][0]["id"]]


async def test_what_an_export_from_here_has_made_there_is_known(parts: Parts, api: httpx2.AsyncClient) -> None:
    native = await created(api, key="k")
    ours = Ours(parts.store)
    copy = an_artifact("k", metadata=f'{{"digsite.id":"{native["id"]}"}}')
    stranger = an_artifact("k", metadata='{"digsite.id":"01a1fd50-2e9a-7f13-a4d5-6e7f80910213"}')
    assert await ours.exported([copy, stranger, an_artifact(metadata='{"a":"digsite.id"}')]) == {copy.id}
