"""What the pages of runs ask for: which runs wrote, and what one wrote in order."""

from typing import Any

import httpx2
import pytest

from events.event import Event
from projections.runs.tables import NAME
from service import run_writes
from service.parts import Parts
from service.settings import Settings
from tests.catching_up import TIMEOUT_S
from tests.contract.calls import NOBODY, answered, changed, created, deleted
from tests.run_events import CHILD, FLOW_ID, MINUTE, NOON, PARENT_TASK, RUN, TASK, flow_run, task_run

LATER = NOON + 100 * 365 * 24 * 60 * MINUTE


async def runs(api: httpx2.AsyncClient, **query: Any) -> dict[str, Any]:
    return (await answered(api, "GET", "/ui/runs", params=query)).json()


async def run(api: httpx2.AsyncClient, run_id: str, **query: Any) -> dict[str, Any]:
    return (await answered(api, "GET", f"/ui/runs/{run_id}", params=query)).json()


async def heard(parts: Parts, *events: Event) -> None:
    """Record what Prefect tells, and wait until it is known of its runs."""
    position = await parts.events.record("default", events, events[0].origin)
    await parts.runner.wait_for("default", NAME, position, TIMEOUT_S)


def ids(page: dict[str, Any]) -> list[str]:
    return [each["id"] for each in page["runs"]]


@pytest.fixture
async def written(api: httpx2.AsyncClient) -> dict[str, Any]:
    """A run wrote a table (1, 2) and changed it (3, 4); another wrote over it (5, 6); a task run wrote alone (7)."""
    table = await created(api, key="stock", type="table", data=[{"id": 1}], flow_run_id=RUN, task_run_id=TASK)
    await changed(api, table, data=[{"id": 1}, {"id": 2}])
    await created(api, key="stock", type="table", data=[{"id": 2}], flow_run_id=CHILD)
    await created(api, type="progress", data=10, task_run_id=PARENT_TASK)
    return table


@pytest.mark.usefixtures("written")
async def test_runs_that_wrote_come_the_last_one_first(api: httpx2.AsyncClient) -> None:
    found = await runs(api)
    told = [(each["kind"], each["id"], each["writes"], each["key_names"]) for each in found["runs"]]
    assert told == [
        ("task-run", PARENT_TASK, 1, []),
        ("flow-run", CHILD, 1, ["stock"]),
        ("flow-run", RUN, 2, ["stock"]),
    ]
    assert found["next"] is None


@pytest.mark.usefixtures("written")
async def test_pages_of_runs_name_each_run_once(api: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_writes, "RUNS_SPAN_MAX", 2)
    seen, before = [], 10**18 - 1
    while before is not None:
        page = await runs(api, before=before, limit=1)
        seen += ids(page)
        before = page["next"]
    assert seen == [PARENT_TASK, CHILD, RUN]


@pytest.mark.usefixtures("written")
async def test_the_past_knows_what_runs_had_written_by_then(api: httpx2.AsyncClient) -> None:
    [found] = (await runs(api, as_of=2))["runs"]
    assert (found["id"], found["writes"], found["last_position"]) == (RUN, 1, 1)
    assert [each["position"] for each in (await run(api, RUN, as_of=2))["entries"]] == [1]


async def test_a_run_has_the_names_and_the_state_that_are_known(
    parts: Parts, api: httpx2.AsyncClient, written: dict[str, Any]
) -> None:
    await heard(parts, flow_run("Running"), task_run("Completed"))
    found = await run(api, RUN)
    assert (found["kind"], found["name"], found["flow_name"]) == ("flow-run", "helpful-narwhal", "etl")
    assert (found["is_known"], found["state_name"], found["flow_id"]) == (True, "Running", FLOW_ID)
    assert found["entries"][0]["task_run_name"] == "t-d3e"
    await heard(parts, flow_run("Completed", at=LATER))
    assert (await run(api, RUN, as_of=4))["state_name"] is None
    assert (await run(api, TASK))["flow_run_id"] == RUN


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("NARWHAL", [RUN]),
        ("etl", [RUN]),
        ("stock", [CHILD, RUN]),
        (CHILD[:9], [CHILD]),
        ("t-d3", [RUN]),
        ("%", []),
    ],
)
async def test_runs_are_found_by_name_flow_task_id_and_key(
    parts: Parts, api: httpx2.AsyncClient, written: dict[str, Any], text: str, found: list[str]
) -> None:
    await heard(parts, flow_run("Running"), task_run("Completed"))
    assert ids(await runs(api, q=text)) == found


@pytest.mark.usefixtures("written")
async def test_what_a_run_wrote_says_what_it_did_to_the_key(api: httpx2.AsyncClient) -> None:
    entries = (await run(api, RUN))["entries"] + (await run(api, CHILD))["entries"]
    assert [(each["position"], each["number"], each["effect"]) for each in entries] == [
        (1, 1, "1 row of 1 column"),
        (3, 1, "1 row added of 1"),
        (5, 2, "1 row removed of 2"),
    ]


async def test_a_key_that_was_deleted_begins_anew(api: httpx2.AsyncClient) -> None:
    await deleted(api, await created(api, key="notes", type="markdown", data="one\ntwo", flow_run_id=RUN))
    await created(api, key="notes", type="markdown", data="three", flow_run_id=RUN)
    entries = (await run(api, RUN))["entries"]
    assert [(each["number"], each["effect"]) for each in entries] == [(1, "2 lines"), (1, None), (2, "1 line")]


async def test_the_writes_of_a_run_have_pages(api: httpx2.AsyncClient) -> None:
    for number in range(5):
        await created(api, key="many", type="progress", data=number, flow_run_id=RUN)
    first = await run(api, RUN, limit=3)
    assert (len(first["entries"]), first["writes"]) == (3, 5)
    rest = await run(api, RUN, limit=3, after=first["next"])
    assert [each["number"] for each in first["entries"] + rest["entries"]] == [1, 2, 3, 4, 5]
    assert rest["next"] is None


async def test_a_run_that_wrote_nothing_says_what_is_known(parts: Parts, api: httpx2.AsyncClient) -> None:
    await heard(parts, flow_run("Running"))
    found = await run(api, RUN)
    assert (found["kind"], found["writes"], found["entries"], found["is_known"]) == ("flow-run", 0, [], True)


async def test_a_run_that_nothing_names_is_known_by_its_id_alone(api: httpx2.AsyncClient) -> None:
    found = await run(api, NOBODY)
    assert (found["kind"], found["is_known"], found["writes"], found["upstream_url"]) == (None, False, 0, None)


@pytest.mark.parametrize("kind", ["flow-run", "task-run"])
def test_a_run_is_found_in_the_upstream_too(kind: str) -> None:
    url = Settings(upstream_api_url="https://prefect.internal:4200/api").upstream_api_url
    assert run_writes.page_of(url, kind, RUN) == f"https://prefect.internal:4200/runs/{kind}/{RUN}"


@pytest.mark.parametrize("query", [{"q": "x" * 201}, {"limit": 101}, {"limit": 0}, {"before": "x"}, {"as_of": "later"}])
async def test_a_question_about_runs_is_bounded(api: httpx2.AsyncClient, query: dict[str, Any]) -> None:
    assert (await api.get("/ui/runs", params=query)).status_code == 422


@pytest.mark.parametrize("asked", ["not-an-id", f"{RUN}?limit=0"])
async def test_a_run_that_cannot_be_asked_for_is_refused(api: httpx2.AsyncClient, asked: str) -> None:
    assert (await api.get(f"/ui/runs/{asked}")).status_code == 422
