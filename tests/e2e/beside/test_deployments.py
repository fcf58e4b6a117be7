"""Deployments: served by a process, or done by a worker of a pool; called, waited for, cancelled, watched."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import httpx2
import pytest
from msgspec import Struct

from tests.e2e.beside.sides import Event, agreed, ended_task_runs, until
from tests.e2e.beside.told import CREATED, kinds_about, unexpected
from tests.e2e.client import Finished, PrefectClient
from tests.prefects import Beside

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

POOL = "a-pool"


class Running(Struct, frozen=True):
    """Somebody does what deployments of this name ask for. `errors` is what it has written to its stderr."""

    name: str
    called_by: str
    """How one of them is called: `run_deployment` waits by itself, or `wait_for_flow_run` does."""
    errors: Path


@pytest.fixture(scope="module", params=["served", "pooled"])
def running(
    request: pytest.FixtureRequest, prefect: PrefectClient, beside_prefect: Beside, tmp_path_factory: Any
) -> Iterator[Running]:
    errors = tmp_path_factory.mktemp(request.param) / "errors"
    with errors.open("w") as file, {"served": served, "pooled": pooled}[request.param](prefect, file):
        until(lambda: is_ready(beside_prefect, f"publish/{request.param}"))
        yield Running(request.param, {"served": "run", "pooled": "wait"}[request.param], errors)


@contextmanager
def served(prefect: PrefectClient, errors: IO[str]) -> Iterator[None]:
    with prefect.running("flows/serving", errors=errors):
        yield


@contextmanager
def pooled(prefect: PrefectClient, errors: IO[str]) -> Iterator[None]:
    assert prefect.cli("work-pool", "create", POOL, "--type", "process").status == 0
    prefect.script("flows/deploying", POOL)
    with prefect.running("-m", "prefect", "worker", "start", "--pool", POOL, "--name", "ann", errors=errors):
        yield


def is_ready(both: Beside, name: str) -> bool:
    answer = httpx2.get(f"{both.digsite.url}/deployments/name/{name}")
    return answer.status_code == 200 and answer.json()["status"] == "READY"


class Called(Struct, frozen=True):
    """A run of a deployment that was called and waited for, and what it has published."""

    ended: dict[str, Any]
    artifact: dict[str, Any]
    events: list[Event]


@pytest.fixture(scope="module")
def published(running: Running, prefect: PrefectClient, beside_prefect: Beside) -> Called:
    key = f"by-{running.name}"
    ended = called(prefect, running.called_by, f"publish/{running.name}", key=key)
    latest = httpx2.post(f"{beside_prefect.digsite.url}/artifacts/filter", json={"artifacts": {"key": {"any_": [key]}}})
    [artifact] = latest.raise_for_status().json()
    return Called(ended, artifact, agreed(beside_prefect))


def called(prefect: PrefectClient, way: str, deployment: str, **parameters: str) -> dict[str, Any]:
    finished = prefect.finished("flows/calling", way, deployment, json.dumps(parameters))
    assert unexpected(finished.errors) == []
    answer: dict[str, Any] = json.loads(finished.output)
    return answer


def test_a_called_run_ends_well_and_so_does_its_task(published: Called, beside_prefect: Beside) -> None:
    assert published.ended["state"] == "COMPLETED"
    [task_run] = ended_task_runs(beside_prefect, [published.ended["flow_run_id"]])
    assert (task_run["id"], task_run["state"]["type"]) == (published.artifact["task_run_id"], "COMPLETED")


def test_it_publishes_once(published: Called) -> None:
    ended, artifact = published.ended, published.artifact
    assert (artifact["flow_run_id"], artifact["data"]) == (ended["flow_run_id"], f"by {ended['name']}")
    assert kinds_about(published.events, artifact["id"]) == CREATED


def test_it_relates_to_what_an_event_of_the_sdk_relates_to(published: Called) -> None:
    related = {each["resource"]["prefect.resource.id"]: each["related"] for each in published.events}
    id = published.artifact["id"]
    assert related[f"prefect.artifact.{id}"] == related[f"beside.{id}"]


def test_a_cancelled_run_ends_cancelled(running: Running, prefect: PrefectClient) -> None:
    assert called(prefect, "cancel", f"sleep/{running.name}")["state"] == "CANCELLED"


@pytest.mark.parametrize("running", ["served"], indirect=True)
def test_a_run_is_watched_and_listed_on_the_terminal(
    running: Running, prefect: PrefectClient, beside_prefect: Beside
) -> None:
    watched = shown(prefect.cli("deployment", "run", "publish/served", "--param", "key=seen", "--watch"))
    assert "Flow run finished successfully in 'Completed'." in watched
    latest = httpx2.get(f"{beside_prefect.digsite.url}/artifacts/seen/latest").json()
    assert "Finished in state Completed()" in shown(prefect.cli("flow-run", "logs", latest["flow_run_id"]))
    assert latest["flow_run_id"] in shown(prefect.cli("flow-run", "ls", "--limit", "50"))
    assert " seen " in shown(prefect.cli("artifact", "ls"))


def shown(finished: Finished) -> str:
    assert finished.status == 0, finished.errors
    return finished.output


def test_both_sides_hold_the_same_events(running: Running, beside_prefect: Beside) -> None:
    kinds = {each["event"] for each in agreed(beside_prefect)}
    assert {"prefect.flow-run.Scheduled", "prefect.flow-run.Cancelled", "prefect.deployment.created"} <= kinds


def test_who_runs_them_has_nothing_to_complain_of(running: Running) -> None:
    assert unexpected(running.errors.read_text()) == []
