"""Prefect's own subscribers, unmodified: what the log has, they are told, once and in order."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import httpx2
import pytest

from tests.databases import ON_SQLITE
from tests.e2e.client import PrefectClient
from tests.servers import LiveServer
from tests.sockets import outside_event

pytestmark = ON_SQLITE

ARTIFACTS = ("prefect.artifact.", "prefect.artifact-collection.")

Event = dict[str, Any]


@pytest.fixture
def live_server(database_url: str, tmp_path: Path) -> Iterator[LiveServer]:
    """A server of its own for each test, since a subscriber begins a minute ago."""
    with LiveServer(database_url, tmp_path) as server:
        yield server


@pytest.fixture
def api_url(live_server: LiveServer, tmp_path: Path) -> str:
    """A log of its own."""
    return f"{live_server.url}/accounts/acme/workspaces/{tmp_path.name}"


@pytest.fixture
def prefect(prefect_python: Path, api_url: str, tmp_path: Path) -> PrefectClient:
    return PrefectClient(prefect_python, tmp_path / "prefect", api_url)


def publish(api_url: str, count: int) -> None:
    for number in range(count):
        assert httpx2.post(f"{api_url}/artifacts/", json={"key": "a", "data": number}).status_code == 201


def end(api_url: str) -> None:
    """Send the event at which the subscribing script ends."""
    event = outside_event(event="the.end")
    assert httpx2.post(f"{api_url}/events", json=[event]).status_code == 204


def recorded(api_url: str, prefixes: tuple[str, ...]) -> list[str]:
    """The ids of the events of these kinds, in the order of the log."""
    page = httpx2.get(f"{api_url}/log", params={"filter": json.dumps({"event": {"prefix": prefixes}})}).json()
    assert page["to"] == page["head"]
    return [each["event"]["id"] for each in page["events"]]


def told(output: IO[str]) -> list[Event]:
    """All that a subscriber prints until it ends."""
    return [json.loads(line) for line in output]


def ids(events: list[Event]) -> list[str]:
    return [event["id"] for event in events]


def test_a_subscriber_is_told_of_each_artifact_event_of_the_sdk_once_and_in_order(
    prefect: PrefectClient, api_url: str
) -> None:
    with prefect.running("subscribe", *ARTIFACTS) as output:
        assert output.readline() == "subscribed\n"
        prefect.script("sdk", "sync")
        end(api_url)
        events = told(output)
    assert ids(events) == recorded(api_url, ARTIFACTS)
    assert len(events) > 30
    assert {event["event"] for event in events} == {
        f"{prefix}{change}" for prefix in ARTIFACTS for change in ("created", "updated", "deleted")
    }


def test_a_subscriber_comes_back_to_a_server_that_was_restarted_and_misses_nothing(
    prefect: PrefectClient, live_server: LiveServer, api_url: str
) -> None:
    with prefect.running("subscribe", *ARTIFACTS) as output:
        assert output.readline() == "subscribed\n"
        publish(api_url, 5)
        first = [json.loads(output.readline()) for _ in range(3)]
        publish(api_url, 5)
        assert live_server.stop() == 0
        live_server.start(live_server.port)
        publish(api_url, 5)
        end(api_url)
        events = first + told(output)
    assert ids(events) == recorded(api_url, ARTIFACTS)
    assert len(events) == 30


def test_the_command_prints_artifact_events_as_they_happen(prefect: PrefectClient, api_url: str) -> None:
    publish(api_url, 1)
    with prefect.running("-m", "prefect", "event", "stream", "--format", "json") as output:
        assert output.readline() == "Subscribing to event stream...\n"
        events = [json.loads(output.readline()) for _ in range(2)]
        publish(api_url, 1)
        events += [json.loads(output.readline()) for _ in range(2)]
    assert ids(events) == recorded(api_url, ARTIFACTS)
    assert events[3]["event"] == "prefect.artifact-collection.updated"
    assert events[3]["payload"] == {"key": "a", "type": None, "data": 0, "description": None}


def test_what_a_command_emits_is_told_as_it_was_sent(prefect: PrefectClient, api_url: str) -> None:
    run = {"prefect.resource.id": "prefect.flow-run.1", "prefect.resource.role": "flow-run"}
    with prefect.running("subscribe", "prefect.asset.") as output:
        assert output.readline() == "subscribed\n"
        command = ["event", "emit", "prefect.asset.materialization.succeeded", "--resource-id", "s3://bucket/table"]
        assert prefect.cli(*command, "--related", json.dumps(run), "--payload", '{"rows": 5}').status == 0
        end(api_url)
        [event] = told(output)
    assert event["resource"] == {"prefect.resource.id": "s3://bucket/table"}
    assert (event["related"], event["payload"]) == ([run], {"rows": 5})
