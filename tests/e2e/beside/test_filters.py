"""Prefect and Digsite find the same artifacts, whatever is asked of their runs."""

import json
import random
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.client import PrefectClient
from tests.prefects import Beside, beside
from tests.property.test_run_filters import World, as_body, each_alone, some_together

PREFIX = "varied"
TOGETHER = 40
DEADLINE_S = 60.0


def asked(url: str, path: str, body: dict[str, Any]) -> Any:
    request = urllib.request.Request(url + path, json.dumps(body).encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)


def keys(url: str, filters: dict[str, Any]) -> set[str]:
    body = {**filters, "artifacts": {"key": {"like_": PREFIX}}}
    return {each["key"] for each in asked(url, "/artifacts/filter", body)}


@pytest.fixture(scope="module")
def beside_prefect(prefect_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Beside]:
    """A pair of its own: artifacts are published at the Prefect server too, which nobody else does."""
    home = tmp_path_factory.mktemp("filters")
    with beside(prefect_python, f"sqlite:///{home / 'digsite.db'}", home) as both:
        yield both


@pytest.fixture(scope="module")
def world(beside_prefect: Beside, prefect: PrefectClient) -> World:
    """What the flows have left at Prefect. Their artifacts are Digsite's, and are published at Prefect once more."""
    prefect.script("flows/varied", PREFIX)
    upstream = beside_prefect.prefect.url
    scheduled = [run for run in asked(upstream, "/flow_runs/filter", {}) if run["state_type"] == "SCHEDULED"]
    for run in scheduled:
        asked(beside_prefect.digsite.url, "/artifacts/", {"key": f"{PREFIX}-{run['id']}", "flow_run_id": run["id"]})
    published = asked(beside_prefect.digsite.url, "/artifacts/filter", {"artifacts": {"key": {"like_": PREFIX}}})
    for artifact in published:
        same = {name: artifact[name] for name in ("key", "type", "data", "flow_run_id", "task_run_id")}
        asked(upstream, "/artifacts/", same)
    rows = {name: asked(upstream, f"/{name}/filter", {}) for name in World.__struct_fields__ if name != "artifacts"}
    assert len(published) == 11
    return World(**{name: {each["id"]: each for each in found} for name, found in rows.items()}, artifacts={})


def questions(world: World) -> list[dict[str, Any]]:
    chance = random.Random(0)
    drawn = [*each_alone(chance, world), *(some_together(chance, world) for _ in range(TOGETHER))]
    return [{group: as_body(*question) for group, question in each.items()} for each in drawn]


@pytest.mark.slow
def test_prefect_finds_the_same(beside_prefect: Beside, world: World) -> None:
    deadline = time.monotonic() + DEADLINE_S
    answers = set()
    for body in questions(world):
        expected = keys(beside_prefect.prefect.url, body)
        while (found := keys(beside_prefect.digsite.url, body)) != expected and time.monotonic() < deadline:
            time.sleep(0.1)  # what Digsite knows of runs is a moment behind
        assert (body, found) == (body, expected)
        answers.add(frozenset(expected))
    assert len(answers) > 15, "too many questions have the same answer"
