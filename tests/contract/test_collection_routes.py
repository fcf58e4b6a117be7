"""What there is to say of a key, and any number that it had over time."""

from typing import Any

import httpx2
import pytest

from events.absences import Reason, remove_bodies
from service import collections, series
from service.parts import Parts
from service.provenance import from_upstream
from tests.contract.calls import answered, changed, created, deleted, detail
from tests.run_events import RUN, flow_run

ROWS = [{"id": 7, "city": "Oslo", "score": 0.5}, {"id": 8, "city": "Rome", "score": 0.25}]


async def facts(api: httpx2.AsyncClient, key: str, **query: Any) -> dict[str, Any]:
    return (await answered(api, "GET", f"/ui/keys/{key}", params=query)).json()


async def measured(api: httpx2.AsyncClient, key: str, **query: Any) -> dict[str, Any]:
    return (await answered(api, "GET", f"/ui/keys/{key}/series", params=query)).json()


async def values(api: httpx2.AsyncClient, key: str, **query: Any) -> list[float | None]:
    return [each["value"] for each in (await measured(api, key, **query))["points"]]


# facts


async def test_a_key_says_what_it_is_and_what_is_beside_it(api: httpx2.AsyncClient) -> None:
    for key in ("alpha", "gamma", "beta"):
        made = await created(api, key=key, type="markdown", data="[a](https://example.com)")
    found = await facts(api, "beta")
    assert (found["versions"], found["latest_id"], found["deleted"]) == (1, made["id"], None)
    assert (found["type"], found["shown_as"]) == ("markdown", "link")
    assert (found["previous_key"], found["next_key"]) == ("alpha", "gamma")
    assert (await facts(api, "alpha"))["previous_key"] is None


async def test_versions_that_were_deleted_count(api: httpx2.AsyncClient) -> None:
    made = [await created(api, key="counted", data=data) for data in range(3)]
    await deleted(api, made[1])
    found = await facts(api, "counted")
    assert (found["versions"], found["created"]) == (3, made[0]["created"])


async def test_a_deleted_key_says_when_and_by_whom(api: httpx2.AsyncClient) -> None:
    made = await created(api, key="gone", data=1)
    await created(api, key="stays", data=1)
    await deleted(api, made)
    found = await facts(api, "gone")
    assert found["deleted"] == {
        "position": 6,
        "kind": "prefect.artifact-collection.deleted",
        "actor": "anonymous",
        "recorded": found["deleted"]["recorded"],
    }
    assert (await facts(api, "gone", as_of=found["position"]))["deleted"] is None
    assert (await facts(api, "stays"))["previous_key"] is None


async def test_a_key_that_was_published_again_is_there(api: httpx2.AsyncClient) -> None:
    await deleted(api, await created(api, key="again", data=1))
    made = await created(api, key="again", data=2)
    found = await facts(api, "again")
    assert (found["deleted"], found["latest_id"], found["versions"]) == (None, made["id"], 2)


@pytest.mark.parametrize("asked", ["churn-tabel", "churn_table", "Churn-Table"])
async def test_an_unknown_key_names_the_nearest(api: httpx2.AsyncClient, asked: str) -> None:
    for key in ("churn-table", "churn-tables", "sales"):
        await created(api, key=key)
    response = await api.get(f"/ui/keys/{asked}")
    assert (response.status_code, response.json()["error"]) == (404, "unknown_key")
    assert set(response.json()["facts"]["nearest"]) == {"churn-table", "churn-tables"}


async def test_an_unknown_key_is_held_against_few(api: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    for key in ("key-1", "key-2", "key-4", "key-5"):
        await created(api, key=key)
    monkeypatch.setattr(collections, "NEAREST_AMONG_MAX", 2)
    assert set((await api.get("/ui/keys/key-3")).json()["facts"]["nearest"]) == {"key-2", "key-4"}


# series


async def test_a_progress_is_drawn_write_by_write(api: httpx2.AsyncClient) -> None:
    made = await created(api, key="batches", type="progress", data=10)
    await changed(api, made, data=45.5)
    again = await created(api, key="batches", type="progress", data=0)
    found = await measured(api, "batches")
    assert (found["measure"], found["measures"]) == ("value", ["value", "bytes"])
    assert [(each["artifact_id"], each["number"], each["value"]) for each in found["points"]] == [
        (made["id"], 1, 10),
        (made["id"], 1, 45.5),
        (again["id"], 2, 0),
    ]
    assert found["left_out"] == {"older": False, "large": 0, "absent": 0}


async def test_a_point_says_who_wrote_it_and_in_which_run(parts: Parts, api: httpx2.AsyncClient) -> None:
    position = await parts.events.record("default", (flow_run("Running"),), from_upstream("http://prefect/api"))
    await created(api, key="by-a-run", data=1, flow_run_id=RUN)
    await parts.runner.wait_for("default", "runs", position, 20)
    [point] = (await measured(api, "by-a-run"))["points"]
    assert (point["actor"], point["flow_run_id"], point["flow_run_name"]) == ("anonymous", RUN, "helpful-narwhal")


async def test_how_much_there_was_is_drawn(api: httpx2.AsyncClient) -> None:
    for rows in (ROWS[:1], ROWS):
        await created(api, key="table", type="table", data=rows)
    for text in ("one two", "one two\nthree"):
        await created(api, key="text", type="markdown", data=text)
    assert [await values(api, "table", measure=each) for each in ("rows", "columns")] == [[1, 2], [3, 3]]
    assert [await values(api, "text", measure=each) for each in ("words", "bytes")] == [[2, 3], [9, 16]]


async def test_a_cell_is_found_again_by_the_key_of_its_row(api: httpx2.AsyncClient) -> None:
    for rows in (ROWS, [{"id": 9, "score": 1}, {"id": 8, "score": "0.75 of 1"}], [{"id": 7}]):
        await created(api, key="scores", type="table", data=rows)
    cell = {"measure": "cell", "row_key": "id", "row": "8", "column": "score"}
    assert await values(api, "scores", **cell) == [0.25, 0.75, None]


async def test_a_number_is_found_again_by_the_words_before_it(api: httpx2.AsyncClient) -> None:
    for text in ("# Sales 2026\n\n* **Revenue:** $1,000,000 of 2", "Revenue:  −12.5%", "none"):
        await created(api, key="sales", type="markdown", data=text)
    assert await values(api, "sales", measure="number", text="Revenue: $") == [1_000_000, None, None]
    assert await values(api, "sales", measure="number", text="Revenue:") == [1_000_000, -12.5, None]


async def test_the_size_of_each_change_is_drawn(api: httpx2.AsyncClient) -> None:
    for rows in (ROWS, ROWS, [{**ROWS[0], "score": 9}, ROWS[1]]):
        await created(api, key="changing", type="table", data=rows)
    for value in (40, 58):
        await created(api, key="moving", type="progress", data=value)
    assert await values(api, "changing", measure="change") == [2, 0, 2]
    assert await values(api, "moving", measure="change") == [40, 18]


async def test_a_series_ends_where_it_is_asked_for(api: httpx2.AsyncClient) -> None:
    made = [await created(api, key="a", type="progress", data=data) for data in range(4)]
    await deleted(api, made[0])
    assert await values(api, "a", as_of=4) == [0, 1]
    found = await measured(api, "a", limit=2)
    assert ([each["value"] for each in found["points"]], found["left_out"]["older"]) == ([2, 3], True)


async def test_what_is_too_much_to_read_is_left_out(api: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    for size in (10, 2_000, 20, 30):
        await created(api, key="large", data="x" * size)
    monkeypatch.setattr(series, "SERIES_BODY_BYTES_MAX", 1_000)
    found = await measured(api, "large", measure="bytes")
    assert ([each["value"] for each in found["points"]], found["left_out"]["large"]) == ([12, None, 22, 32], 1)
    monkeypatch.setattr(series, "SERIES_BYTES_MAX", 100)
    assert await values(api, "large", measure="bytes") == [None, None, None, 32]


async def test_what_is_there_no_more_has_no_value(parts: Parts, api: httpx2.AsyncClient) -> None:
    for data in (1, 2):
        await created(api, key="let-go", data=data)
    number = await parts.store.log_number("default")
    await parts.store.beside(lambda fetch: remove_bodies(fetch, number, [1], Reason.RETIRED, 4), locked_log="default")
    found = await measured(api, "let-go")
    assert ([each["value"] for each in found["points"]], found["left_out"]["absent"]) == ([None, 2], 1)


@pytest.mark.parametrize(
    ("query", "loc"),
    [
        ({"measure": "beauty"}, "measure"),
        ({"measure": "cell", "row_key": "id", "row": "1"}, "column"),
        ({"measure": "number", "text": "x" * 501}, "text"),
        ({"limit": 5_001}, "limit"),
    ],
)
async def test_a_series_that_cannot_be_is_refused(api: httpx2.AsyncClient, query: dict[str, Any], loc: str) -> None:
    assert detail(await api.get("/ui/keys/any/series", params=query))["loc"] == ["query", loc]


async def test_what_never_was_has_no_series(api: httpx2.AsyncClient) -> None:
    assert (await api.get("/ui/keys/never/series")).status_code == 404
