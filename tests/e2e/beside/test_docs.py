"""The flows of Prefect's documentation of artifacts, unmodified, with a Prefect server behind Digsite."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest
from msgspec import Struct

from tests.e2e.beside.sides import Event, agreed, ended_task_runs, flow_run
from tests.e2e.beside.told import (
    CREATED,
    NEXT_CREATED,
    Note,
    Run,
    kinds_about,
    named,
    related,
    unexpected,
    without_name,
)
from tests.e2e.client import PrefectClient
from tests.e2e.conftest import postgres_database
from tests.prefects import Beside, beside

EVENTS = {
    "links": [CREATED, NEXT_CREATED],
    "link_in_a_flow": [CREATED],
    "report": [CREATED],
    "etl": [["artifact.created", *["artifact.updated"] * 4]],
    "tables": [CREATED, CREATED, CREATED],
    "image": [CREATED],
    "getting": [CREATED],
    "lineage": [CREATED],
    "outside": [CREATED],
}
"""For each artifact of each flow, in their order, its events."""
CONTENT = {
    "links": [
        (
            "markdown",
            "[https://bucket.example/highly_variable_data.csv](https://bucket.example/highly_variable_data.csv)",
        ),
        ("markdown", "[https://bucket.example/low_pred_data.csv](https://bucket.example/low_pred_data.csv)"),
    ],
    "link_in_a_flow": [("markdown", "[Prefect](https://www.prefect.io/)")],
    "etl": [("progress", 100.0)],
    "image": [("image", "https://media.example/plot.gif")],
    "outside": [("markdown", "Outside of any run")],
}
TABLES: list[Any] = [
    {"customer": ["12345", "56789"], "churn": [0.85, None]},
    [{"customer": "12345", "churn": 0.85}, {"customer": "56789", "churn": None}],
    [["12345", 0.85], ["56789", None]],
]
TASK_RUNS = {"links": 2, "report": 1, "etl": 1, "tables": 3, "image": 1, "getting": 1, "lineage": 2}


class Told(Struct, frozen=True):
    """What the flows have printed, and what was recorded of them on both sides."""

    both: Beside
    flows: dict[str, Run]
    errors: str
    events: list[Event]

    def artifact(self, note: Note) -> dict[str, Any]:
        shown: dict[str, Any] = httpx2.get(f"{self.both.digsite.url}/artifacts/{note.id}").raise_for_status().json()
        return shown

    def of(self, resource_id: str) -> list[Event]:
        return [each for each in self.events if each["resource"]["prefect.resource.id"] == resource_id]


@pytest.fixture(scope="module")
def postgres_beside(prefect_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Beside]:
    with postgres_database() as url, beside(prefect_python, url, tmp_path_factory.mktemp("beside")) as both:
        yield both


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def told(request: pytest.FixtureRequest, prefect_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Told:
    on_postgres = request.param == "postgres"
    both: Beside = request.getfixturevalue("postgres_beside" if on_postgres else "beside_prefect")
    prefect = PrefectClient(prefect_python, tmp_path_factory.mktemp("client"), both.digsite.url)
    finished = prefect.finished("flows/docs")
    flows = msgspec.json.decode(finished.output, type=dict[str, Run])
    return Told(both, flows, finished.errors, agreed(both))


def test_each_flow_ends_well(told: Told) -> None:
    runs = {name: each.flow_run_id for name, each in told.flows.items() if each.flow_run_id}
    states = {name: flow_run(told.both, id)["state"]["type"] for name, id in runs.items()}
    assert states == dict.fromkeys(EVENTS.keys() - {"outside"}, "COMPLETED")


def test_each_task_run_is_known_to_the_upstream_as_ended_well(told: Told) -> None:
    for name, count in TASK_RUNS.items():
        run = told.flows[name]
        task_runs = ended_task_runs(told.both, [str(run.flow_run_id)], count)
        assert [each["state"]["type"] for each in task_runs] == ["COMPLETED"] * count, name
        assert {each.task_run_id for each in run.notes} <= {each["id"] for each in task_runs}


def test_each_artifact_carries_the_runs_that_made_it(told: Told) -> None:
    notes = [each for run in told.flows.values() for each in run.notes]
    shown = [told.artifact(each) for each in notes]
    assert [Note(each["id"], each["flow_run_id"], each["task_run_id"]) for each in shown] == notes
    assert [each.flow_run_id for each in notes].count(None) == 1


@pytest.mark.parametrize("name", CONTENT)
def test_each_artifact_has_the_content_that_was_given(told: Told, name: str) -> None:
    shown = [told.artifact(each) for each in told.flows[name].notes]
    assert [(each["type"], each["data"]) for each in shown] == CONTENT[name]


def test_tables_of_each_shape_are_kept_with_null_for_nan(told: Told) -> None:
    shown = [told.artifact(each) for each in told.flows["tables"].notes]
    assert [each["type"] for each in shown] == ["table"] * 3
    assert [json.loads(each["data"]) for each in shown] == TABLES


@pytest.mark.parametrize("name", EVENTS)
def test_each_artifact_has_exactly_its_events_on_both_sides(told: Told, name: str) -> None:
    assert [kinds_about(told.events, each.id) for each in told.flows[name].notes] == EVENTS[name]


@pytest.mark.parametrize("name", TASK_RUNS)
def test_the_events_of_an_artifact_are_related_as_the_sdk_relates_its_own(told: Told, name: str) -> None:
    for note in told.flows[name].notes:
        [noted] = told.of(f"beside.{note.id}")
        for event in told.of(f"prefect.artifact.{note.id}"):
            assert related(event) in (related(noted), without_name(related(noted), "task-run")), event["event"]


def test_task_runs_that_were_heard_of_in_time_are_named(told: Told) -> None:
    """A task's first artifact may come before its first event, which has another connection; not each of all tasks."""
    events = [each for each in told.events if each["event"] == "prefect.artifact.created"]
    assert "task-run" in [each["prefect.resource.role"] for event in events for each in named(event)]


def test_lineage_names_the_assets_and_the_runs_that_made_them(told: Told) -> None:
    [made] = [each for each in told.events if each["event"] == "prefect.asset.materialization.succeeded"][:1]
    roles = {each["prefect.resource.role"]: each["prefect.resource.id"] for each in made["related"]}
    assert made["resource"]["prefect.resource.id"] == "s3://lake/clean/orders"
    assert roles["asset"] == "s3://lake/raw/orders"
    assert roles["flow-run"] == f"prefect.flow-run.{told.flows['lineage'].flow_run_id}"


def test_the_client_has_nothing_to_complain_of(told: Told) -> None:
    assert unexpected(told.errors) == []
