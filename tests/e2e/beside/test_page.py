"""Digsite's own page, where a Prefect server is behind: a flow run, its task, and all that they wrote."""

import json
from collections.abc import Iterator
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.beside.sides import ended_task_runs
from tests.e2e.client import PrefectClient
from tests.e2e.page.tab import tab
from tests.prefects import Beside

pytestmark = pytest.mark.slow

PICTURE = "data:image/gif;base64,R0lGODlhAQABAIAAAP8AAP///ywAAAAAAQABAAACAkQBADs="

Ids = dict[str, str]


@pytest.fixture(scope="module")
def ids(prefect: PrefectClient, beside_prefect: Beside) -> Ids:
    """The ids of what was published, and of the runs that did it, by name."""
    ids: Ids = json.loads(prefect.script("publish", PICTURE))
    ended_task_runs(beside_prefect, [ids["flow run"]])
    return ids


@pytest.fixture
def page(browser: Browser, beside_prefect: Beside, request: pytest.FixtureRequest) -> Iterator[Page]:
    with tab(browser, beside_prefect.digsite.url.removesuffix("/api"), request.node) as page:
        yield page


def test_a_flow_run_shows_all_that_it_and_its_task_wrote_in_order(page: Page, ids: Ids) -> None:
    page.goto(f"/runs/flow-run/{ids['flow run']}")
    expect(page.get_by_role("heading", level=1)).to_contain_text("nightly")
    expect(page.get_by_role("article").get_by_text("Completed")).to_be_visible()
    writes = page.get_by_role("table").locator("tbody").get_by_role("row")
    expect(writes).to_have_count(3)
    expect(writes).to_contain_text(["loading v1", "updated loading v1", "nightly-summary v1"])
    expect(writes.nth(1)).to_contain_text("0% → 60%")
    expect(writes.nth(1).get_by_role("cell").last).to_have_text("load")
    expect(page.get_by_role("progressbar", name="loading")).to_have_attribute("value", "60")
    expect(page.get_by_role("heading", name="Loaded from two regions")).to_be_visible()


def test_a_task_run_leads_to_its_flow_run(page: Page, ids: Ids) -> None:
    page.goto(f"/runs/task-run/{ids['task run']}")
    expect(page.get_by_role("heading", level=1)).to_contain_text("load")
    expect(page.get_by_text("2 writes to 1 key")).to_be_visible()
    page.get_by_role("link", name="its flow run").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("nightly")


@pytest.mark.parametrize("kind", ["flow", "task"])
def test_a_run_leads_to_its_page_in_prefect(page: Page, beside_prefect: Beside, ids: Ids, kind: str) -> None:
    run = ids[f"{kind} run"]
    page.goto(f"/runs/{kind}-run/{run}")
    link = page.get_by_role("link", name="Show in Prefect")
    expect(link).to_have_attribute("href", f"{beside_prefect.prefect.origin}/runs/{kind}-run/{run}")


def test_a_run_that_is_not_known_may_live_in_prefect(page: Page, beside_prefect: Beside) -> None:
    run = uuid4()
    page.goto(f"/runs/flow-run/{run}")
    expect(page.get_by_text("It may live in the Prefect server behind this one.")).to_be_visible()
    link = page.get_by_role("link", name="Show in Prefect")
    expect(link).to_have_attribute("href", f"{beside_prefect.prefect.origin}/runs/flow-run/{run}")


@pytest.mark.parametrize("address", ["/artifacts/key/loading", "/events?key=loading"])
def test_who_wrote_is_told_by_the_name_of_the_run(page: Page, ids: Ids, address: str) -> None:
    page.goto(address)
    expect(page.get_by_role("main").get_by_role("link", name="nightly", exact=True).first).to_have_attribute(
        "href", f"/runs/flow-run/{ids['flow run']}"
    )


def test_runs_that_wrote_are_found_by_name(page: Page, ids: Ids) -> None:
    page.goto("/runs?q=nightly")
    run = page.get_by_role("listitem").filter(has=page.get_by_role("link", name="nightly", exact=True))
    expect(run).to_contain_text("3 writes")
    expect(run.get_by_role("link", name="loading")).to_be_visible()
