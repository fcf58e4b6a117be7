"""A restore publishes what was once more, as a new version, and its event says so."""

from typing import Any
from uuid import uuid4

import httpx2
import pytest

from events.absences import Reason, remove_bodies
from events.clock import now
from events.event import Origin
from service.deciding.commands import RecordEvents
from service.erasing.order import Order, requested
from service.parts import Parts
from tests.contract.calls import changed, created, deleted, latest
from tests.invariants import check_log


@pytest.fixture
async def report(api: httpx2.AsyncClient) -> dict[str, Any]:
    """Created (1, 2), changed (3, 4), followed by another version (5, 6)."""
    given = {"key": "report", "type": "markdown", "description": "d", "metadata_": {"rows": "1"}}
    artifact = await created(api, **given, data="Monday", flow_run_id="0199d5c4-1c2e-7a31-b0d2-6a7f4e1c9a55")
    await changed(api, artifact, data="Tuesday")
    await created(api, key="report", type="markdown", data="Wednesday")
    return artifact


async def restored(api: httpx2.AsyncClient, named: str, **body: Any) -> dict[str, Any]:
    response = await api.post(f"/artifacts/{named}/restore", json=body)
    assert response.status_code == 201, response.text
    return response.json()


KEPT = ("key", "type", "description", "metadata_")


async def test_an_older_version_becomes_the_latest_again(
    parts: Parts, api: httpx2.AsyncClient, report: dict[str, Any]
) -> None:
    again = await restored(api, "report", artifact_id=report["id"])
    assert again["id"] != report["id"]
    assert {name: again[name] for name in KEPT} == {name: report[name] for name in KEPT}
    assert (again["flow_run_id"], again["created"]) != (report["flow_run_id"], report["created"])
    assert (again["data"], (await latest(api, "report"))["data"]) == ("Tuesday", "Tuesday")
    await check_log(parts.store, "default")


@pytest.mark.parametrize(("as_of", "data"), [(2, "Monday"), ("4", "Tuesday"), ("2999-01-01", "Wednesday")])
async def test_a_key_is_restored_as_of_a_position_or_a_time(
    api: httpx2.AsyncClient, report: dict[str, Any], as_of: int | str, data: str
) -> None:
    assert (await restored(api, "report", as_of=as_of))["data"] == data


async def test_an_artifact_is_restored_as_of_a_position(api: httpx2.AsyncClient, report: dict[str, Any]) -> None:
    assert (await restored(api, report["id"], as_of=1))["data"] == "Monday"
    assert (await restored(api, report["id"]))["data"] == "Tuesday"


async def test_the_event_says_what_was_restored(parts: Parts, api: httpx2.AsyncClient, report: dict[str, Any]) -> None:
    again = await restored(api, "report", artifact_id=report["id"], as_of=2)
    [event] = [each.event for each in await parts.store.read_all("default") if each.stream.id == again["id"]]
    assert event.kind == "prefect.artifact.created"
    assert event.related == (
        {
            "prefect.resource.id": f"prefect.artifact.{report['id']}",
            "prefect.resource.role": "restored-from",
            "digsite.position": "1",
        },
    )


async def test_what_was_deleted_is_brought_back(parts: Parts, api: httpx2.AsyncClient, report: dict[str, Any]) -> None:
    await deleted(api, report)
    assert (await restored(api, report["id"]))["data"] == "Tuesday"
    await api.delete("/artifacts/collections/report")
    assert (await restored(api, "report", as_of=6))["data"] == "Wednesday"
    assert (await latest(api, "report"))["data"] == "Wednesday"
    await check_log(parts.store, "default")


async def test_what_has_no_key_is_brought_back_by_its_id(api: httpx2.AsyncClient) -> None:
    artifact = await created(api, data=[1, None], type="table")
    await deleted(api, artifact)
    again = await restored(api, artifact["id"])
    assert (again["key"], again["type"], again["data"]) == (None, "table", [1, None])


async def test_sent_again_under_its_idempotency_key_it_answers_as_at_first(
    api: httpx2.AsyncClient, report: dict[str, Any]
) -> None:
    headers = {"Idempotency-Key": "once"}
    first, again = [
        (await api.post("/artifacts/report/restore", json={"as_of": 2}, headers=headers)).json() for _ in range(2)
    ]
    assert first == again
    other = await api.post("/artifacts/report/restore", json={"as_of": 4}, headers=headers)
    assert (other.status_code, other.json()["error"]) == (409, "idempotency_conflict")


async def test_what_is_there_no_more_is_not_restored(
    parts: Parts, api: httpx2.AsyncClient, report: dict[str, Any]
) -> None:
    number = await parts.store.log_number("default")
    await parts.store.beside(lambda fetch: remove_bodies(fetch, number, [1], Reason.ERASED, 6), locked_log="default")
    response = await api.post("/artifacts/report/restore", json={"as_of": 2})
    assert (response.status_code, response.json()["error"]) == (410, "content_gone")
    assert response.json()["facts"] == {"artifact_id": report["id"], "position": 1, "reason": "erased"}
    assert (await parts.store.head("default")).position == 6


async def test_while_something_is_being_erased_nothing_is_restored(
    parts: Parts, api: httpx2.AsyncClient, report: dict[str, Any]
) -> None:
    event = requested(str(uuid4()), Order(by="key", reason="", labels=False), now())
    await parts.writer.submit("default", RecordEvents(events=(event,), origin=Origin(), is_own=True))
    response = await api.post("/artifacts/report/restore", json={"as_of": 2})
    assert (response.status_code, response.json()["error"]) == (409, "erasure_under_way")


async def test_what_was_not_there_is_not_found(api: httpx2.AsyncClient, report: dict[str, Any]) -> None:
    other = await created(api, key="other")
    for named, body in (
        ("report", {"as_of": 0}),
        ("never", {"as_of": 6}),
        ("report", {"artifact_id": other["id"]}),
        (other["id"], {"as_of": 1}),
        ("0199d5c4-1c2e-7a31-b0d2-6a7f4e1c9a55", {}),
    ):
        response = await api.post(f"/artifacts/{named}/restore", json=body)
        assert (response.status_code, response.json()) == (404, {"detail": "Artifact not found."})


@pytest.mark.parametrize("body", [{}, {"as_of": "yesterday"}, {"artifact_id": "x"}, {"position": 1}, {"as_of": None}])
async def test_a_restore_names_what_it_restores(api: httpx2.AsyncClient, body: dict[str, Any]) -> None:
    assert (await api.post("/artifacts/report/restore", json=body)).status_code == 422
