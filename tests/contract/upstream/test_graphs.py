"""The graph of a flow run shows Digsite's artifacts as Prefect shows its own."""

import re
from typing import Any
from uuid import uuid4

import pytest

from tests.contract.upstream.conftest import get, post
from tests.prefects import Beside

UUID = re.compile(r"[0-9a-f-]{36}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")


def a_run(api: str) -> tuple[str, str]:
    """A flow run that runs, with a task run: their ids."""
    flow = post(f"{api}/flows/", {"name": "drawn"}).json()["id"]
    running = {"type": "RUNNING"}
    run = post(f"{api}/flow_runs/", {"flow_id": flow, "state": running, "name": "run"}).json()["id"]
    task = {"flow_run_id": run, "task_key": "t", "dynamic_key": "0", "name": "t-0", "state": running}
    return run, post(f"{api}/task_runs/", task).json()["id"]


def drawn(through: str, keeping: str, key: str) -> tuple[str, Any]:
    """The graph, read at one API, of a run whose artifacts are kept by another; and the id of the run."""
    run, task = a_run(through)
    of_run = {"flow_run_id": run}
    for artifact in (
        of_run | {"key": f"{key}-progress", "type": "progress", "data": 12.5},
        of_run | {"key": key, "type": "markdown", "data": "one"},
        of_run | {"key": key, "type": "markdown", "data": "two", "task_run_id": task},
        of_run | {"type": "image", "data": "http://image", "task_run_id": task},
        of_run | {"type": "result", "data": {}},
        of_run | {"data": "without a type"},
    ):
        assert post(f"{keeping}/artifacts/", artifact).status_code == 201
    answer = get(f"{through}/flow_runs/{run}/graph-v2")
    assert answer.status_code == 200
    return run, answer


def plain(graph: str) -> str:
    """Without what differs from run to run."""
    return UUID.sub("id", TIME.sub("time", graph))


def test_a_graph_with_digsites_artifacts_is_as_prefects_own(beside_prefect: Beside) -> None:
    prefect, digsite = beside_prefect.prefect.url, beside_prefect.digsite.url
    key = f"key-{uuid4().hex[:8]}"
    _, own = drawn(prefect, prefect, key)
    _, ours = drawn(digsite, digsite, key)
    assert plain(ours.text) == plain(own.text)
    assert "12.5" in ours.text


def test_a_graph_is_compressed_for_who_takes_it_so(beside_prefect: Beside) -> None:
    _, answer = drawn(beside_prefect.digsite.url, beside_prefect.digsite.url, f"key-{uuid4().hex[:8]}")
    assert answer.headers["content-encoding"] == "gzip"


@pytest.mark.parametrize("run", ["01990000-0000-7000-8000-000000000000", "no-run"])
def test_a_graph_that_is_not_there_is_answered_for_by_prefect(beside_prefect: Beside, run: str) -> None:
    apis = (beside_prefect.prefect.url, beside_prefect.digsite.url)
    own, ours = (get(f"{api}/flow_runs/{run}/graph-v2") for api in apis)
    assert (ours.status_code, ours.text) == (own.status_code, own.text)
