"""Reads as of a position or a time answer what they would have answered then."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from events.clock import as_text
from service.parts import Parts
from service.settings import Settings
from tests.contract.calls import answered, changed, created, deleted

WAIT_S = 0.1


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"wait_timeout_s": 20.0})


@pytest.fixture
async def report(api: httpx2.AsyncClient) -> dict[str, Any]:
    """One that was created (1, 2), changed (3, 4), followed by another (5, 6), and deleted (7)."""
    artifact = await created(api, key="report", type="markdown", data="Monday")
    await changed(api, artifact, data="Tuesday")
    await created(api, key="report", type="markdown", data="Wednesday")
    await deleted(api, artifact)
    return artifact


async def as_of(api: httpx2.AsyncClient, method: str, path: str, moment: int | str, **body: Any) -> Any:
    options: dict[str, Any] = {"json": body} if method == "POST" else {}
    return (await answered(api, method, path, params={"as_of": str(moment)}, **options)).json()


async def test_an_artifact_is_read_as_it_was(api: httpx2.AsyncClient, report: dict[str, Any]) -> None:
    path = f"/artifacts/{report['id']}"
    assert await as_of(api, "GET", path, 1) == report
    assert (await as_of(api, "GET", path, 6))["data"] == "Tuesday"
    gone = await api.get(path, params={"as_of": 7})
    assert (gone.status_code, gone.json()) == (404, {"detail": "Artifact not found."})
    assert (await api.get(path, params={"as_of": 0})).status_code == 404


async def test_the_latest_of_a_key_is_what_it_was(api: httpx2.AsyncClient, report: dict[str, Any]) -> None:
    latest = [(await as_of(api, "GET", "/artifacts/report/latest", position))["data"] for position in (2, 4, 6, 7)]
    assert latest == ["Monday", "Tuesday", "Wednesday", "Wednesday"]


async def test_listings_and_counts_are_what_they_were(api: httpx2.AsyncClient, report: dict[str, Any]) -> None:
    reports = {"artifacts": {"key": {"any_": ["report"]}}}
    for position, data in ((0, []), (2, ["Monday"]), (6, ["Wednesday", "Tuesday"]), (7, ["Wednesday"])):
        listed = await as_of(api, "POST", "/artifacts/filter", position, **reports)
        assert [each["data"] for each in listed] == data
        assert await as_of(api, "POST", "/artifacts/count", position, **reports) == len(data)
        latest = await as_of(api, "POST", "/artifacts/latest/filter", position)
        assert [each["data"] for each in latest] == data[:1]
        assert await as_of(api, "POST", "/artifacts/latest/count", position) == min(len(data), 1)


async def test_a_time_means_what_was_recorded_by_then(
    parts: Parts, api: httpx2.AsyncClient, report: dict[str, Any]
) -> None:
    recorded = [as_text(each.recorded) for each in await parts.store.read_all("default")]
    path = "/artifacts/report/latest"
    assert [(await as_of(api, "GET", path, moment))["data"] for moment in recorded[1:6:2]] == [
        "Monday",
        "Tuesday",
        "Wednesday",
    ]
    before = datetime.fromisoformat(recorded[0]) - timedelta(seconds=1)
    assert (await api.get(path, params={"as_of": before.isoformat()})).status_code == 404
    assert (await api.get(f"{path}?as_of=2999-01-01T00:00:00+02:00")).headers["X-Digsite-Position"] == "7"


async def test_the_answer_says_which_position_it_is_of(api: httpx2.AsyncClient, report: dict[str, Any]) -> None:
    now = datetime.now(UTC).isoformat()
    for moment, position in ((0, 0), (3, 3), (now, 7)):
        response = await answered(api, "POST", "/artifacts/count", params={"as_of": moment})
        assert response.headers["X-Digsite-Position"] == str(position)


async def test_a_position_that_is_yet_to_come_is_waited_for(api: httpx2.AsyncClient) -> None:
    waiting = asyncio.create_task(as_of(api, "GET", "/artifacts/soon/latest", 2))
    await created(api, key="soon", data=1)
    assert (await waiting)["data"] == 1


async def test_a_position_that_does_not_come_is_told(parts: Parts, api: httpx2.AsyncClient) -> None:
    parts.artifacts._settings = parts.settings.model_copy(update={"wait_timeout_s": WAIT_S})
    response = await api.get("/artifacts/never/latest", params={"as_of": 99})
    assert (response.status_code, response.json()["error"]) == (504, "position_not_reached")


@pytest.mark.parametrize("moment", ["", "yesterday", "-1", "1.5", "2026-13-01", "9" * 19])
async def test_what_is_neither_a_position_nor_a_time_is_refused(api: httpx2.AsyncClient, moment: str) -> None:
    response = await api.post("/artifacts/count", params={"as_of": moment})
    [problem] = response.json()["exception_detail"]
    assert (response.status_code, problem["loc"]) == (422, ["query", "as_of"])


async def test_what_a_run_wrote_is_found_as_it_was(api: httpx2.AsyncClient) -> None:
    run = "0199d5c4-1c2e-7a31-b0d2-6a7f4e1c9a55"
    artifact = await created(api, key="of-run", flow_run_id=run)
    await created(api, key="of-run")
    await deleted(api, artifact)
    asked = {"flow_runs": {"id": {"any_": [run]}}}
    counts = [await as_of(api, "POST", "/artifacts/count", position, **asked) for position in (1, 4, 5)]
    latest = [await as_of(api, "POST", "/artifacts/latest/count", position, **asked) for position in (2, 4)]
    assert (counts, latest) == ([1, 1, 0], [1, 0])
