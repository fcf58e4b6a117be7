"""What the SDK's `@materialize` sends comes out as assets, materializations and lineage.

The tasks run outside of a flow: a flow would ask its server for more than Digsite has. So the events name no runs.
"""

from typing import Any
from urllib.parse import quote

import httpx2
import pytest

from tests.databases import ON_POSTGRES
from tests.e2e.client import PrefectClient
from tests.servers import LiveServer

pytestmark = ON_POSTGRES

RAW, CLEAN, REPORT = "s3://lake/raw/orders", "s3://lake/clean/orders", "s3://lake/report"


@pytest.fixture(scope="module")
def materialized(prefect: PrefectClient) -> None:
    prefect.script("materialize")


@pytest.fixture
def api(live_server: LiveServer, materialized: None) -> Any:
    """A client that waits until the projection has all that the SDK has sent."""
    with httpx2.Client(base_url=live_server.url) as api:
        head = api.get("/log/head").json()["position"]
        api.headers["X-Digsite-Wait-Position"] = str(head)
        yield api


def asset(api: httpx2.Client, key: str, what: str = "") -> Any:
    response = api.get(f"/assets/{quote(key, safe='')}{what}")
    assert response.status_code == 200, response.text
    return response.json()


def test_all_assets_are_in_the_catalog(api: httpx2.Client) -> None:
    listed = {each["key"]: each for each in api.get("/assets").json()}
    counts = {key: (each["referenced"], each["succeeded"], each["failed"]) for key, each in listed.items()}
    assert counts == {RAW: (2, 0, 0), CLEAN: (1, 2, 0), REPORT: (0, 0, 1)}


def test_an_asset_has_the_properties_that_were_given(api: httpx2.Client) -> None:
    shown = asset(api, CLEAN)
    assert [shown[name] for name in ("name", "description", "url", "owners")] == [
        "Orders",
        "Größe ✓",
        "https://lake.example",
        ["ann"],
    ]


def test_materializations_have_their_metadata_and_who_made_them(api: httpx2.Client) -> None:
    newest, oldest = asset(api, CLEAN)["materializations"]
    assert [each["metadata"]["rows"] for each in (newest, oldest)] == [2, 1]
    assert [each["materialized_by"] for each in (newest, oldest)] == ["dbt", "dbt"]


def test_a_task_that_fails_leaves_a_failed_materialization(api: httpx2.Client) -> None:
    [only] = asset(api, REPORT)["materializations"]
    assert (only["status"], only["metadata"]) == ("failed", {})


def test_lineage_leads_through_the_tasks(api: httpx2.Client) -> None:
    found = asset(api, REPORT, "/lineage")
    assert [(each["upstream"], each["distance"]) for each in found["upstream"]] == [(CLEAN, 1), (RAW, 2)]
    assert found["downstream"] == []
