"""Searching and counting events on the wire: Prefect's shapes and errors, without its repetitions and gaps."""

import asyncio
from typing import Any

import httpx2
import pytest

from service.access import needed_scope
from service.events import Countable
from service.keys import Scope
from service.parts import Parts
from tests.contract.calls import JSON, answered, created, detail
from tests.contract.event_calls import at, numbers, page, record
from tests.sockets import outside_event

WORKSPACE = "/accounts/acme/workspaces/research"


async def test_the_newest_come_first_by_when_they_happened_then_by_position(api: httpx2.AsyncClient) -> None:
    await record(api, at(2, 0), at(1, 1), at(2, 2), at(3, 3))
    assert await numbers(api, await page(api)) == [3, 2, 0, 1]
    assert await numbers(api, await page(api, order="ASC")) == [1, 0, 2, 3]


@pytest.mark.parametrize("order", ["ASC", "DESC"])
async def test_pages_repeat_and_skip_nothing_whatever_is_written_meanwhile(api: httpx2.AsyncClient, order: str) -> None:
    await record(api, *(at(n // 3, n) for n in range(10)))
    first = await page(api, limit=3, order=order)
    await record(api, *(at(n // 3, 100 + n) for n in range(10)))
    expected = list(range(10)) if order == "ASC" else list(reversed(range(10)))
    assert await numbers(api, first) == expected
    assert first["total"] == 10


async def test_every_page_shows_the_same_total_and_the_last_has_no_next(api: httpx2.AsyncClient) -> None:
    await record(api, *(at(1, n) for n in range(4)))
    first = await page(api, limit=2)
    second = (await answered(api, "GET", first["next_page"])).json()
    assert [first["total"], second["total"], second["next_page"]] == [4, 4, None]


async def test_a_page_without_events_leads_nowhere(api: httpx2.AsyncClient) -> None:
    await record(api, at(1, 1))
    assert await page(api, limit=0) == {"events": [], "total": 1, "next_page": None}


@pytest.mark.parametrize("body", ["", "null", "{}", '{"filter":null,"limit":null,"unknown":1}'])
async def test_nothing_need_be_asked(api: httpx2.AsyncClient, body: str) -> None:
    await record(api, at(1, 1))
    assert (await answered(api, "POST", "/events/filter", content=body, headers=JSON)).json()["total"] == 1


@pytest.mark.parametrize("root", ["", WORKSPACE])
async def test_the_next_page_is_where_the_client_found_the_first(api: httpx2.AsyncClient, root: str) -> None:
    await record(api, at(1, 1), at(2, 2), root=root)
    asked = {"limit": 1}
    found = (await api.post(f"{root}/events/filter", json=asked, headers={"host": "front.example:8080"})).json()
    assert found["next_page"].startswith(f"http://front.example:8080/api{root}/events/filter/next?page-token=")


async def test_a_token_of_another_log_is_forbidden(api: httpx2.AsyncClient) -> None:
    await record(api, at(1, 1), at(2, 2), root=WORKSPACE)
    token = (await page(api, limit=1, root=WORKSPACE))["next_page"].split("=")[1]
    response = await api.get("/events/filter/next", params={"page-token": token})
    assert (response.status_code, response.json()) == (403, {"detail": "Forbidden"})


@pytest.mark.parametrize("token", ["", "x", "ß", "e30", "bnVsbA", "W10", "eyJsb2ciOiJkZWZhdWx0In0", "eyJhIjoxfQ=="])
async def test_what_is_no_token_is_forbidden(api: httpx2.AsyncClient, token: str) -> None:
    response = await api.get("/events/filter/next", params={"page-token": token})
    assert (response.status_code, response.json()) == (403, {"detail": "Forbidden"})


async def test_a_missing_token_is_invalid(api: httpx2.AsyncClient) -> None:
    found = detail(await api.get("/events/filter/next"))
    assert (found["type"], found["loc"]) == ("missing", ["query", "page-token"])


@pytest.mark.parametrize(
    ("limit", "kind"), [(51, "less_than_equal"), (-1, "greater_than_equal"), (2.5, "int_from_float")]
)
async def test_a_page_has_at_most_fifty(api: httpx2.AsyncClient, limit: float, kind: str) -> None:
    found = detail(await api.post("/events/filter", json={"limit": limit}))
    assert (found["type"], found["loc"]) == (kind, ["body", "limit"])


@pytest.mark.parametrize(
    "filter",
    [
        {"unknown": 1},
        {"event": {"unknown": 1}},
        {"resource": {"unknown": 1}},
        {"related": [{"unknown": 1}]},
        {"occurred": {"since": None}},
        {"text": {"query": "x" * 201}},
        {"order": "UP"},
    ],
)
async def test_a_filter_that_is_not_valid_is_refused(api: httpx2.AsyncClient, filter: dict[str, Any]) -> None:
    assert (await api.post("/events/filter", json={"filter": filter})).status_code == 422


async def test_without_since_and_until_the_last_half_year_is_searched(api: httpx2.AsyncClient) -> None:
    await record(api, at(1, 1), outside_event(occurred="2020-01-01T00:00:00Z"), outside_event(occurred="2100-01-01"))
    assert (await page(api))["total"] == 1
    assert (await page(api, occurred={"since": "2019-01-01T00:00:00Z"}))["total"] == 2
    assert (await page(api, occurred={"since": "2019-01-01", "until": "2100-01-01T00:00:00Z"}))["total"] == 3


async def test_the_first_of_each_resource_in_the_order_asked_for(api: httpx2.AsyncClient) -> None:
    ships = [{"prefect.resource.id": name} for name in "abc"]
    await record(api, *(at(n, n, resource=ships[n % 3]) for n in range(9)))
    assert await numbers(api, await page(api, limit=2, resource={"distinct": True})) == [8, 7, 6]
    assert await numbers(api, await page(api, limit=2, resource={"distinct": True}, order="ASC")) == [0, 1, 2]


async def test_an_artifacts_events_are_found_at_once_with_their_payload(api: httpx2.AsyncClient) -> None:
    artifact = await created(api, key="report", type="markdown", data="# Report", description="d")
    found = (await page(api, any_resource={"id": [f"prefect.artifact.{artifact['id']}"]}))["events"]
    assert [each["event"] for each in found] == ["prefect.artifact-collection.created", "prefect.artifact.created"]
    assert found[0]["payload"] == {"key": "report", "type": "markdown", "data": "# Report", "description": "d"}


async def test_large_events_are_shown_on_more_and_shorter_pages(api: httpx2.AsyncClient) -> None:
    for n in range(8):
        await record(api, at(n, n) | {"payload": {"number": n, "text": "x" * 900_000}})
    first = await page(api)
    assert (first["total"], len(first["events"]) < 8) == (8, True)
    assert await numbers(api, first) == list(reversed(range(8)))


async def test_a_search_can_wait_for_a_position(api: httpx2.AsyncClient, parts: Parts) -> None:
    waiting = asyncio.create_task(api.post("/events/filter", headers={"x-digsite-wait-position": "1"}))
    await asyncio.sleep(0)
    await record(api, at(1, 1))
    assert (await waiting).json()["total"] == 1


# counting


async def counted(api: httpx2.AsyncClient, by: str, **body: Any) -> list[dict[str, Any]]:
    return (await answered(api, "POST", f"/events/count-by/{by}", json={"filter": {}, **body})).json()


SOME = {"occurred": {"since": "2026-11-21T08:00:00Z", "until": "2026-11-21T08:00:59Z"}}
BY_LABEL = SOME | {"resource": {"labels": {"prefect.resource.id": "*"}}}


@pytest.fixture(params=[SOME, BY_LABEL], ids=["in the database", "one by one"])
def some(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The same events, found in both ways."""
    return request.param


async def test_events_are_counted_by_name_the_most_first(api: httpx2.AsyncClient, some: dict[str, Any]) -> None:
    await record(api, at(1, 1, event="b"), at(2, 2, event="c"), at(3, 3, event="c"), at(4, 4, event="a\0"))
    found = await counted(api, "event", filter=some)
    assert [(each["value"], each["label"], each["count"]) for each in found] == [
        ("c", "c", 2),
        ("a\0", "a\0", 1),
        ("b", "b", 1),
    ]
    assert (found[0]["start_time"], found[0]["end_time"]) == ("2026-11-21T08:00:02Z", "2026-11-21T08:00:03Z")


async def test_resources_are_called_as_they_were_called_last(api: httpx2.AsyncClient, some: dict[str, Any]) -> None:
    def ship(name: str, **labels: str) -> dict[str, str]:
        return {"prefect.resource.id": name, **labels}

    named = ship("a", **{"prefect.resource.name": "New"})
    await record(api, at(2, 1, resource=named), at(1, 2, resource=ship("a", **{"prefect.name": "Old"})))
    await record(api, at(3, 3, resource=ship("b")), at(3, 4, resource=ship("c", **{"prefect.name": "C"})))
    found = await counted(api, "resource", filter=some)
    assert [(each["value"], each["label"], each["count"]) for each in found] == [
        ("a", "New", 2),
        ("c", "C", 1),
        ("b", "b", 1),
    ]


async def test_spans_of_time_are_counted_the_empty_ones_too(api: httpx2.AsyncClient, some: dict[str, Any]) -> None:
    await record(api, at(0, 1), at(29, 2), at(31, 3))
    found = await counted(api, "time", filter=some, time_unit="second", time_interval=15)
    assert [(each["value"], each["count"]) for each in found] == [("0", 1), ("1", 1), ("2", 1), ("3", 0)]
    assert found[1] == {
        "value": "1",
        "label": "2026-11-21T08:00:15+00:00",
        "count": 1,
        "start_time": "2026-11-21T08:00:15Z",
        "end_time": "2026-11-21T08:00:29.999999Z",
    }


async def test_days_are_whole_days_whatever_the_unit(api: httpx2.AsyncClient) -> None:
    await record(api, at(1, 1))
    for unit in ("day", "second", "week"):
        [found] = await counted(api, "day", filter=SOME, time_unit=unit, time_interval=7)
        assert (found["start_time"], found["end_time"]) == ("2026-11-21T00:00:00Z", "2026-11-21T23:59:59.999999Z")


async def test_weeks_begin_on_monday(api: httpx2.AsyncClient) -> None:
    [found] = await counted(api, "time", filter=SOME, time_unit="week")
    assert found["start_time"] == "2026-11-16T00:00:00Z"


async def test_the_future_ends_with_the_unit_under_way(api: httpx2.AsyncClient) -> None:
    found = await counted(api, "time", filter={"occurred": {"until": "2027-05-01T00:00:00Z"}}, time_unit="week")
    assert 25 <= len(found) <= 28


@pytest.mark.parametrize("by", ["time", "event", "resource"])
async def test_too_many_spans_are_refused_in_prefects_words(api: httpx2.AsyncClient, by: str) -> None:
    asked = {"filter": {"occurred": {"since": "2026-11-01", "until": "2026-11-02T00:00:00Z"}}, "time_unit": "minute"}
    response = await api.post(f"/events/count-by/{by}", json=asked)
    words = (
        "The given interval would create 1440 buckets, which is too many. Please increase the interval or reduce the "
        "time range to produce 1000 buckets or fewer."
    )
    assert (response.status_code, response.json()) == (422, {"detail": words})


@pytest.mark.parametrize(
    ("by", "body", "loc"),
    [
        ("month", {"filter": {}}, ["path", "countable"]),
        ("day", {}, ["body", "filter"]),
        ("day", {"filter": None}, ["body", "filter"]),
        ("time", {"filter": {}, "time_unit": "year"}, ["body", "time_unit"]),
        ("time", {"filter": {}, "time_interval": 0.001}, ["body", "time_interval"]),
    ],
)
async def test_a_count_that_is_not_valid_is_refused(
    api: httpx2.AsyncClient, by: str, body: dict[str, Any], loc: list[str]
) -> None:
    assert detail(await api.post(f"/events/count-by/{by}", json=body))["loc"] == loc


async def test_a_trailing_slash_leads_to_the_route_without(api: httpx2.AsyncClient) -> None:
    response = await api.post("/events/", json=[])
    assert (response.status_code, response.headers["location"]) == (307, "http://digsite/api/events")


def test_to_search_and_to_count_is_to_read_and_to_record_is_to_write() -> None:
    reading = ["filter", *(f"count-by/{countable}" for countable in Countable)]
    assert {needed_scope("POST", f"/events/{path}") for path in reading} == {Scope.READ}
    assert (needed_scope("GET", "/events/filter/next"), needed_scope("POST", "/events")) == (Scope.READ, Scope.WRITE)
