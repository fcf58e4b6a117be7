"""What tests of the bridge ask of both sides: which events they have, and whether they have them by now."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx2

from tests.sockets import outside_event

TIMEOUT_S = 60.0
POLL_S = 0.1
ALWAYS = {"since": "2000-01-01T00:00:00Z", "until": "2100-01-01T00:00:00Z"}
PAGE = 50


def happened(**fields: Any) -> dict[str, Any]:
    """An event of this moment."""
    return outside_event(**{"occurred": datetime.now(UTC).isoformat().replace("+00:00", "Z"), **fields})


def send(url: str, events: Sequence[dict[str, Any]]) -> list[str]:
    """Post events to either server. Answers with their ids."""
    with _client() as http:
        http.post(f"{url}/events", json=list(events)).raise_for_status()
    return [event["id"] for event in events]


def events_of(url: str, **criteria: Any) -> list[dict[str, Any]]:
    """All events of either server that match, in the order in which it received them."""
    asked = {"filter": {"occurred": ALWAYS, "order": "ASC", **criteria}, "limit": PAGE}
    with _client() as http:
        page = http.post(f"{url}/events/filter", json=asked).raise_for_status().json()
        found = page["events"]
        while page["next_page"]:
            page = http.get(page["next_page"]).raise_for_status().json()
            found += page["events"]
    return sorted(found, key=lambda event: str(event["received"]))


def of_resource(url: str, resource_id: str) -> list[str]:
    """The ids of the events of one resource, in the order in which a server received them."""
    return [event["id"] for event in events_of(url, resource={"id": [resource_id]})]


def positions_of(url: str) -> dict[str, int]:
    """How far each checkpoint is."""
    with _client() as http:
        states = http.get(f"{url}/projections").raise_for_status().json()
    return {state["projection"]: state["position"] for state in states}


def until(condition: Callable[[], Any], timeout_s: float = TIMEOUT_S) -> Any:
    """What a condition comes to, once it is something."""
    deadline = time.monotonic() + timeout_s
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not come to that in time"
        time.sleep(POLL_S)
    return found


def _client() -> httpx2.Client:
    return httpx2.Client(trust_env=False, timeout=20)
