"""A flow within a flow, retries, and futures that are waited for."""

import msgspec
import pytest
from msgspec import Struct

from tests.e2e.beside.sides import Event, agreed, ended_task_runs, flow_run
from tests.e2e.beside.told import CREATED, Note, kinds_about, unexpected
from tests.e2e.client import PrefectClient
from tests.prefects import Beside

pytestmark = pytest.mark.slow


class Child(Struct, frozen=True):
    flow_run_id: str
    parent: str
    notes: list[Note]


class Parent(Struct, frozen=True):
    flow_run_id: str
    notes: list[Note]
    child: Child


class Told(Struct, frozen=True):
    parent: Parent
    errors: str
    events: list[Event]


@pytest.fixture(scope="module")
def told(prefect: PrefectClient, beside_prefect: Beside) -> Told:
    finished = prefect.finished("flows/nested")
    return Told(msgspec.json.decode(finished.output, type=Parent), finished.errors, agreed(beside_prefect))


def test_both_flows_end_well_and_one_knows_the_other(told: Told, beside_prefect: Beside) -> None:
    parent, child = (flow_run(beside_prefect, each.flow_run_id) for each in (told.parent, told.parent.child))
    assert (parent["state"]["type"], child["state"]["type"]) == ("COMPLETED", "COMPLETED")
    assert child["parent_task_run_id"] is not None
    assert told.parent.child.parent == told.parent.flow_run_id


def test_the_upstream_knows_that_each_task_ran_twice(told: Told, beside_prefect: Beside) -> None:
    task_runs = ended_task_runs(beside_prefect, [told.parent.flow_run_id, told.parent.child.flow_run_id])
    ran = {each["id"]: (each["state"]["type"], each["run_count"]) for each in task_runs}
    notes = told.parent.notes + told.parent.child.notes
    assert {each.task_run_id: ran[str(each.task_run_id)] for each in notes} == {
        each.task_run_id: ("COMPLETED", 2) for each in notes
    }


def test_what_was_retried_has_published_once(told: Told) -> None:
    notes = told.parent.notes + told.parent.child.notes
    assert [kinds_about(told.events, each.id) for each in notes] == [CREATED] * 4


def test_the_client_has_nothing_to_complain_of(told: Told) -> None:
    assert unexpected(told.errors) == []
