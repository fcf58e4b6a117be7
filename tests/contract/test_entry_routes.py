"""What the page of events asks for: entries, the newest first, and how many there are over time."""

import json
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from events.absences import Reason, remove_bodies
from service import entries
from service.parts import Parts
from tests.contract.calls import answered, changed, created, deleted

NOON = "2026-11-21T12:00:00Z"


def outside(occurred: str = NOON, kind: str = "ship.sailed", **payload: Any) -> dict[str, Any]:
    resource = {"prefect.resource.id": "ship.aurora"}
    return {"occurred": occurred, "event": kind, "resource": resource, "id": str(uuid4()), "payload": payload}


async def page(api: httpx2.AsyncClient, **query: Any) -> dict[str, Any]:
    return (await answered(api, "GET", "/ui/events", params=query)).json()


async def histogram(api: httpx2.AsyncClient, **query: Any) -> dict[str, Any]:
    return (await answered(api, "GET", "/ui/events/histogram", params=query)).json()


def positions(found: dict[str, Any]) -> list[int]:
    return [each["position"] for each in found["entries"]]


@pytest.fixture
async def ships(api: httpx2.AsyncClient) -> None:
    """Seven events from outside, at positions 1 to 7; the last two are of another kind."""
    await api.post("/events", json=[outside(number=each) for each in range(5)])
    await api.post("/events", json=[outside(kind="ship.sank"), outside(kind="ship.sank", reason="iceberg")])


@pytest.mark.usefixtures("ships")
async def test_entries_come_the_newest_first(api: httpx2.AsyncClient) -> None:
    found = await page(api)
    assert (positions(found), found["from"], found["to"]) == ([7, 6, 5, 4, 3, 2, 1], 0, 7)


@pytest.mark.usefixtures("ships")
async def test_pages_of_entries_go_back_to_the_first_event(api: httpx2.AsyncClient) -> None:
    seen, until = [], "head"
    while until != "0":
        found = await page(api, until=until, limit=3)
        seen += positions(found)
        until = str(found["from"])
    assert seen == [7, 6, 5, 4, 3, 2, 1]


@pytest.mark.usefixtures("ships")
async def test_entries_since_a_position_are_those_that_are_new(api: httpx2.AsyncClient) -> None:
    found = await page(api, after=5)
    assert (positions(found), found["from"], found["to"]) == ([7, 6], 5, 7)


@pytest.mark.usefixtures("ships")
@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"kind": "ship.sank"}, [7, 6]),
        ({"filter": json.dumps({"text": {"query": "iceberg"}})}, [7]),
        ({"filter": json.dumps({"event": {"prefix": ["ship.sa"]}}), "limit": 6}, [7, 6, 5, 4, 3, 2]),
        ({"actor": "nobody"}, []),
    ],
)
async def test_entries_are_those_that_match(
    api: httpx2.AsyncClient, asked: dict[str, Any], expected: list[int]
) -> None:
    assert positions(await page(api, **asked)) == expected


@pytest.mark.usefixtures("ships")
async def test_a_page_that_looked_far_enough_says_how_far(
    api: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entries, "ENTRIES_SPAN_MAX", 4)
    found = await page(api, actor="nobody")
    assert (positions(found), found["from"], found["to"]) == ([], 3, 7)


async def test_an_entry_says_the_size_of_its_body(parts: Parts, api: httpx2.AsyncClient) -> None:
    artifact = await created(api, key="stock", type="table", data=[{"id": 1}])
    await changed(api, artifact, data=[{"id": 2}, {"id": 3}])
    await deleted(api, artifact)
    number = await parts.store.log_number("default")
    await parts.store.beside(lambda fetch: remove_bodies(fetch, number, [1], Reason.RETIRED, 6), locked_log="default")
    sizes = {each["position"]: each["size_bytes"] for each in (await page(api))["entries"]}
    assert sizes == {1: None, 2: 0, 3: len('{"data":[{"id":2},{"id":3}]}'), 4: 0, 5: 0, 6: 0}


@pytest.mark.usefixtures("ships")
async def test_entries_of_the_past_end_there(api: httpx2.AsyncClient) -> None:
    found = await page(api, as_of=3)
    assert (positions(found), found["position"]) == ([3, 2, 1], 3)
    assert sum((await histogram(api, as_of=3))["counts"]) == 3


async def test_a_histogram_counts_events_by_when_they_happened(api: httpx2.AsyncClient) -> None:
    moments = [NOON, NOON, "2026-11-21T12:00:29Z", "2026-11-21T12:01:59Z"]
    await api.post("/events", json=[outside(each) for each in moments])
    found = await histogram(api, spans=4)
    assert found == {"position": 4, "start": NOON, "width_s": 30.0, "counts": [3, 0, 0, 1]}


@pytest.mark.usefixtures("ships")
async def test_a_histogram_counts_what_matches_where_the_filter_looks(api: httpx2.AsyncClient) -> None:
    assert sum((await histogram(api, kind="ship.sank"))["counts"]) == 2
    occurred = {"since": "2026-11-21T11:00:00Z", "until": "2026-11-21T11:59:59Z"}
    found = await histogram(api, filter=json.dumps({"occurred": occurred}), spans=60)
    assert (found["start"], found["counts"]) == ("2026-11-21T11:00:00Z", [0] * 60)


async def test_an_empty_log_has_no_entries_and_an_empty_histogram(api: httpx2.AsyncClient) -> None:
    assert await page(api) == {"position": 0, "from": 0, "to": 0, "entries": []}
    assert (await histogram(api))["counts"] == []


@pytest.mark.usefixtures("ships")
@pytest.mark.parametrize(
    "asked", [{"limit": 501}, {"limit": 0}, {"until": "soon"}, {"filter": "{"}, {"as_of": "later"}]
)
async def test_entries_that_cannot_be_asked_for_are_refused(api: httpx2.AsyncClient, asked: dict[str, Any]) -> None:
    assert (await api.get("/ui/events", params=asked)).status_code == 422


async def test_a_histogram_has_at_least_one_span(api: httpx2.AsyncClient) -> None:
    assert (await api.get("/ui/events/histogram", params={"spans": 0})).status_code == 422


async def test_a_histogram_of_a_text_is_refused(api: httpx2.AsyncClient) -> None:
    response = await api.get("/ui/events/histogram", params={"filter": json.dumps({"text": {"query": "a"}})})
    assert response.status_code == 422
