"""Pins: artifacts that no retention policy touches. Each change of one is an event."""

from typing import Any

import httpx2

from service.parts import Parts
from tests.contract.calls import NOBODY, created, deleted, read
from tests.invariants import check_log

LOG = "default"


async def pinned(api: httpx2.AsyncClient, **asked: Any) -> list[str]:
    response = await api.get("/pins", params=asked)
    assert response.status_code == 200, response.text
    return [each["id"] for each in response.json()]


async def test_an_artifact_is_pinned_and_let_go(api: httpx2.AsyncClient, parts: Parts) -> None:
    artifact = await created(api, key="a", type="table", data=1)
    assert (await api.put(f"/artifacts/{artifact['id']}/pin")).headers["X-Digsite-Position"] == "3"
    [pin] = (await api.get("/pins")).json()
    assert (pin["id"], pin["key"], pin["type"], pin["position"]) == (artifact["id"], "a", "table", 3)
    assert (await api.delete(f"/artifacts/{artifact['id']}/pin")).status_code == 204
    assert await pinned(api) == []
    kinds = [each.event.kind for each in await check_log(parts.store, LOG)]
    assert kinds[2:] == ["digsite.artifact.pinned", "digsite.artifact.unpinned"]


async def test_what_is_so_already_is_not_recorded_again(api: httpx2.AsyncClient, parts: Parts) -> None:
    artifact = await created(api, data=1)
    await api.delete(f"/artifacts/{artifact['id']}/pin")
    await api.put(f"/artifacts/{artifact['id']}/pin")
    assert (await api.put(f"/artifacts/{artifact['id']}/pin")).headers["X-Digsite-Position"] == "2"
    assert (await parts.store.head(LOG)).position == 2


async def test_a_pin_changes_nothing_of_the_artifact(api: httpx2.AsyncClient) -> None:
    artifact = await created(api, key="a", data=1)
    before = await api.get(f"/artifacts/{artifact['id']}")
    await api.put(f"/artifacts/{artifact['id']}/pin")
    after = await api.get(f"/artifacts/{artifact['id']}")
    assert (after.content, after.headers["ETag"]) == (before.content, before.headers["ETag"])
    assert await read(api, artifact["id"]) == artifact


async def test_what_is_not_there_cannot_be_pinned(api: httpx2.AsyncClient) -> None:
    for method in ("PUT", "DELETE"):
        assert (await api.request(method, f"/artifacts/{NOBODY}/pin")).status_code == 404


async def test_what_was_deleted_keeps_its_pin_until_it_is_let_go(api: httpx2.AsyncClient) -> None:
    artifact = await created(api, data=1)
    await api.put(f"/artifacts/{artifact['id']}/pin")
    await deleted(api, artifact)
    assert await pinned(api) == [artifact["id"]]
    assert (await api.delete(f"/artifacts/{artifact['id']}/pin")).status_code == 204
    assert await pinned(api) == []


async def test_pins_come_in_pages(api: httpx2.AsyncClient) -> None:
    ids = sorted([(await created(api, data=index))["id"] for index in range(3)])
    for each in ids:
        await api.put(f"/artifacts/{each}/pin")
    assert await pinned(api, limit=2) == ids[:2]
    assert await pinned(api, limit=2, after=ids[1]) == ids[2:]
    assert (await api.get("/pins", params={"limit": 0})).status_code == 422


async def test_a_pin_is_found_among_the_events_of_its_artifact(api: httpx2.AsyncClient) -> None:
    artifact = await created(api, data=1)
    await api.put(f"/artifacts/{artifact['id']}/pin")
    asked = {"filter": {"resource": {"id": [f"prefect.artifact.{artifact['id']}"]}}}
    found = (await api.post("/events/filter", json=asked)).json()
    assert [each["event"] for each in found["events"]] == ["digsite.artifact.pinned", "prefect.artifact.created"]
