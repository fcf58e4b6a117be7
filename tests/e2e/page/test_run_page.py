"""The pages of runs: which wrote, and all that one wrote, with what it did to each key."""

from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.page.site import Site

RUN = str(uuid4())


@pytest.fixture(scope="module")
def written(site: Site) -> str:
    """A run that wrote a table twice, a progress, and a report. The id of the progress."""
    site.publish("stock", [{"id": 1}], "table", flow_run_id=RUN)
    site.publish("stock", [{"id": 1}, {"id": 2}], "table", flow_run_id=RUN)
    progress = site.publish("fetching", 40.0, "progress", flow_run_id=RUN)
    site.publish("report", "# All went well\n\n1,200 rows.", "markdown", flow_run_id=RUN)
    return progress


def test_runs_that_wrote_are_listed_and_found_by_a_key(page: Page, written: str) -> None:
    page.goto("/runs")
    expect(page.get_by_role("listitem").filter(has_text=RUN)).to_contain_text("4 writes")
    page.get_by_label("Find runs").fill("nothing-like-it")
    expect(page.get_by_role("heading", name="No run is like this")).to_be_visible()
    page.get_by_label("Find runs").fill("stoc")
    expect(page.get_by_role("link", name=RUN)).to_be_visible()


def test_a_run_shows_what_it_wrote_with_its_effect(page: Page, written: str) -> None:
    page.goto(f"/runs/flow-run/{RUN}")
    effects = page.get_by_role("row").filter(has=page.get_by_role("link", name="stock"))
    expect(effects.nth(0)).to_contain_text("1 row of 1 column")
    expect(effects.nth(1)).to_contain_text("1 row added of 1")
    report = page.get_by_role("region", name="report").first
    expect(report.get_by_role("heading", name="All went well")).to_be_visible()


def test_the_progress_of_a_run_is_live(page: Page, site: Site, written: str) -> None:
    page.goto(f"/runs/flow-run/{RUN}")
    bar = page.get_by_role("progressbar", name="fetching")
    expect(bar).to_have_attribute("value", "40")
    site.update(written, 77.0)
    expect(bar).to_have_attribute("value", "77")


def test_a_run_that_is_known_by_its_id_alone_says_so(page: Page) -> None:
    page.goto(f"/runs/task-run/{uuid4()}")
    expect(page.get_by_role("heading", name="Of this run nothing is known but its id")).to_be_visible()
