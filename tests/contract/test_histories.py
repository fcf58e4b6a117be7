"""What happened to an artifact, and which versions a key has had."""

from typing import Any

import httpx2
import pytest

from events.absences import Reason, remove_bodies
from service import histories
from service.parts import Parts
from service.provenance import from_upstream
from tests.contract.calls import NOBODY, answered, changed, created, deleted
from tests.run_events import RUN, TASK, flow_run, task_run

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


async def test_versions_can_be_passed_over(api: httpx2.AsyncClient) -> None:
    for data in range(5):
        await created(api, key="many", type="progress", data=data)
    whole = await versions(api, "many", limit=5)
    assert await versions(api, "many", offset=3) == whole[3:]
    assert await versions(api, "many", offset=1, limit=2) == whole[1:3]
    assert await versions(api, "many", offset=5) == []


async def test_a_restored_version_says_from_where(api: httpx2.AsyncClient, table: dict[str, Any]) -> None:
    await api.post(f"/artifacts/{table['id']}/restore", json={"as_of": 1})
    [again] = await versions(api, "stock")
    assert again["restored_from"] == {"artifact_id": table["id"], "position": 1}
    assert (again["restored_number"], again["number"]) == (1, 2)


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


async def test_the_number_of_a_version_never_changes(api: httpx2.AsyncClient) -> None:
    made = [await created(api, key="numbered", data=data) for data in range(4)]
    before = [(each["id"], each["number"]) for each in await versions(api, "numbered")]
    assert before == [(each["id"], number) for number, each in reversed(list(enumerate(made, 1)))]
    await deleted(api, made[1])
    assert [each["number"] for each in await versions(api, "numbered")] == [4, 3, 1]
    assert [each["number"] for each in await versions(api, "numbered", before=made[3]["id"], limit=1)] == [3]


async def test_a_deleted_version_says_when_and_by_whom(api: httpx2.AsyncClient) -> None:
    artifact = await created(api, key="gone", data=1)
    await deleted(api, artifact)
    [step, _] = await history(api, artifact)
    [gone] = await versions(api, "gone", deleted="true")
    assert (gone["deleted_position"], gone["deleted_by"], gone["deleted"]) == (3, "anonymous", step["recorded"])


async def test_versions_are_shown_as_they_were(api: httpx2.AsyncClient, table: dict[str, Any]) -> None:
    [then] = await versions(api, "stock", as_of=4)
    assert (then["version"], then["is_latest"], then["summary"]) == (2, True, "3 rows of 2 columns")
    [later] = await versions(api, "stock", deleted="true", as_of=6)
    assert (later["version"], later["deleted_position"], later["deleted_by"]) == (3, None, None)
    assert (await api.get("/artifacts/stock/versions", params={"as_of": 8})).status_code == 404


async def test_a_version_names_its_runs(parts: Parts, api: httpx2.AsyncClient) -> None:
    position = await parts.events.record(
        "default", (flow_run("Running"), task_run("Running")), from_upstream("http://p/api")
    )
    await created(api, key="by-a-run", flow_run_id=RUN, task_run_id=TASK, data=1)
    await parts.runner.wait_for("default", "runs", position, 20)
    [version] = await versions(api, "by-a-run")
    assert (version["flow_run_name"], version["task_run_name"]) == ("helpful-narwhal", "t-d3e")
