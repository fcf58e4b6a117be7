"""The client's credentials: the auth string, and API keys of each scope."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest
from msgspec import Struct

from events.event import RecordedEvent
from tests.databases import ON_POSTGRES
from tests.e2e.client import PrefectClient
from tests.e2e.log import left_by
from tests.servers import LiveServer

pytestmark = ON_POSTGRES

USER, PASSWORD = "admin", "päss:word"
AUTH_STRING = f"{USER}:{PASSWORD}"
CLIENTS_AT_A_TIME = 2


class Tried(Struct, frozen=True):
    """How reading and writing were answered, by whose credentials, and what the log holds."""

    statuses: dict[str, dict[str, int]]
    events: list[RecordedEvent]

    def actors_of(self, key: str) -> set[str]:
        return {each.event.origin.actor for each in self.events if each.event.outcome.key == key}


@pytest.fixture(scope="module")
def live_server(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    environment = {"DIGSITE_API_AUTH_STRING": AUTH_STRING}
    with LiveServer(database_url, tmp_path_factory.mktemp("digsite"), environment) as server:
        yield server


@pytest.fixture(scope="module")
def tried(prefect_python: Path, live_server: LiveServer, tmp_path_factory: pytest.TempPathFactory) -> Tried:
    """Each client reads and writes once; its key is named after its credentials."""
    credentials = {
        "nobody": {},
        "admin": {"PREFECT_API_AUTH_STRING": AUTH_STRING},
        "writer": {"PREFECT_API_KEY": create_key(live_server, "writer", "write")},
        "reader": {"PREFECT_API_KEY": create_key(live_server, "reader", "read")},
    }

    def attempt(name: str) -> Any:
        home = tmp_path_factory.mktemp("prefect")
        client = PrefectClient(prefect_python, home, live_server.url, **credentials[name])
        return json.loads(client.script("access", name))

    with ThreadPoolExecutor(CLIENTS_AT_A_TIME) as pool:
        statuses = dict(zip(credentials, pool.map(attempt, credentials), strict=True))
    return Tried(statuses, left_by(live_server))


def create_key(server: LiveServer, name: str, scope: str) -> str:
    key = {"name": name, "scope": scope, "log": None}
    answer = httpx2.post(f"{server.url}/keys", auth=(USER.encode(), PASSWORD.encode()), json=key)
    return str(answer.json()["token"])


@pytest.mark.parametrize("name", ["admin", "writer"])
def test_the_auth_string_and_a_writing_key_read_and_write(tried: Tried, name: str) -> None:
    assert tried.statuses[name] == {"read": 200, "write": 200}


def test_a_reading_key_only_reads(tried: Tried) -> None:
    assert tried.statuses["reader"] == {"read": 200, "write": 403}


def test_without_credentials_nothing_is_allowed(tried: Tried) -> None:
    assert tried.statuses["nobody"] == {"read": 401, "write": 401}


@pytest.mark.parametrize(("key", "actor"), [("admin", "basic"), ("writer", "writer")])
def test_each_event_names_who_wrote_it(tried: Tried, key: str, actor: str) -> None:
    assert tried.actors_of(key) == {actor}


@pytest.mark.parametrize("key", ["nobody", "reader"])
def test_a_refused_write_leaves_no_event(tried: Tried, key: str) -> None:
    assert tried.actors_of(key) == set()
