"""`prefect artifact ls`, `inspect` and `delete`, unmodified."""

import json
from collections.abc import Callable, Iterator

import httpx2
import pytest

from tests.databases import ON_SQLITE
from tests.e2e.client import Finished, PrefectClient
from tests.servers import LiveServer

pytestmark = ON_SQLITE

UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def api(live_server: LiveServer) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=live_server.url) as client:
        yield client


@pytest.fixture
def publish(api: httpx2.Client) -> Callable[[str, str], str]:
    """Publishes a Markdown artifact and answers with its id. The CLI itself cannot publish."""

    def publish(key: str, text: str = "# Hello") -> str:
        return str(api.post("/artifacts/", json={"key": key, "type": "markdown", "data": text}).json()["id"])

    return publish


@pytest.fixture
def artifact(prefect: PrefectClient) -> Callable[..., Finished]:
    """Runs `prefect artifact ...`."""
    return lambda *arguments: prefect.cli("artifact", *arguments)


Publish = Callable[..., str]
Run = Callable[..., Finished]


def test_ls_lists_the_latest_version_of_each_key(artifact: Run, publish: Publish) -> None:
    older, newer, other = publish("listed"), publish("listed"), publish("also-listed")
    listed = artifact("ls")
    assert listed.status == 0
    rows = [line.split("│")[1:4] for line in listed.output.splitlines() if "listed" in line]
    assert [[cell.strip() for cell in row] for row in rows] == [
        [other, "also-listed", "markdown"],
        [newer, "listed", "markdown"],
    ]
    assert older not in listed.output


def test_ls_in_json_gives_the_collections(artifact: Run, publish: Publish) -> None:
    latest = publish("in-json", "# Data")
    listed = json.loads(artifact("ls", "-o", "json").output)
    (found,) = [each for each in listed if each["key"] == "in-json"]
    assert (found["latest_id"], found["type"], found["data"]) == (latest, "markdown", "# Data")


def test_ls_all_lists_every_version(artifact: Run, publish: Publish) -> None:
    versions = [publish("all-listed") for _ in range(3)]
    listed = artifact("ls", "--all")
    assert listed.status == 0
    assert all(id in listed.output for id in versions)


def test_inspect_shows_the_versions_of_a_key_newest_first(artifact: Run, publish: Publish) -> None:
    older, newer = publish("inspected", "older"), publish("inspected", "newer")
    inspected = json.loads(artifact("inspect", "inspected", "-o", "json").output)
    assert [(each["id"], each["data"]) for each in inspected] == [(newer, "newer"), (older, "older")]


def test_inspect_of_an_unknown_key_says_so(artifact: Run) -> None:
    inspected = artifact("inspect", "unknown")
    assert inspected.status == 1
    assert "Artifact 'unknown' not found." in inspected.output


def test_delete_by_key_deletes_every_version(artifact: Run, publish: Publish, api: httpx2.Client) -> None:
    versions = [publish("deleted"), publish("deleted")]
    deleted = artifact("delete", "deleted")
    assert (deleted.status, deleted.output.strip()) == (0, "Deleted 2 artifact(s) with key 'deleted'.")
    assert [api.get(f"/artifacts/{id}").status_code for id in versions] == [404, 404]


def test_delete_by_id_deletes_that_version_alone(artifact: Run, publish: Publish, api: httpx2.Client) -> None:
    kept, id = publish("partly-deleted"), publish("partly-deleted")
    deleted = artifact("delete", "--id", id)
    assert (deleted.status, deleted.output.strip()) == (0, f"Deleted artifact with id '{id}'.")
    assert [api.get(f"/artifacts/{each}").status_code for each in (kept, id)] == [200, 404]


def test_delete_of_an_unknown_key_says_so(artifact: Run) -> None:
    deleted = artifact("delete", "unknown")
    assert deleted.status == 1
    assert "Artifact with key 'unknown' not found." in deleted.output


def test_delete_of_an_unknown_id_says_so(artifact: Run) -> None:
    deleted = artifact("delete", "--id", UNKNOWN_ID)
    assert deleted.status == 1
    assert f"Artifact with id '{UNKNOWN_ID}' not found!" in deleted.output
