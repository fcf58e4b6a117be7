"""The SDK's artifact functions, unmodified, sync and async: what comes back, and what the log holds."""

import json
from typing import Any

import pytest
from msgspec import Struct

from events.event import RecordedEvent
from service.api.server import PREFECT_VERSION
from tests.e2e.client import PrefectClient
from tests.e2e.log import kinds_of, left_by
from tests.servers import LiveServer

CREATED = ["artifact.created", "artifact-collection.created"]
NEXT_CREATED = ["artifact.created", "artifact-collection.updated"]
UPDATED = ["artifact.updated", "artifact-collection.updated"]
LATEST_DELETED = ["artifact.deleted", "artifact-collection.updated"]
LAST_DELETED = ["artifact.deleted", "artifact-collection.deleted"]

PUBLISHED = {
    "link": ("markdown", "[The report](https://example.com/report)"),
    "markdown": ("markdown", "# Größe ✓"),
    "image": ("image", "https://example.com/plot.png"),
    "progress at first": ("progress", 0.0),
    "bare": ("model", '{"weights": [1, 2.5]}'),
}
TABLES = {
    "dict-of-lists": {"id": ["12345", "56789"], "probability": [0.85, None]},
    "list-of-dicts": [{"id": "12345", "probability": 0.85}, {"id": "56789", "probability": None}],
    "list-of-lists": [["12345", 0.85], ["56789", None]],
}
EVENTS = {
    **dict.fromkeys(("link", "markdown", "image", "bare", "getting", *TABLES), CREATED),
    "progress": CREATED + UPDATED + UPDATED,
    "versions": CREATED + NEXT_CREATED + LATEST_DELETED + LAST_DELETED,
}


class Told(Struct, frozen=True):
    """What one form of the SDK was told: the answers of its calls by name, its warnings, and all events of the log."""

    form: str
    answers: dict[str, Any]
    errors: str
    events: list[RecordedEvent]

    def __getitem__(self, call: str) -> Any:
        return self.answers[call]


@pytest.fixture(scope="module")
def told(prefect: PrefectClient, live_server: LiveServer) -> dict[str, Told]:
    finished = {form: prefect.finished("sdk", form) for form in ("sync", "async")}
    events = left_by(live_server)
    return {form: Told(form, json.loads(each.output), each.errors, events) for form, each in finished.items()}


@pytest.fixture(params=["sync", "async"])
def sdk(request: pytest.FixtureRequest, told: dict[str, Told]) -> Told:
    return told[request.param]


@pytest.mark.parametrize("name", PUBLISHED)
def test_each_type_is_read_back_as_it_was_published(sdk: Told, name: str) -> None:
    assert (sdk[name]["type"], sdk[name]["data"]) == PUBLISHED[name]


@pytest.mark.parametrize("name", ["link", "markdown", "image", *TABLES])
def test_the_id_that_a_function_returns_is_that_of_the_artifact(sdk: Told, name: str) -> None:
    assert sdk[f"id of {name}"] == sdk[name]["id"]


def test_what_create_returns_is_what_get_reads(sdk: Told) -> None:
    assert sdk["created"] == sdk["bare"]


def test_a_description_is_read_back(sdk: Told) -> None:
    assert sdk["markdown"]["description"] == "*Why*"


@pytest.mark.parametrize("shape", TABLES)
def test_a_table_of_each_shape_is_read_back_with_null_for_nan(sdk: Told, shape: str) -> None:
    assert sdk[shape]["type"] == "table"
    assert json.loads(sdk[shape]["data"]) == TABLES[shape]


def test_progress_is_updated_in_place(sdk: Told) -> None:
    first, later, last = sdk["progress at first"], sdk["progress later"], sdk["progress"]
    assert first["id"] == later["id"] == last["id"]
    assert [each["data"] for each in (first, later, last)] == [0.0, 50.0, 100.0]
    assert first["updated"] < later["updated"] < last["updated"]


def test_an_update_changes_the_description_only_if_it_has_one(sdk: Told) -> None:
    assert sdk["progress later"]["description"] == "Training"
    assert sdk["progress"]["description"] == "Trained"


def test_an_update_of_an_unknown_artifact_is_refused(sdk: Told) -> None:
    assert sdk["update of an unknown one"] == "PrefectHTTPStatusError: 404"


def test_get_of_an_unknown_key_comes_to_none(sdk: Told) -> None:
    assert sdk["get unknown"] is None


def test_get_or_create_creates_once_and_then_gets(sdk: Told) -> None:
    created, is_new = sdk["get or create at first"]
    assert is_new
    assert sdk["get or create again"] == [created, False]


def test_all_versions_of_a_key_are_read(sdk: Told) -> None:
    assert [each["id"] for each in sdk["both"]] == [sdk["newer"], sdk["older"]]


def test_the_latest_of_a_key_is_its_newest_version(sdk: Told) -> None:
    (latest,) = sdk["latest of both"]
    assert (latest["latest_id"], latest["data"]) == (sdk["newer"], "newer")


def test_when_the_latest_is_deleted_the_one_before_is_latest(sdk: Told) -> None:
    (latest,) = sdk["latest after deleting newer"]
    assert (latest["latest_id"], latest["data"]) == (sdk["older"], "older")


def test_when_all_versions_are_deleted_nothing_is_left(sdk: Told) -> None:
    assert sdk["latest after deleting both"] == sdk["left after deleting both"] == []


def test_deleting_a_deleted_artifact_is_refused(sdk: Told) -> None:
    assert sdk["delete older again"] == "ObjectNotFound: 404"


def test_an_artifact_without_a_key_is_read_by_its_id(sdk: Told) -> None:
    (artifact,) = sdk["unkeyed"]
    assert (artifact["id"], artifact["key"], artifact["data"]) == (sdk["id of unkeyed"], None, "no key")


@pytest.mark.parametrize("name", EVENTS)
def test_the_calls_on_a_key_leave_exactly_their_events(sdk: Told, name: str) -> None:
    assert kinds_of(sdk.events, key=f"{sdk.form}-{name}") == EVENTS[name]


def test_an_artifact_without_a_key_leaves_one_event(sdk: Told) -> None:
    resource = f"prefect.artifact.{sdk['id of unkeyed']}"
    events = [each.event for each in sdk.events if each.event.resource["prefect.resource.id"] == resource]
    assert [event.kind for event in events] == ["prefect.artifact.created"]


def test_each_event_names_the_client_that_caused_it(sdk: Told) -> None:
    clients = {each.event.origin.client for each in sdk.events}
    assert len(clients) == 1
    assert clients.pop().startswith(f"prefect/{PREFECT_VERSION} ")


def test_the_sdks_own_events_of_artifacts_are_not_recorded_again(sdk: Told) -> None:
    """Its client sends one after each call; the log has stated it already."""
    of_artifacts = [each for each in sdk.events if each.event.kind.startswith("prefect.artifact.")]
    assert {each.stream.category for each in of_artifacts} == {"artifact"}
    created = [each.stream.id for each in of_artifacts if each.event.kind == "prefect.artifact.created"]
    assert len(created) == len(set(created)) > 0


def test_the_sdk_reaches_the_socket_for_its_events(sdk: Told) -> None:
    assert "Unable to connect" not in sdk.errors
    assert "EventsWorker" not in sdk.errors
