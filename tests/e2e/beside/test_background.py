"""Background tasks: sent away with `delay`, done by a task worker, their futures waited for."""

from pathlib import Path

import msgspec
import pytest
from msgspec import Struct

from tests.e2e.beside.sides import Event, agreed, task_runs_by_id
from tests.e2e.beside.told import CREATED, Note, kinds_about, unexpected
from tests.e2e.client import PrefectClient
from tests.prefects import Beside

pytestmark = pytest.mark.slow

TASKS = 3
MISSING_FLOW = "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW"
"""Without it the SDK warns that the logs of such tasks go nowhere."""


class Told(Struct, frozen=True):
    notes: list[Note]
    errors: str
    events: list[Event]


@pytest.fixture(scope="module")
def told(prefect_python: Path, beside_prefect: Beside, tmp_path_factory: pytest.TempPathFactory) -> Told:
    home = tmp_path_factory.mktemp("client")
    prefect = PrefectClient(prefect_python, home, beside_prefect.digsite.url, **{MISSING_FLOW: "ignore"})
    with (home / "errors").open("w") as errors, prefect.running("flows/background", "serve", errors=errors):
        finished = prefect.finished("flows/background", "call", str(TASKS))
    notes = msgspec.json.decode(finished.output, type=list[Note])
    return Told(notes, finished.errors + (home / "errors").read_text(), agreed(beside_prefect))


def test_each_task_is_done_and_the_upstream_knows(told: Told, beside_prefect: Beside) -> None:
    task_runs = task_runs_by_id(beside_prefect, [str(each.task_run_id) for each in told.notes])
    assert [each["state"]["type"] for each in task_runs] == ["COMPLETED"] * TASKS


def test_each_artifact_has_exactly_its_events_on_both_sides(told: Told) -> None:
    assert [kinds_about(told.events, each.id) for each in told.notes] == [CREATED] * TASKS


def test_neither_client_nor_worker_has_anything_to_complain_of(told: Told) -> None:
    assert unexpected(told.errors) == []
