"""Two flows that publish versions of one key at the same time."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import msgspec
import pytest
from msgspec import Struct

from tests.e2e.beside.sides import Event, agreed, ended_task_runs, flow_run
from tests.e2e.beside.told import CREATED, NEXT_CREATED, Note, Run, kinds_about, unexpected
from tests.e2e.client import Finished, PrefectClient
from tests.prefects import Beside

KEY, VERSIONS, FLOWS = "at-once", 8, 2


class Told(Struct, frozen=True):
    runs: list[Run]
    errors: list[str]
    artifacts: list[dict[str, Any]]
    """All versions of the key, oldest first."""
    events: list[Event]


@pytest.fixture(scope="module")
def told(prefect: PrefectClient, beside_prefect: Beside) -> Told:
    def run(_: int) -> Finished:
        return prefect.finished("flows/at_once", KEY, str(VERSIONS))

    with ThreadPoolExecutor(FLOWS) as pool:
        finished = list(pool.map(run, range(FLOWS)))
    asked = {"artifacts": {"key": {"any_": [KEY]}}, "sort": "CREATED_DESC"}
    found = httpx2.post(f"{beside_prefect.digsite.url}/artifacts/filter", json=asked).raise_for_status().json()
    return Told(
        [msgspec.json.decode(each.output, type=Run) for each in finished],
        [each.errors for each in finished],
        found[::-1],
        agreed(beside_prefect),
    )


def test_both_flows_and_all_their_tasks_end_well(told: Told, beside_prefect: Beside) -> None:
    runs = [str(each.flow_run_id) for each in told.runs]
    assert [flow_run(beside_prefect, each)["state"]["type"] for each in runs] == ["COMPLETED"] * FLOWS
    task_runs = ended_task_runs(beside_prefect, runs)
    assert {each["id"] for each in task_runs} == {each.task_run_id for run in told.runs for each in run.notes}
    assert {each["state"]["type"] for each in task_runs} == {"COMPLETED"}


def test_every_version_is_there_with_the_runs_that_made_it(told: Told) -> None:
    shown = {each["id"]: Note(each["id"], each["flow_run_id"], each["task_run_id"]) for each in told.artifacts}
    assert shown == {each.id: each for run in told.runs for each in run.notes}
    assert len(shown) == FLOWS * VERSIONS


def test_each_version_has_exactly_its_events_on_both_sides(told: Told) -> None:
    kinds = [kinds_about(told.events, each["id"]) for each in told.artifacts]
    assert kinds == [CREATED] + [NEXT_CREATED] * (FLOWS * VERSIONS - 1)


def test_the_latest_is_the_one_that_was_created_last(told: Told, beside_prefect: Beside) -> None:
    latest = httpx2.get(f"{beside_prefect.digsite.url}/artifacts/{KEY}/latest").json()
    assert latest["data"] == told.artifacts[-1]["data"]


def test_the_clients_have_nothing_to_complain_of(told: Told) -> None:
    assert [unexpected(each) for each in told.errors] == [[], []]
