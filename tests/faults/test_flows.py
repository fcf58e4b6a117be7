"""Flows through Digsite whose servers are killed in their midst: they end, and nothing is lost or doubled."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import httpx2
import msgspec
import pytest

from tests.e2e.beside.sides import Event, ended_task_runs, flow_run, ids, kept, kinds_beyond, recorded, until
from tests.e2e.beside.told import Run
from tests.e2e.client import PrefectClient
from tests.prefects import Beside, beside

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

TASKS = 30
TASK_S = 0.15
AWAY_TASKS = 15
AGREE_TIMEOUT_S = 60
"""What the upstream has forgotten it is told again, some seconds after it was first told."""
OWN = ("prefect.flow.created", "prefect.flow-run.Pending", "prefect.flow-run.Running", "prefect.flow-run.Completed")
"""What the upstream states of itself. What it forgets of that when it is killed, only the log has."""

numbers = count(1)
"""One for each flow, so that each has a key of its own."""


@pytest.fixture(scope="module")
def both(prefect_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Beside]:
    home = tmp_path_factory.mktemp("beside")
    with beside(prefect_python, f"sqlite:///{home / 'digsite.db'}", home) as both:
        yield both


@pytest.fixture(scope="module")
def prefect(prefect_python: Path, both: Beside, tmp_path_factory: pytest.TempPathFactory) -> PrefectClient:
    return PrefectClient(prefect_python, tmp_path_factory.mktemp("client"), both.digsite.url)


@pytest.fixture
def key() -> str:
    return f"flow-{next(numbers)}"


def kill_digsite(both: Beside) -> None:
    both.digsite.kill()
    both.digsite.start(both.digsite.port)


def kill_upstream(both: Beside) -> None:
    both.prefect.kill()
    both.prefect.start()


def kill_both(both: Beside) -> None:
    both.prefect.kill()
    kill_digsite(both)
    both.prefect.start()


Fault = Callable[[Beside], None]


@pytest.mark.parametrize("fault", [kill_digsite, kill_upstream, kill_both])
def test_a_flow_outlives_a_kill(fault: Fault, both: Beside, prefect: PrefectClient, key: str, dice: Random) -> None:
    at = dice.randint(1, TASKS - 1)
    run = run_with(prefect, key, TASK_S, lambda number: fault(both) if number == at else None)
    check(both, key, run, kills=int(fault is not kill_upstream))


def test_tasks_go_on_while_the_upstream_is_away(both: Beside, prefect: PrefectClient, key: str) -> None:
    before = done_meanwhile = 0

    def away(number: int) -> None:
        nonlocal before, done_meanwhile
        if number == 1:
            both.prefect.stop()
            before = len(versions_of(both, key))
        elif not both.prefect.is_running:
            done_meanwhile = len(versions_of(both, key)) - before
            if done_meanwhile >= AWAY_TASKS or number == TASKS:
                both.prefect.start()

    run = run_with(prefect, key, 1.0, away)
    assert done_meanwhile >= AWAY_TASKS
    check(both, key, run, kills=0)


def run_with(prefect: PrefectClient, key: str, task_s: float, after_each: Callable[[int], None]) -> Run:
    """Run the flow. `after_each` is called with the number of each task that is done; the flow goes on meanwhile."""
    line = "{}"
    with prefect.running("flows/enduring", key, str(TASKS), str(task_s)) as output:
        for line in output:
            if line.strip().isdigit():
                after_each(int(line))
    return msgspec.json.decode(line, type=Run)


def check(both: Beside, key: str, run: Run, *, kills: int) -> None:
    """The flow has ended well, and on both sides all of it is there once.

    A create whose answer was lost in a kill is sent again by Prefect's client as if it were new. So there may be one
    more version for each kill, of which the flow has not heard.
    """
    assert flow_run(both, str(run.flow_run_id))["state"]["type"] == "COMPLETED"
    assert len(run.notes) == TASKS
    task_runs = ended_task_runs(both, [str(run.flow_run_id)], TASKS)
    assert {each["id"]: each["state"]["type"] for each in task_runs} == {
        each.task_run_id: "COMPLETED" for each in run.notes
    }
    versions = versions_of(both, key)
    assert {each.id for each in run.notes} <= {each["id"] for each in versions}
    assert len(versions) <= TASKS + kills
    events = settled(both)
    done = [each["resource"]["prefect.resource.id"] for each in events if each["event"] == "enduring.done"]
    assert [each for each in done if each.startswith(f"{key}.")] == [
        f"{key}.{number}" for number in range(1, TASKS + 1)
    ]
    created = [each["event"] for each in events if each["resource"].get("prefect.resource.name") == key]
    assert created.count("prefect.artifact.created") == len(versions)


def versions_of(both: Beside, key: str) -> list[dict[str, Any]]:
    asked = {"artifacts": {"key": {"any_": [key]}}}
    versions: list[dict[str, Any]] = httpx2.post(f"{both.digsite.url}/artifacts/filter", json=asked).json()
    return versions


def settled(both: Beside) -> list[Event]:
    """All events of the log, as soon as the upstream keeps the same ones but for those of its own that it forgot."""
    here: list[Event] = []

    def agree() -> bool:
        nonlocal here
        here, there = recorded(both), kept(both)
        assert max((ids(here) | ids(there)).values()) == 1
        forgotten = [each for each in here if each["event"] in OWN and each["id"] not in ids(there)]
        print(kinds_beyond(here, there), kinds_beyond(there, here))
        return ids(here) == ids(there + forgotten)

    until(agree, AGREE_TIMEOUT_S)
    return here
