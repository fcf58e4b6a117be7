"""The Artifacts page: all keys, what each says, and a view of them that is an address."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.client import PrefectClient
from tests.e2e.page.site import Site

KEYS = 1_001
GENEROUS_MS = 5_000
"""A write is on the page within a second; a machine that does much else may take longer."""
FILLED = "key-"


@pytest.fixture(scope="module")
def filled(site: Site) -> Site:
    """1,001 keys, tables and texts in turn."""
    for first in range(0, KEYS, 500):
        artifacts = [
            {"key": f"{FILLED}{number:04}", "type": "markdown" if number % 2 else "table", "data": "[]"}
            for number in range(first, min(first + 500, KEYS))
        ]
        site.api.post("/artifacts/batch", json={"artifacts": artifacts}).raise_for_status()
    return site


def rows(page: Page) -> Locator:
    return page.get_by_role("grid", name="Artifacts").get_by_role("row")


def row(page: Page, key: str) -> Locator:
    return rows(page).filter(has=page.get_by_role("link", name=key, exact=True))


def test_an_empty_page_publishes_an_example_of_every_type(page: Page, site: Site) -> None:
    """The first of the module: nothing was published yet."""
    page.goto("/artifacts")
    calls = page.get_by_label("Calls of Prefect's SDK")
    expect(calls).to_contain_text(f"PREFECT_API_URL={site.server.url}")
    expect(calls).to_contain_text("create_image_artifact(")
    page.get_by_role("button", name="Publish one now").click()
    for type in ("markdown", "table", "link", "progress", "image"):
        expect(rows(page).get_by_role("img", name=type, exact=True)).to_be_visible()


def test_every_key_is_there_and_end_reaches_the_last(page: Page, filled: Site) -> None:
    page.goto(f"/artifacts?q={FILLED}&sort=key")
    expect(page.get_by_test_id("counts")).to_contain_text("1,001 of 1,0")
    expect(rows(page).first).to_contain_text(f"{FILLED}0000")
    page.keyboard.press("End")
    expect(row(page, f"{FILLED}1000")).to_be_in_viewport()
    expect(row(page, f"{FILLED}1000")).to_have_attribute("aria-selected", "true")
    assert rows(page).count() < 80
    page.keyboard.press("Home")
    expect(row(page, f"{FILLED}0000")).to_be_in_viewport()


@pytest.mark.parametrize(
    ("data", "type", "shown"),
    [
        (61.0, "progress", "61%"),
        ("# Sales\n\nRevenue of **$1,000**", "markdown", "Sales: Revenue of $1,000"),
        (json.dumps([{"id": 1, "city": "Oslo"}] * 1200), "table", "1,200 × 2"),
        ("[the data](https://nyc3.example.com/a/b/data.csv)", "markdown", "the datanyc3.example.com/…/data.csv"),
        ("https://example.com/charts/sales.png", "image", "example.com/…/sales.png"),
        ({"rows": 3}, None, '{"rows":3}'),
        (None, "markdown", "Published without data."),
    ],
    ids=["progress", "markdown", "table", "link", "image", "json", "nothing"],
)
def test_a_row_says_what_an_artifact_is(
    page: Page, site: Site, data: object, type: str | None, shown: str, request: pytest.FixtureRequest
) -> None:
    key = f"preview-{request.node.callspec.id}"
    site.publish(key, data, type)
    page.goto(f"/artifacts?q={key}")
    expect(row(page, key)).to_contain_text(shown)


def test_an_image_that_holds_itself_is_a_thumbnail(page: Page, site: Site) -> None:
    dot = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
    site.publish("thumbnail", dot, "image")
    page.goto("/artifacts?q=thumbnail")
    expect(row(page, "thumbnail").locator("img")).to_have_attribute("src", dot)


def test_a_link_is_told_from_other_markdown(page: Page, site: Site) -> None:
    site.publish("told-link", "[a](https://example.com)")
    site.publish("told-text", "text")
    page.goto("/artifacts?q=told-")
    page.get_by_role("button", name="Type").click()
    page.get_by_role("checkbox", name="link 1").check()
    expect(page).to_have_url(re.compile("type=link"))
    expect(rows(page)).to_have_count(1)
    expect(row(page, "told-link").get_by_role("img", name="link")).to_be_visible()


def test_filters_change_the_address_and_the_rows(page: Page, site: Site) -> None:
    site.publish("filtered-table", "[]", "table")
    site.publish("filtered-text", "text")
    page.goto("/artifacts?q=filtered-")
    expect(rows(page)).to_have_count(2)
    page.get_by_role("button", name="Writer").click()
    page.get_by_role("checkbox", name=re.compile("anonymous")).check()
    expect(page).to_have_url(re.compile("writer=anonymous"))
    page.get_by_label("Updated").select_option("1h")
    expect(page).to_have_url(re.compile("updated=1h"))
    expect(rows(page)).to_have_count(2)
    page.get_by_role("button", name="Type").click()
    page.get_by_role("checkbox", name=re.compile("table")).check()
    expect(rows(page)).to_have_count(1)
    page.go_back()
    expect(rows(page)).to_have_count(2)


def test_a_sort_changes_the_address_and_the_rows(page: Page, site: Site) -> None:
    for key in ("sorted-a", "sorted-b"):
        site.publish(key, "text")
    page.goto("/artifacts?q=sorted-")
    expect(rows(page).first).to_contain_text("sorted-b")
    page.get_by_label("Sort").select_option("key")
    expect(page).to_have_url(re.compile("sort=key"))
    expect(rows(page).first).to_contain_text("sorted-a")
    page.reload()
    expect(rows(page).first).to_contain_text("sorted-a")


def test_where_nothing_is_found_a_filter_is_removed_with_one_click(page: Page, site: Site) -> None:
    site.publish("lonely", "text")
    page.goto("/artifacts?q=lonely&type=table")
    expect(page.get_by_text("1 artifact without it")).to_be_visible()
    page.get_by_role("button", name="Remove table").click()
    expect(row(page, "lonely")).to_be_visible()
    expect(page).to_have_url(re.compile(r"\?q=lonely$"))


def test_what_the_sdk_writes_appears_without_a_reload(
    page: Page, site: Site, prefect_python: Path, tmp_path: Path
) -> None:
    site.publish("by-the-sdk-before", "text")
    page.goto("/artifacts?q=by-the-sdk")
    expect(rows(page)).to_have_count(1)
    PrefectClient(prefect_python, tmp_path, site.server.url).script("publish_progress", "by-the-sdk", "40")
    expect(row(page, "by-the-sdk")).to_contain_text("40%", timeout=GENEROUS_MS)


COUNT_FLASHES = """() => {
    const { dataset } = document.documentElement;
    document.addEventListener('animationstart', () => { dataset.flashes = Number(dataset.flashes ?? 0) + 1 });
}"""
CALM = 50
"""Events in a second above which nothing flashes."""


def test_a_row_that_changes_flashes_unless_much_else_does(page: Page, site: Site) -> None:
    artifact = site.publish("flashing", 10.0, "progress")
    second = datetime.now(UTC)
    page.clock.set_fixed_time(second)  # all that follows is within one second, however long it takes here
    page.goto("/artifacts?q=flashing")
    expect(row(page, "flashing")).to_contain_text("10%")
    page.evaluate(COUNT_FLASHES)
    site.update(artifact, 20.0)
    expect(row(page, "flashing")).to_contain_text("20%", timeout=GENEROUS_MS)
    expect(page.locator("html")).to_have_attribute("data-flashes", "1")
    expect(page.locator("[data-flash]")).to_have_count(0)
    batch = [{"key": f"beside-it-{each}", "data": ""} for each in range(CALM)]
    site.api.post("/artifacts/batch", json={"artifacts": batch}).raise_for_status()
    expect(page.get_by_text(f"live · {site.position():,}")).to_be_visible()
    site.update(artifact, 30.0)
    expect(row(page, "flashing")).to_contain_text("30%", timeout=GENEROUS_MS)
    page.clock.set_fixed_time(second + timedelta(seconds=2))
    expect(page.locator("html")).to_have_attribute("data-flashes", "1")
    site.update(artifact, 40.0)
    expect(row(page, "flashing")).to_contain_text("40%", timeout=GENEROUS_MS)
    expect(page.locator("html")).to_have_attribute("data-flashes", "2")


def test_nothing_flashes_where_motion_is_not_wanted(page: Page, site: Site) -> None:
    artifact = site.publish("calm", 10.0, "progress")
    page.emulate_media(reduced_motion="reduce")
    page.goto("/artifacts?q=calm")
    expect(row(page, "calm")).to_contain_text("10%")
    site.update(artifact, 77.0)
    expect(row(page, "calm")).to_contain_text("77%", timeout=GENEROUS_MS)
    assert row(page, "calm").get_attribute("data-flash") is None


def test_a_row_is_chosen_peeked_at_and_opened_by_keys(page: Page, site: Site) -> None:
    for key in ("keyed-a", "keyed-b"):
        site.publish(key, "text", description="What it is for")
    page.goto("/artifacts?q=keyed-&sort=key")
    expect(rows(page)).to_have_count(2)
    for key in ("j", "j", "k", "Space"):
        page.keyboard.press(key)
    expect(page.get_by_role("dialog", name="keyed-a")).to_contain_text("What it is for")
    expect(page).to_have_url(re.compile("peek=keyed-a"))
    page.keyboard.press("Escape")
    expect(page).not_to_have_url(re.compile("peek"))
    page.keyboard.press(".")
    expect(
        page.get_by_role("dialog", name="Actions for keyed-a").get_by_role("button", name="Copy key")
    ).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/artifacts/key/keyed-a"))


def test_a_view_is_saved_by_its_name(page: Page, site: Site) -> None:
    site.publish("viewed", "text")
    page.goto("/artifacts?q=viewed")
    page.get_by_role("button", name="Save view").click()
    page.get_by_label("Name of the view").fill("mine")
    page.keyboard.press("Enter")
    page.goto("/artifacts")
    page.get_by_role("link", name="mine").click()
    expect(page).to_have_url(re.compile(r"\?q=viewed$"))
    page.get_by_role("button", name="Forget the view mine").click()
    expect(page.get_by_role("link", name="mine")).to_have_count(0)


def test_artifacts_without_a_key_are_told_by_their_content(page: Page, site: Site) -> None:
    site.publish(None, "a note that has no name")
    page.goto("/artifacts")
    page.get_by_label("Without a key").check()
    expect(page).to_have_url(re.compile("unnamed=true"))
    expect(rows(page).first).to_contain_text("a note that has no name")


def test_a_trend_says_what_the_last_change_was(page: Page, site: Site) -> None:
    for count in (1, 3):
        site.publish("trending", json.dumps([{"id": number} for number in range(count)]), "table")
    page.goto("/artifacts?q=trending")
    expect(row(page, "trending")).to_contain_text("2 rows added of 1")
    expect(row(page, "trending").get_by_role("img", name="rows from 1 to 3 in 2 writes")).to_be_visible()


def test_the_past_has_its_own_list(page: Page, site: Site) -> None:
    artifact = site.publish("was", 10.0, "progress")
    then = site.position()
    site.update(artifact, 90.0)
    page.goto(f"/artifacts?q=was&at={then}")
    expect(row(page, "was")).to_contain_text("10%")
