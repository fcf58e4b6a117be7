"""Result artifacts that the upstream keeps for itself are found by who asks for them."""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.contract.upstream.conftest import get, in_front_of, post
from tests.contract.upstream.test_graphs import a_run
from tests.contract.upstream.test_what_goes_wrong import AWAY
from tests.prefects import Beside

SORTS = ["ID_DESC", "CREATED_DESC", "UPDATED_DESC", "KEY_ASC", "KEY_DESC"]


@pytest.fixture(scope="module")
def run() -> str:
    """A flow run whose results are on both sides."""
    return str(uuid4())


@pytest.fixture(scope="module")
def both(beside_prefect: Beside, run: str) -> list[dict[str, Any]]:
    """The results of the run: those of either side, made in turn, and those of other types beside them."""
    apis = itertools.cycle((beside_prefect.prefect.url, beside_prefect.digsite.url))
    made = [
        post(f"{next(apis)}/artifacts/", {"type": type, "key": key, "data": number, "flow_run_id": run})
        for number, (type, key) in enumerate([*results(run), *others(run)])
    ]
    return [answer.raise_for_status().json() for answer in made][: len(list(results(run)))]


def results(run: str) -> Iterator[tuple[str, str | None]]:
    for number in range(9):
        yield "result", None if number % 3 else f"result-{number}-{run[:8]}"


def others(run: str) -> Iterator[tuple[str, str | None]]:
    yield "markdown", f"other-{run[:8]}"
    yield "markdown", f"another-{run[:8]}"


def asking(run: str, **fields: Any) -> dict[str, Any]:
    return {"artifacts": {"flow_run_id": {"any_": [run]}, "type": {"any_": ["result"]}}, **fields}


def in_order(artifacts: list[dict[str, Any]], sort: str) -> list[str]:
    """The ids as a listing has them."""
    newest = sorted(artifacts, key=lambda each: str(each["id"]), reverse=True)
    name = sort.split("_", maxsplit=1)[0].lower()
    newest.sort(key=lambda each: (each[name] is not None, each[name] or ""), reverse=sort.endswith("DESC"))
    return [each["id"] for each in newest]


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize(("limit", "offset"), [(200, 0), (3, 0), (3, 2), (4, 7), (2, 20), (0, 0)])
def test_a_page_has_the_results_of_both_sides_in_one_order(
    beside_prefect: Beside, both: list[dict[str, Any]], run: str, sort: str, limit: int, offset: int
) -> None:
    asked = asking(run, sort=sort, limit=limit, offset=offset)
    page = post(f"{beside_prefect.digsite.url}/artifacts/filter", asked).json()
    assert [each["id"] for each in page] == in_order(both, sort)[offset : offset + limit]


def test_results_are_counted_on_both_sides(beside_prefect: Beside, both: list[dict[str, Any]], run: str) -> None:
    answer = post(f"{beside_prefect.digsite.url}/artifacts/count", asking(run))
    assert answer.json() == len(both)


def test_the_latest_results_are_those_of_both_sides(
    beside_prefect: Beside, both: list[dict[str, Any]], run: str
) -> None:
    api = f"{beside_prefect.digsite.url}/artifacts/latest"
    page = post(f"{api}/filter", asking(run, sort="KEY_ASC")).json()
    assert [each["latest_id"] for each in page] == [each["id"] for each in both if each["key"]]
    assert post(f"{api}/count", asking(run)).json() == len(page) == 3


def test_what_both_sides_have_is_there_once(beside_prefect: Beside) -> None:
    """As after an import: then it is Digsite's."""
    run = str(uuid4())
    result = {"type": "result", "key": f"result-{run}", "data": "theirs", "flow_run_id": run}
    theirs = post(f"{beside_prefect.prefect.url}/artifacts/", result).json()
    imported(beside_prefect.digsite.url, theirs, data="ours")
    post(f"{beside_prefect.prefect.url}/artifacts/", result | {"key": None}).raise_for_status()
    for listing, count, sort in (("/artifacts", 2, "KEY_DESC"), ("/artifacts/latest", 1, "KEY_DESC")):
        page = post(f"{beside_prefect.digsite.url}{listing}/filter", asking(run, sort=sort)).json()
        assert [each["data"] for each in page] == ["ours", "theirs"][:count]
        assert post(f"{beside_prefect.digsite.url}{listing}/count", asking(run)).json() == count


def imported(api: str, artifact: dict[str, Any], data: str) -> None:
    """Digsite has it, too, as one moment in 2026 knew it."""
    moment = 1_795_251_245_770_641
    step = {"event_id": str(uuid4()), "occurred": moment, "updated": moment, "description": "null", "metadata": "null"}
    known = {name: artifact[name] for name in ("id", "key", "type", "flow_run_id")}
    brought = known | {"created": moment, "steps": [step | {"data": json.dumps(data)}]}
    post(f"{api}/imports", {"artifacts": [brought]}).raise_for_status()


def test_who_does_not_ask_for_results_gets_digsites_artifacts_alone(
    beside_prefect: Beside, both: list[dict[str, Any]], run: str
) -> None:
    of_run = {"artifacts": {"flow_run_id": {"any_": [run]}}}
    page = post(f"{beside_prefect.digsite.url}/artifacts/filter", of_run).json()
    assert {each["data"] for each in page} == {1, 3, 5, 7, 9}


def test_an_artifact_of_the_upstream_is_found_by_its_id(beside_prefect: Beside, both: list[dict[str, Any]]) -> None:
    apis = (beside_prefect.prefect.url, beside_prefect.digsite.url)
    theirs, through = (get(f"{api}/artifacts/{both[0]['id']}") for api in apis)
    assert (through.status_code, through.json()) == (200, theirs.json())


def test_the_result_that_a_run_has_persisted_is_found_by_its_id(beside_prefect: Beside) -> None:
    api = beside_prefect.digsite.url
    run, _ = a_run(api)
    record = {"type": "COMPLETED", "data": {"storage_key": "k", "prefect_version": "3.9.1"}}
    post(f"{api}/flow_runs/{run}/set_state", {"state": record, "force": True}).raise_for_status()
    of_run = {"artifacts": {"flow_run_id": {"any_": [run]}}}
    [kept] = post(f"{beside_prefect.prefect.url}/artifacts/filter", of_run).json()
    assert (kept["type"], kept["key"]) == (None, None)
    assert get(f"{api}/artifacts/{kept['id']}").json() == kept


def test_an_artifact_that_neither_side_has_is_not_there(beside_prefect: Beside) -> None:
    answer = get(f"{beside_prefect.digsite.url}/artifacts/{uuid4()}")
    assert (answer.status_code, answer.json()) == (404, {"detail": "Artifact not found."})


def test_a_page_that_lies_too_far_back_is_refused(beside_prefect: Beside, run: str) -> None:
    answer = post(f"{beside_prefect.digsite.url}/artifacts/filter", asking(run, offset=2000))
    assert (answer.status_code, answer.json()["error"]) == (422, "too_many_results")


async def test_what_cannot_be_known_while_the_upstream_is_away_is_not_denied(tmp_path: Path) -> None:
    async with in_front_of(AWAY, tmp_path) as api:
        assert (await api.get(f"/artifacts/{uuid4()}")).status_code == 503
        assert (await api.post("/artifacts/filter", json=asking(str(uuid4())))).status_code == 503
        assert (await api.post("/artifacts/filter", json={})).json() == []


async def test_no_other_read_asks_the_upstream(tmp_path: Path) -> None:
    filters: list[dict[str, Any]] = [{}, {"type": {"any_": ["table"]}}, {"type": {"not_any_": ["result"]}}]
    async with in_front_of(AWAY, tmp_path) as api:
        for artifacts in filters:
            for listing in ("/artifacts/filter", "/artifacts/count", "/artifacts/latest/filter"):
                assert (await api.post(listing, json={"artifacts": artifacts})).status_code == 200
