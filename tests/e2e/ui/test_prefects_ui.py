"""Prefect's UI, v1 and v2, unmodified: its pages show Digsite's artifacts as they would Prefect's own."""

from collections.abc import Callable

import httpx2
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.ui.conftest import PICTURE
from tests.e2e.ui.visit import Visit
from tests.prefects import Beside

KEYS = {"sales", "report", "regions", "plot", "loading", "nightly-summary"}
SHOWN: dict[str, Callable[[Page], Locator]] = {
    "markdown": lambda page: page.get_by_role("heading", name="Sales of June"),
    "link": lambda page: page.locator('a[href="https://example.com/report"]', has_text="The report"),
    "table": lambda page: page.get_by_role("row").filter(has_text="south").filter(has_text="30"),
    "image": lambda page: page.locator(f'img[src="{PICTURE}"]'),
    "progress": lambda page: page.get_by_text("Progress: 60%"),
}
"""How an artifact of each type is seen to be rendered."""

AT_THE_TASK = 0.41
AT_THE_BOTTOM = 0.9
"""How far down in the graph of a run with one task the artifacts are, as a part of its height."""

Ids = dict[str, str]


def test_the_prefect_server_holds_none_of_what_is_shown(beside_prefect: Beside, ids: Ids) -> None:
    with httpx2.Client(base_url=beside_prefect.prefect.url) as upstream:
        assert upstream.post("/artifacts/count", json={}).json() == 0


def test_the_list_shows_the_latest_of_each_key(visit: Visit) -> None:
    visit.open("/artifacts")
    expect(visit.text(f"{len(KEYS)} artifacts")).to_be_visible()
    visit.expect_links("/artifacts/key", KEYS)
    expect(visit.text("Sales by region")).to_be_visible()


def test_the_list_is_searched_by_key(visit: Visit) -> None:
    visit.open("/artifacts").page.get_by_placeholder("Search artifacts").fill("NIGHT")
    expect(visit.text("1 artifact")).to_be_visible()
    visit.expect_links("/artifacts/key", ["nightly-summary"])


def test_the_list_is_filtered_by_type(visit: Visit) -> None:
    page = visit.open("/artifacts").page
    expect(visit.text("Sales by region")).to_be_visible()
    page.locator(".artifact-type-select").or_(page.get_by_role("combobox").filter(has_text="All Types")).click()
    page.get_by_text("Table", exact=True).filter(visible=True).click()
    visit.expect_links("/artifacts/key", ["regions"])


def test_a_key_shows_all_of_its_versions_newest_first(visit: Visit, ids: Ids) -> None:
    visit.open("/artifacts/key/sales")
    visit.expect_links("/artifacts/artifact", [ids["markdown"], ids["older"]])
    expect(visit.text("Sales by region")).to_be_visible()


@pytest.mark.parametrize("type_", SHOWN)
def test_an_artifact_of_each_type_is_rendered(visit: Visit, ids: Ids, type_: str) -> None:
    visit.open(f"/artifacts/artifact/{ids[type_]}")
    expect(SHOWN[type_](visit.page)).to_be_visible()


def test_an_artifact_leads_to_the_runs_that_wrote_it(visit: Visit, ids: Ids) -> None:
    visit.open(f"/artifacts/artifact/{ids['progress']}")
    for run, name in ("flow", "nightly"), ("task", "load"):
        link = visit.page.locator(f'a[href$="/runs/{run}-run/{ids[f"{run} run"]}"]')
        expect(link.filter(has_text=name)).to_be_visible()


def test_a_flow_run_has_its_artifacts_in_a_tab(visit: Visit, ids: Ids) -> None:
    visit.open(f"/runs/flow-run/{ids['flow run']}").choose_tab("Artifacts")
    visit.expect_links("/artifacts/artifact", {ids["summary"], ids["progress"]})


def test_a_task_run_has_its_artifacts_in_a_tab(visit: Visit, ids: Ids) -> None:
    visit.open(f"/runs/task-run/{ids['task run']}").choose_tab("Artifacts")
    visit.expect_links("/artifacts/artifact", [ids["progress"]])


@pytest.mark.slow
def test_the_graph_of_a_flow_run_has_the_artifacts_of_its_tasks(visit: Visit, ids: Ids) -> None:
    visit.open(f"/runs/flow-run/{ids['flow run']}").click_through(AT_THE_TASK, until=visit.text("Progress: 60%"))


@pytest.mark.slow
@pytest.mark.parametrize("ui", ["v1"], indirect=True)  # v2 does not draw them, with Prefect alone either
def test_the_graph_of_a_flow_run_has_its_own_artifacts(visit: Visit, ids: Ids) -> None:
    shown = visit.page.get_by_role("heading", name="Loaded from two regions")
    visit.open(f"/runs/flow-run/{ids['flow run']}").click_through(AT_THE_BOTTOM, until=shown)


def test_the_event_feed_shows_what_became_of_artifacts(visit: Visit) -> None:
    visit.open("/events")
    for kind in "prefect.artifact.created", "prefect.artifact-collection.created", "prefect.flow-run.Completed":
        expect(visit.text(kind)).to_be_visible()
