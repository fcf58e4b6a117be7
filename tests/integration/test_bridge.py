"""The bridge: Digsite's log and a real Prefect server tell each other of their events, each once."""

from uuid import uuid4

import httpx2
import pytest

from tests.bridging import events_of, happened, of_resource, positions_of, send, until
from tests.prefects import Beside


@pytest.fixture
def ship() -> dict[str, str]:
    """A resource of the test's own."""
    return {"prefect.resource.id": f"ship.{uuid4()}"}


def test_what_clients_send_arrives_at_the_upstream_once_and_in_order(
    beside_prefect: Beside, ship: dict[str, str]
) -> None:
    sent = send(beside_prefect.digsite.url, [happened(resource=ship) for _ in range(120)])
    here, there = ship["prefect.resource.id"], beside_prefect.prefect.url
    assert until(lambda: len(of_resource(there, here)) >= len(sent))
    assert of_resource(there, here) == of_resource(beside_prefect.digsite.url, here) == sent


def test_what_the_upstream_states_is_recorded_once_and_in_order(beside_prefect: Beside, ship: dict[str, str]) -> None:
    sent = send(beside_prefect.prefect.url, [happened(resource=ship) for _ in range(120)])
    here, there = beside_prefect.digsite.url, ship["prefect.resource.id"]
    assert until(lambda: len(of_resource(here, there)) >= len(sent))
    assert of_resource(here, there) == sent


def test_an_artifact_s_events_arrive_at_the_upstream(beside_prefect: Beside) -> None:
    key = f"key-{uuid4()}"
    with httpx2.Client(trust_env=False) as http:
        made = http.post(f"{beside_prefect.digsite.url}/artifacts/", json={"key": key, "data": "1"}).json()
    artifact = f"prefect.artifact.{made['id']}"
    named = {"any_resource": {"id": [artifact]}}
    found = until(lambda: events_of(beside_prefect.prefect.url, **named))
    assert [event["event"] for event in found] == ["prefect.artifact.created", "prefect.artifact-collection.created"]
    assert found[1]["payload"]["data"] == "1"


@pytest.mark.slow
def test_the_checkpoint_moves_over_what_the_upstream_has_on_its_disk(
    beside_prefect: Beside, ship: dict[str, str]
) -> None:
    send(beside_prefect.digsite.url, [happened(resource=ship)])
    with httpx2.Client(trust_env=False) as http:
        head = http.get(f"{beside_prefect.digsite.url}/log/head").json()["position"]
    assert positions_of(beside_prefect.digsite.url)["forwarder"] < head
    until(lambda: positions_of(beside_prefect.digsite.url)["forwarder"] >= head)
    assert of_resource(beside_prefect.prefect.url, ship["prefect.resource.id"])


def test_an_automation_of_the_upstream_fires_once_on_an_artifact(beside_prefect: Beside) -> None:
    key = f"key-{uuid4()}"
    trigger = {
        "type": "event",
        "posture": "Reactive",
        "expect": ["prefect.artifact-collection.updated"],
        "match": {"prefect.resource.name": key},
        "threshold": 1,
        "within": 0,
    }
    automation = {"name": key, "trigger": trigger, "actions": [{"type": "do-nothing"}]}
    with httpx2.Client(trust_env=False, timeout=20) as http:
        made = http.post(f"{beside_prefect.prefect.url}/automations/", json=automation).raise_for_status().json()
        for number in range(2):
            http.post(f"{beside_prefect.digsite.url}/artifacts/", json={"key": key, "data": number}).raise_for_status()
    fired = {
        "resource": {"id": [f"prefect.automation.{made['id']}"]},
        "event": {"name": ["prefect.automation.triggered"]},
    }
    [event] = until(lambda: events_of(beside_prefect.digsite.url, **fired))
    assert event["payload"]["triggering_event"]["payload"]["key"] == key
