"""`/ui/cards` and `/ui/trends`: what lists of artifacts are made of."""

import json
from typing import Any

import httpx2
import pytest

from projections.runs.tables import NAME as RUNS
from service import cards, glances, trends
from service.parts import Parts
from tests.contract.calls import FLOW_RUN, NOBODY, changed, created, deleted
from tests.erasing import LOG, SECRET, erased

ROWS = [{"id": 1, "city": "Oslo"}, {"id": 2, "city": "Rome"}]
LINK = "[the report](https://example.com/r.csv)"


async def page(api: httpx2.AsyncClient, **query: Any) -> dict[str, Any]:
    response = await api.get("/ui/cards", params=query)
    assert response.status_code == 200, response.text
    return response.json()


async def keys(api: httpx2.AsyncClient, **query: Any) -> list[str]:
    return [card["key"] for card in (await page(api, **query))["cards"]]


async def trend(api: httpx2.AsyncClient, key: str, **query: Any) -> dict[str, Any]:
    response = await api.get("/ui/trends", params={"key": key, **query})
    [found] = response.json()
    return found


@pytest.fixture
async def some(api: httpx2.AsyncClient) -> dict[str, dict[str, Any]]:
    """One of each type, written one after the other; the progress by a flow run."""
    return {
        "report": await created(api, key="report", type="markdown", data="# Sales\n\n1,000", description="*Monthly*"),
        "link": await created(api, key="link", type="markdown", data=LINK),
        "stock": await created(api, key="stock", type="table", data=json.dumps(ROWS)),
        "load": await created(api, key="load", type="progress", data=61.0, flow_run_id=FLOW_RUN),
        "photo": await created(api, key="photo", type="image", data="https://example.com/a.png"),
        "plain": await created(api, key="plain", data={"a": 1}),
    }


async def told_of_a_run(api: httpx2.AsyncClient, parts: Parts) -> None:
    """The log hears of the flow run, and the projection of runs has read it."""
    related = [{"prefect.resource.id": f"prefect.flow.{NOBODY}", "prefect.resource.role": "flow"}]
    event = {
        "id": NOBODY,
        "occurred": "2026-11-21T08:00:00Z",
        "event": "prefect.flow-run.Running",
        "resource": {
            "prefect.resource.id": f"prefect.flow-run.{FLOW_RUN}",
            "prefect.resource.name": "brave-mole",
            "prefect.state-name": "Running",
            "prefect.state-type": "RUNNING",
            "prefect.state-timestamp": "2026-11-21T08:00:00Z",
        },
        "related": [related[0] | {"prefect.resource.name": "etl"}],
    }
    response = await api.post("/events", json=[event])
    assert response.status_code == 204, response.text
    await parts.runner.wait_for(LOG, RUNS, (await parts.store.head(LOG)).position, 5)


async def test_each_key_is_a_card_with_a_preview_of_its_latest(api: httpx2.AsyncClient, some: object) -> None:
    found = {each["key"]: (each["shown_as"], each["preview"]) for each in (await page(api))["cards"]}
    assert found == {
        "report": ("markdown", {"kind": "text", "line": "Sales: 1,000"}),
        "link": (
            "link",
            {"kind": "link", "href": "https://example.com/r.csv", "text": "the report", "host": "example.com"},
        ),
        "stock": ("table", {"kind": "table", "rows": 2, "columns": 2, "names": ["id", "city"]}),
        "load": ("progress", {"kind": "progress", "value": 61.0}),
        "photo": ("image", {"kind": "image", "src": "https://example.com/a.png"}),
        "plain": ("json", {"kind": "json", "line": '{"a":1}'}),
    }


async def test_a_card_says_what_who_and_when(api: httpx2.AsyncClient) -> None:
    await created(api, key="report", data="one")
    artifact = await created(api, key="report", type="markdown", data="two", description="*Monthly*")
    [card] = (await page(api))["cards"]
    assert (card["artifact_id"], card["description"], card["actor"]) == (artifact["id"], "Monthly", "anonymous")
    assert (card["versions"], card["number"], card["position"], card["data_bytes"]) == (2, 2, 4, 5)
    assert card["updated"].endswith("Z")


async def test_after_the_latest_was_deleted_the_number_is_that_of_what_is_shown(api: httpx2.AsyncClient) -> None:
    await created(api, key="k", data=1)
    await deleted(api, await created(api, key="k", data=2))
    [card] = (await page(api))["cards"]
    assert (card["versions"], card["number"], card["preview"]["line"]) == (2, 1, "1")


async def test_counts_are_of_all_by_type_flow_and_writer(api: httpx2.AsyncClient, parts: Parts, some: object) -> None:
    await created(api, key="done", type="progress", data=100.0)
    await told_of_a_run(api, parts)
    found = await page(api, type="table")
    assert found["total"] == 1
    assert found["counts"] == {"keys": 7, "running": 1, "changed_last_hour": 7}
    expected = {"progress": 2, "markdown": 1, "link": 1, "table": 1, "image": 1, "untyped": 1}
    assert found["types"] == expected
    assert (found["flows"], found["writers"]) == ([], [{"name": "anonymous", "count": 1}])
    assert (await page(api))["flows"] == [{"name": "etl", "count": 1}]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"type": "link"}, {"link"}),
        ({"type": "markdown"}, {"report"}),
        ({"type": ["table", "untyped"]}, {"stock", "plain"}),
        ({"flow": "etl"}, {"load"}),
        ({"writer": "anonymous", "type": "image"}, {"photo"}),
        ({"writer": "anna"}, set()),
        ({"updated": "1h", "q": "sales"}, {"report"}),
        ({"q": "brave-MOLE"}, {"load"}),
        ({"q": "oslo"}, {"stock"}),
        ({"q": "%"}, set()),
    ],
)
async def test_filters_find_what_they_say(
    api: httpx2.AsyncClient, parts: Parts, some: object, query: dict[str, Any], found: set[str]
) -> None:
    await told_of_a_run(api, parts)
    assert set(await keys(api, **query)) == found


async def test_a_card_names_the_run_that_wrote(api: httpx2.AsyncClient, parts: Parts, some: object) -> None:
    await told_of_a_run(api, parts)
    [card] = (await page(api, type="progress"))["cards"]
    assert (card["flow_run_id"], card["flow_run_name"], card["flow_name"]) == (FLOW_RUN, "brave-mole", "etl")


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("-updated", ["report", "plain", "photo", "load", "stock", "link"]),
        ("created", ["report", "link", "stock", "load", "photo", "plain"]),
        ("key", ["link", "load", "photo", "plain", "report", "stock"]),
        ("-key", ["stock", "report", "plain", "photo", "load", "link"]),
        ("type", ["photo", "link", "report", "load", "stock", "plain"]),
        ("-versions", ["report", "link", "load", "photo", "plain", "stock"]),
    ],
)
async def test_cards_are_sorted(api: httpx2.AsyncClient, some: object, sort: str, order: list[str]) -> None:
    await created(api, key="report", type="markdown", data="two")
    assert await keys(api, sort=sort) == order


async def test_pages_are_parts_of_one_list(api: httpx2.AsyncClient, some: object) -> None:
    whole = await keys(api)
    assert await keys(api, limit=4) + await keys(api, limit=4, offset=4) == whole
    assert (await page(api, limit=0))["total"] == 6


async def test_where_nothing_is_found_each_filter_says_how_many_it_removes(
    api: httpx2.AsyncClient, some: object
) -> None:
    assert (await page(api, type="table"))["without"] == {}
    found = await page(api, type="table", q="sales", writer="anonymous")
    assert (found["total"], found["without"]) == (0, {"q": 1, "type": 1, "writer": 0})


async def test_artifacts_without_a_key_have_a_list_of_their_own(api: httpx2.AsyncClient, some: object) -> None:
    artifact = await created(api, type="markdown", data="nameless")
    assert artifact["id"] not in [each["artifact_id"] for each in (await page(api))["cards"]]
    found = await page(api, unnamed=True)
    [card] = found["cards"]
    assert (card["artifact_id"], card["key"], card["versions"], found["counts"]["keys"]) == (artifact["id"], None, 1, 1)


@pytest.mark.parametrize("unnamed", [False, True])
async def test_cards_are_as_they_were(api: httpx2.AsyncClient, unnamed: bool) -> None:
    artifact = await created(api, type="markdown", data="was", **({} if unnamed else {"key": "k"}))
    before = await page(api, unnamed=unnamed)
    await changed(api, artifact, data="is")
    await created(api, data=LINK, type="markdown", **({} if unnamed else {"key": "other"}))
    then = await page(api, unnamed=unnamed, as_of=before["position"])
    assert then == before
    assert (await page(api, unnamed=unnamed))["total"] == 2


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/ui/cards", {"sort": "size"}),
        ("/ui/cards", {"updated": "2h"}),
        ("/ui/cards", {"unnamed": "yes"}),
        ("/ui/cards", {"limit": cards.CARDS_PAGE_MAX + 1}),
        ("/ui/cards", {"q": "a" * 201}),
        ("/ui/cards", {"type": ["a"] * 101}),
        ("/ui/cards", {"as_of": "soon"}),
        ("/ui/trends", {"key": ["a"] * (trends.TRENDS_MAX + 1)}),
    ],
)
async def test_what_is_no_question_is_refused(api: httpx2.AsyncClient, path: str, query: dict[str, Any]) -> None:
    response = await api.get(path, params=query)
    assert response.status_code == 422
    assert response.json()["exception_detail"][0]["loc"][0] == "query"


async def test_of_data_beyond_the_budget_a_card_says_the_size(
    api: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(glances, "GLANCED_BYTES_MAX", 150)
    for key in ("one", "two"):
        await created(api, key=key, data="a" * 60)
    first, second = [[each["preview"]["kind"] for each in (await page(api))["cards"]] for _ in range(2)]
    assert (first, second) == (["text", "large"], ["text", "text"])


async def test_a_preview_is_remembered(api: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch, some: object) -> None:
    before = await page(api)
    monkeypatch.setattr(glances, "GLANCED_BYTES_MAX", 0)
    assert (await page(api))["cards"] == before["cards"]


async def test_what_is_erased_is_in_no_list(api: httpx2.AsyncClient) -> None:
    first = await created(api, key="k", data=SECRET)
    await created(api, key="k", data="stays")
    was = await page(api, as_of=2)
    assert SECRET in json.dumps(was)
    await trend(api, "k")
    await erased(api, artifact=first["id"])
    assert SECRET not in json.dumps([await page(api), await page(api, as_of=2), await trend(api, "k", as_of=2)])
    [card] = (await page(api, as_of=2))["cards"]
    assert card["preview"] == {"kind": "absent", "reason": "erased"}


LINKS = [
    (LINK, True),
    ("[](https://example.com)", True),
    ('[he said "x"](https://example.com)', True),
    ("[Mole](https://en.example.org/wiki/Mole_(animal))", True),
    ("[two\nlines](https://example.com/)", True),
    (f"{LINK} and more", False),
    (f"{LINK}{LINK}", False),
    ("[a](b c)", False),
    ("[a]()", False),
    ("[a] (b)", False),
    ("[[a]](b)", False),
    ("[a", False),
    ("[a](b", False),
    ("- [a](b)", False),
    ("", False),
]


async def test_the_filter_takes_for_a_link_what_is_shown_as_one(api: httpx2.AsyncClient) -> None:
    for index, (data, _) in enumerate(LINKS):
        await created(api, key=f"k-{index}", type="markdown", data=data, description="[a](b)")
    expected = {f"k-{index}" for index, (_, is_link) in enumerate(LINKS) if is_link}
    found = (await page(api))["cards"]
    assert {each["key"] for each in found if each["shown_as"] == "link"} == expected
    assert set(await keys(api, type="link")) == expected


async def test_a_trend_draws_the_last_states_and_says_what_changed(api: httpx2.AsyncClient) -> None:
    for value in range(20):
        await created(api, key="load", type="progress", data=float(value))
    found = await trend(api, "load")
    assert [each["value"] for each in found["points"]] == list(range(4, 20))
    assert (found["measure"], found["summary"]) == ("value", "18% → 19%")
    assert found["points"][-1]["position"] == 40


async def test_the_trend_of_a_table_is_of_its_rows(api: httpx2.AsyncClient) -> None:
    artifact = await created(api, key="stock", type="table", data=json.dumps(ROWS[:1]))
    assert (await trend(api, "stock"))["summary"] == "1 row of 2 columns"
    await changed(api, artifact, data=json.dumps(ROWS))
    await changed(api, artifact, description="counted")
    found = await trend(api, "stock")
    assert ([each["value"] for each in found["points"]], found["summary"]) == ([1, 2], "1 row added of 1")
    assert (await trend(api, "stock", as_of=2))["summary"] == "1 row of 2 columns"


async def test_trends_are_of_the_keys_that_are_there_in_their_order(api: httpx2.AsyncClient, some: object) -> None:
    response = await api.get("/ui/trends", params={"key": ["stock", "nothing", "load"]})
    assert [each["key"] for each in response.json()] == ["stock", "load"]
    assert (await api.get("/ui/trends")).json() == []


async def test_a_change_that_is_too_large_for_words_says_the_sizes(
    api: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trends, "CHANGES_BYTES_MAX", 0)
    for data in ("one", "three"):
        await created(api, key="k", data=data)
    assert (await trend(api, "k"))["summary"] == "5 → 7 bytes"
