"""An automation of Prefect's own, made by its SDK, that fires on Digsite's events of one key."""

from collections.abc import Iterator

import httpx2
import msgspec
import pytest
from msgspec import Struct

from tests.e2e.beside.sides import Event, agreed
from tests.e2e.beside.told import unexpected
from tests.e2e.client import PrefectClient
from tests.prefects import Beside
from tests.receiver import Post, Receiver

KEY, VERSIONS = "watched", 3


class Reported(Struct, frozen=True):
    flow_run_id: str
    name: str
    artifacts: list[str]


class Told(Struct, frozen=True):
    report: Reported
    errors: str
    posts: list[Post]
    events: list[Event]

    def of_kind(self, kind: str) -> list[Event]:
        return [each for each in self.events if each["event"] == kind]


@pytest.fixture(scope="module")
def told(prefect: PrefectClient, beside_prefect: Beside) -> Iterator[Told]:
    with Receiver() as receiver:
        finished = prefect.finished("flows/automation", receiver.url, KEY, str(VERSIONS))
        report = msgspec.json.decode(finished.output, type=Reported)
        posts = receiver.wait_for(VERSIONS - 1)
        yield Told(report, finished.errors, posts, agreed(beside_prefect))
        assert receiver.posts == posts  # none came later


def test_the_webhook_is_called_once_for_each_version_but_the_first(told: Told) -> None:
    updates = [each for each in told.of_kind("prefect.artifact-collection.updated") if each["payload"]["key"] == KEY]
    assert [each.json["id"] for each in told.posts] == [each["id"] for each in updates]
    assert len(updates) == VERSIONS - 1


def test_the_webhook_is_told_the_data_and_the_flow_run(told: Told) -> None:
    assert [(each.json["key"], each.json["data"]) for each in told.posts] == [(KEY, "version 2"), (KEY, "version 3")]
    assert {each.json["flow_run"] for each in told.posts} == {told.report.name}


def test_what_the_automation_did_is_in_the_log(told: Told) -> None:
    updates = {each.json["id"] for each in told.posts}
    triggered = told.of_kind("prefect.automation.triggered")
    assert {each["payload"]["triggering_event"]["id"] for each in triggered} == updates
    assert len(told.of_kind("prefect.automation.action.executed")) == len(updates)


def test_the_block_and_the_automation_are_the_upstreams(told: Told, beside_prefect: Beside) -> None:
    for url in (beside_prefect.prefect.url, beside_prefect.digsite.url):
        found = httpx2.post(f"{url}/automations/filter", json={}).json()
        assert [each["name"] for each in found] == [f"tell of {KEY}"]


def test_the_client_has_nothing_to_complain_of(told: Told) -> None:
    assert unexpected(told.errors) == []
