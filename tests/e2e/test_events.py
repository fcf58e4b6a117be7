"""The SDK's and the CLI's events, unmodified: each is recorded once, in order, through a restart as well."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.databases import ON_SQLITE
from tests.e2e.client import PrefectClient
from tests.servers import LiveServer

pytestmark = ON_SQLITE

MANY = 1000


@pytest.fixture(scope="module")
def api(live_server: LiveServer) -> Iterator[httpx2.Client]:
    with httpx2.Client(timeout=30) as client:
        yield client


def recorded(server: LiveServer, api: httpx2.Client, resource_id: str) -> list[dict[str, Any]]:
    """All events about a resource, by when they happened."""
    asked = {"filter": {"resource": {"id": [resource_id]}, "order": "ASC"}}
    page = api.post(f"{server.url}/events/filter", json=asked).json()
    events = page["events"]
    while page["next_page"]:
        page = api.get(page["next_page"]).json()
        events += page["events"]
    return events


@pytest.mark.parametrize(("way", "count"), [("function", 9), ("worker", MANY)])
def test_what_the_sdk_sends_is_recorded_once_and_in_order(
    prefect: PrefectClient, live_server: LiveServer, api: httpx2.Client, way: str, count: int
) -> None:
    finished = prefect.finished("events", way)
    assert "Unable to connect" not in finished.errors
    events = recorded(live_server, api, f"ship.{way}")
    assert [each["id"] for each in events] == json.loads(finished.output)
    assert [each["payload"]["number"] for each in events] == list(range(count))


def test_what_the_cli_emits_is_recorded(prefect: PrefectClient, live_server: LiveServer, api: httpx2.Client) -> None:
    related = {"prefect.resource.id": "port.kiel", "prefect.resource.role": "port"}
    options = ["--resource-id", "ship.cli", "--payload", '{"knots": 12.0}', "--related", json.dumps(related)]
    emitted = prefect.cli("event", "emit", "ship.sailed", *options)
    assert emitted.status == 0, emitted.errors
    [event] = recorded(live_server, api, "ship.cli")
    assert event["id"] in emitted.output.replace("\n", "")
    assert (event["payload"], event["related"]) == ({"knots": 12.0}, [related])


def test_through_a_restart_the_sdk_loses_and_doubles_nothing(
    prefect: PrefectClient, live_server: LiveServer, api: httpx2.Client, tmp_path: Path
) -> None:
    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(prefect.script, "events", "restart", str(tmp_path))
        while not (tmp_path / "half").exists():
            assert not sending.done() or sending.result() is None
        live_server.kill()
        live_server.start(live_server.port)
        (tmp_path / "restarted").touch()
        sent = json.loads(sending.result())
    events = recorded(live_server, api, "ship.restart")
    assert sorted(each["id"] for each in events) == sorted(sent)
