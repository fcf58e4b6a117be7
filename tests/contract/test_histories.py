"""What happened to an artifact, and which versions a key has had."""

from typing import Any

import httpx2
import pytest

from events.absences import Reason, remove_bodies
from service import histories
from service.app import Parts
from tests.contract.calls import NOBODY, answered, changed, created, deleted

ROWS = [{"id": 1, "n": 3}, {"id": 2, "n": 5}]


async def history(api: httpx2.AsyncClient, artifact: dict[str, Any], **query: Any) -> list[dict[str, Any]]:
    return (await answered(api, "GET", f"/artifacts/{artifact['id']}/history", params=query)).json()


async def versions(api: httpx2.AsyncClient, key: str, **query: Any) -> list[dict[str, Any]]:
    return (await answered(api, "GET", f"/artifacts/{key}/versions", params=query)).json()


@pytest.fixture
async def table(api: httpx2.AsyncClient) -> dict[str, Any]:
    """Created (1, 2), changed twice (3 to 6), deleted (7, 8)."""
    artifact = await created(api, key="stock", type="table", data=ROWS)
    await changed(api, artifact, data=[*ROWS, {"id": 3, "n": 1}])
    await changed(api, artifact, description="counted")
    await deleted(api, artifact)
    return artifact


async def test_a_history_tells_each_event_with_what_it_changed(api: httpx2.AsyncClient, table: dict[str, Any]) -> None:
    steps = await history(api, table)
    assert [(each["version"], each["position"], each["kind"].rsplit(".")[-1]) for each in steps] == [
        (4, 7, "deleted"),
        (3, 5, "updated"),
        (2, 3, "updated"),
        (1, 1, "created"),
    ]
    assert [each["changed"] for each in steps] == [[], ["description"], ["data"], ["data", "description", "metadata"]]
    assert [each["summary"] for each in steps] == [None, "no change", "1 row added of 2", "2 rows of 2 columns"]


async def test_a_history_says_who_wrote(api: httpx2.AsyncClient) -> None:
    response = await api.post("/artifacts/", json={}, headers={"User-Agent": "a-program", "X-Request-ID": "r-1"})
    [step] = await history(api, response.json())
    assert (step["actor"], step["client"], step["request_id"]) == ("anonymous", "a-program", "r-1")


async def test_a_history_has_pages(api: httpx2.AsyncClient, table: dict[str, Any]) -> None:
    whole = await history(api, table)
    first = await history(api, table, limit=3)
    assert first + await history(api, table, limit=3, before=first[-1]["version"]) == whole
    assert await history(api, table, before=1) == []


async def test_the_versions_of_a_key_say_what_each_changed(api: httpx2.AsyncClient) -> None:
    for data in ("one\n", "one\n", "one\ntwo\n"):
        await created(api, key="notes", type="markdown", data=data)
    found = await versions(api, "notes")
    assert [each["summary"] for each in found] == ["+1 line", "no change", "1 line"]
    assert [each["is_latest"] for each in found] == [True, False, False]


async def test_versions_that_were_deleted_are_there_when_they_are_asked_for(
    api: httpx2.AsyncClient, table: dict[str, Any]
) -> None:
    assert (await api.get("/artifacts/stock/versions")).status_code == 404
    [gone] = await versions(api, "stock", deleted="true")
    assert (gone["id"], gone["deleted_position"], gone["version"]) == (table["id"], 7, 3)
    again = await created(api, key="stock", type="table", data=ROWS)
    assert [each["id"] for each in await versions(api, "stock")] == [again["id"]]
    both = await versions(api, "stock", deleted="true")
    assert [(each["id"], each["is_latest"]) for each in both] == [(again["id"], True), (table["id"], False)]
    assert both[0]["summary"] == "1 row removed of 3"


async def test_versions_have_pages(api: httpx2.AsyncClient) -> None:
    for data in range(5):
        await created(api, key="many", type="progress", data=data)
    whole = await versions(api, "many")
    first = await versions(api, "many", limit=2)
    assert first + await versions(api, "many", before=first[-1]["id"]) == whole
    assert (await api.get("/artifacts/many/versions", params={"before": NOBODY})).status_code == 404


async def test_a_restored_version_says_from_where(api: httpx2.AsyncClient, table: dict[str, Any]) -> None:
    await api.post(f"/artifacts/{table['id']}/restore", json={"as_of": 1})
    [again] = await versions(api, "stock")
    assert again["restored_from"] == {"artifact_id": table["id"], "position": 1}


async def test_of_data_that_is_there_no_more_nothing_is_said(
    parts: Parts, api: httpx2.AsyncClient, table: dict[str, Any]
) -> None:
    number = await parts.store.log_number("default")
    await parts.store.beside(lambda fetch: remove_bodies(fetch, number, [3], Reason.RETIRED, 8), locked_log="default")
    assert [each["summary"] for each in await history(api, table)] == [None, None, None, "2 rows of 2 columns"]


async def test_of_large_data_the_size_is_told(
    api: httpx2.AsyncClient, table: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(histories, "SUMMARY_BODY_BYTES_MAX", 65)
    summaries = [each["summary"] for each in await history(api, table)]
    assert summaries == [None, "no change", "76 → 55 bytes", "76 bytes"]


async def test_what_never_was_has_no_history(api: httpx2.AsyncClient) -> None:
    for path in (f"/artifacts/{NOBODY}/history", "/artifacts/never/versions", "/artifacts/Not-A-Key/versions"):
        response = await api.get(path)
        assert (response.status_code, response.json()) == (404, {"detail": "Artifact not found."})


@pytest.mark.parametrize("query", [{"limit": 101}, {"limit": -1}, {"before": "x"}])
async def test_a_page_of_a_history_is_bounded(
    api: httpx2.AsyncClient, table: dict[str, Any], query: dict[str, Any]
) -> None:
    assert (await api.get(f"/artifacts/{table['id']}/history", params=query)).status_code == 422
