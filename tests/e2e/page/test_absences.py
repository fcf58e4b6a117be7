"""What is not there, or no more: the page says so, and why."""

import re
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.page.site import Site
from tests.servers import LiveServer


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("archive") / "shelf"


@pytest.fixture(scope="module")
def site(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server that has an archive."""
    home = tmp_path_factory.mktemp("site")
    with LiveServer(f"sqlite:///{home / 'digsite.db'}", home, {"DIGSITE_ARCHIVE": str(archive)}) as server:
        site = Site(server)
        yield site
        site.api.close()


def address_of(site: Site, position: int) -> str:
    """Of the page of an event."""
    event = site.api.get(f"/log/{position}").raise_for_status().json()
    return f"/events/event/{event['occurred'][:10]}/{event['id']}"


def erase(site: Site, key: str) -> None:
    asked = {"key": key, "reason": "request 17"}
    shown = site.api.post("/erasures", json=asked).raise_for_status().json()
    site.api.post("/erasures", json={**asked, "confirm": shown["confirm"]}).raise_for_status()


def test_an_event_that_is_not_known_says_where_it_may_be(page: Page, site: Site) -> None:
    unknown = uuid4()
    page.goto(f"/events/event/2026-11-21/{unknown}")
    expect(page).to_have_title("No such event · Digsite")
    expect(page.get_by_role("heading", name=f"The log has no event with the id {unknown}")).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="All events").click()
    expect(page).to_have_url(f"{site.root}/events")


def test_erased_content_says_why_and_by_which_event(page: Page, site: Site) -> None:
    artifact = site.publish("erased", "a secret")
    event = address_of(site, site.position() - 1)
    erase(site, "erased")
    page.goto(f"/artifacts/artifact/{artifact}")
    expect(page.get_by_role("heading", name="The content was erased")).to_be_visible()
    page.goto(event)
    expect(page.get_by_role("note")).to_contain_text("It was erased: somebody asked that this be forgotten.")
    expect(page.get_by_role("note")).to_contain_text(re.compile(r"Position \d+ says so\."))


@pytest.mark.complains("410")
def test_an_archive_out_of_reach_is_said(page: Page, site: Site, archive: Path) -> None:
    artifact = site.publish("archived", "on the shelf")
    event = address_of(site, site.position() - 1)
    site.api.post("/archive", json={"before": str(site.position() + 1)}).raise_for_status()
    archive.rename(archive.with_name("gone"))
    page.goto(f"/artifacts/artifact/{artifact}")
    expect(page.get_by_role("heading", name="The content is in an archive that cannot be read now")).to_be_visible()
    page.goto(event)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Event")
    expect(page.get_by_role("alert")).to_contain_text("is in an archive that cannot be read")
