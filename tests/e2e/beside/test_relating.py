"""Artifacts relate to their runs as the events do that Prefect's SDK emits in the same place."""

import json

import pytest
from msgspec import Struct

from tests.e2e.beside.sides import Event, agreed
from tests.e2e.beside.told import unexpected
from tests.e2e.client import PrefectClient
from tests.prefects import Beside

pytestmark = pytest.mark.slow


class Told(Struct, frozen=True):
    artifacts: list[str]
    events: list[Event]


@pytest.fixture(scope="module")
def told(prefect: PrefectClient, beside_prefect: Beside) -> Told:
    finished = prefect.finished("flows/relating")
    assert unexpected(finished.errors) == []
    return Told(json.loads(finished.output), agreed(beside_prefect))


def test_each_relates_to_what_an_event_of_the_sdk_relates_to(told: Told) -> None:
    related = {each["resource"]["prefect.resource.id"]: each["related"] for each in told.events}
    assert len(told.artifacts) == 4
    for id in told.artifacts:
        assert related[f"prefect.artifact.{id}"] == related[f"beside.{id}"]


def test_a_task_s_artifact_has_the_tags_of_all(told: Told) -> None:
    [created] = [
        each
        for each in told.events
        if each["resource"]["prefect.resource.id"] == f"prefect.artifact.{told.artifacts[3]}"
    ]
    tags = [each["prefect.resource.id"] for each in created["related"] if each["prefect.resource.role"] == "tag"]
    assert tags == ["prefect.tag.of-run", "prefect.tag.of-task", "prefect.tag.ü 🚀"]
