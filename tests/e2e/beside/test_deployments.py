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
from tests.e2e.beside.told import CREATED, kinds_about, related, unexpected
from tests.e2e.client import Finished, PrefectClient
from tests.prefects import Beside

pytestmark = pytest.mark.slow

POOL = "a-pool"


class Running(Struct, frozen=True):
    """Somebody does what deployments of this name ask for. `errors` is what it has written to its stderr."""

    name: str
    errors: Path


@pytest.fixture(scope="module", params=["served", "pooled"])
def running(
    request: pytest.FixtureRequest, prefect: PrefectClient, beside_prefect: Beside, tmp_path_factory: Any
) -> Iterator[Running]:
    errors = tmp_path_factory.mktemp(request.param) / "errors"
    with errors.open("w") as file, {"served": served, "pooled": pooled}[request.param](prefect, file):
        until(lambda: is_ready(beside_prefect, f"publish/{request.param}"))
        yield Running(request.param, errors)


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


def called(prefect: PrefectClient, way: str, deployment: str, **parameters: str) -> dict[str, Any]:
    finished = prefect.finished("flows/calling", way, deployment, json.dumps(parameters))
    assert unexpected(finished.errors) == []
    answer: dict[str, Any] = json.loads(finished.output)
    return answer


def about(events: list[Event], artifact_id: str) -> Event:
    [event] = [each for each in events if each["resource"]["prefect.resource.id"] == artifact_id]
    return event


@pytest.mark.parametrize("way", ["run", "wait"])
def test_a_called_run_ends_well_and_publishes_once(
    way: str, running: Running, prefect: PrefectClient, beside_prefect: Beside
) -> None:
    key = f"{running.name}-{way}"
    ended = called(prefect, way, f"publish/{running.name}", key=key)
    assert ended["state"] == "COMPLETED"
    latest = httpx2.get(f"{beside_prefect.digsite.url}/artifacts/{key}/latest").json()
    assert (latest["flow_run_id"], latest["data"]) == (ended["flow_run_id"], f"by {ended['name']}")
    [task_run] = ended_task_runs(beside_prefect, [ended["flow_run_id"]])
    assert (task_run["id"], task_run["state"]["type"]) == (latest["task_run_id"], "COMPLETED")


def test_its_artifact_is_related_to_the_deployment_as_the_sdk_relates_it(
    running: Running, prefect: PrefectClient, beside_prefect: Beside
) -> None:
    key = f"{running.name}-related"
    called(prefect, "wait", f"publish/{running.name}", key=key)
    [version] = httpx2.post(
        f"{beside_prefect.digsite.url}/artifacts/filter", json={"artifacts": {"key": {"any_": [key]}}}
    ).json()
    events = agreed(beside_prefect)
    assert kinds_about(events, version["id"]) == CREATED
    created, noted = about(events, f"prefect.artifact.{version['id']}"), about(events, f"beside.{version['id']}")
    assert related(created) == related(noted)
    assert "deployment" in [each["prefect.resource.role"] for each in related(created)]


def test_a_cancelled_run_ends_cancelled(running: Running, prefect: PrefectClient) -> None:
    assert called(prefect, "cancel", f"sleep/{running.name}")["state"] == "CANCELLED"


def test_a_run_is_watched_and_listed_on_the_terminal(
    running: Running, prefect: PrefectClient, beside_prefect: Beside
) -> None:
    key = f"{running.name}-watched"
    watched = prefect.cli("deployment", "run", f"publish/{running.name}", "--param", f"key={key}", "--watch")
    assert (watched.status, "Finished in state Completed()" in watched.output) == (0, True), watched
    latest = httpx2.get(f"{beside_prefect.digsite.url}/artifacts/{key}/latest").json()
    logs = prefect.cli("flow-run", "logs", latest["flow_run_id"])
    assert (logs.status, "Finished in state Completed()" in logs.output) == (0, True), logs
    assert latest["flow_run_id"] in shown(prefect.cli("flow-run", "ls", "--limit", "50"))
    assert key in shown(prefect.cli("artifact", "ls"))


def shown(finished: Finished) -> str:
    assert finished.status == 0, finished.errors
    return finished.output


def test_both_sides_hold_the_same_events(running: Running, beside_prefect: Beside) -> None:
    kinds = {each["event"] for each in agreed(beside_prefect)}
    assert {"prefect.flow-run.Scheduled", "prefect.flow-run.Cancelled", "prefect.deployment.created"} <= kinds


def test_who_runs_them_has_nothing_to_complain_of(running: Running) -> None:
    assert unexpected(running.errors.read_text()) == []
