"""What Prefect's SDK has published, each type in its versions, on each page that shows it."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.client import PrefectClient
from tests.e2e.page.site import Site

PICTURES = (
    "data:image/gif;base64,R0lGODlhAQABAIAAAP8AAP///ywAAAAAAQABAAACAkQBADs=",
    "data:image/gif;base64,R0lGODlhAQABAIAAAAAA/////ywAAAAAAQABAAACAkQBADs=",
)
"""Pictures that need no network."""
TABLES = ("list-of-dicts", "list-of-lists", "dict-of-lists")
SAID = {
    "report": "Sales",
    "source": "The salesexample.com/june.csv",
    "fetching": "75%",
    **dict.fromkeys(TABLES, "3 × 2"),
}
"""What a row of the list says of the latest version."""
CHANGED = {
    "report": "+1 line",
    "source": "url changed",
    "plot": "another image",
    **dict.fromkeys(TABLES, "1 row added, 1 changed of 2"),
}
"""What the second version says of itself."""

CONTENT = re.compile(r"^(a|b|c|0\.85|0\.5|null)$")
"""Of the cells, without the numbers of the rows."""

Ids = dict[str, list[str]]


@pytest.fixture(scope="module")
def sdk(site: Site, prefect_python: Path, tmp_path_factory: pytest.TempPathFactory) -> PrefectClient:
    return PrefectClient(prefect_python, tmp_path_factory.mktemp("client"), site.server.url)


@pytest.fixture(scope="module")
def ids(sdk: PrefectClient) -> Ids:
    """The versions of each key."""
    published: Ids = json.loads(sdk.script("versions", *PICTURES))
    return published


def row(page: Page, key: str) -> Locator:
    rows = page.get_by_role("grid", name="Artifacts").get_by_role("row")
    return rows.filter(has=page.get_by_role("link", name=key, exact=True))


def test_the_list_says_what_each_is(page: Page, ids: Ids) -> None:
    page.goto("/artifacts")
    for key, said in SAID.items():
        expect(row(page, key)).to_contain_text(said)
    expect(row(page, "plot").locator("img")).to_have_attribute("src", PICTURES[1])
    expect(row(page, "source").get_by_role("img", name="link")).to_be_visible()


def test_a_key_says_what_its_second_version_changed(page: Page, ids: Ids) -> None:
    for key, change in CHANGED.items():
        page.goto(f"/artifacts/key/{key}")
        versions = page.get_by_role("list", name=f"Versions of {key}").get_by_role("listitem")
        expect(versions).to_contain_text([change, "first"])


def test_a_link_is_a_link(page: Page, ids: Ids) -> None:
    page.goto(f"/artifacts/artifact/{ids['source'][1]}")
    expect(page.get_by_role("main").get_by_role("link", name="The sales")).to_have_attribute(
        "href", "https://example.com/june.csv"
    )


def test_a_table_of_each_shape_has_its_cells_and_null_for_nan(page: Page, ids: Ids) -> None:
    for key in TABLES:
        page.goto(f"/artifacts/artifact/{ids[key][1]}")
        cells = page.get_by_role("grid", name="Table").get_by_role("gridcell")
        expect(cells.filter(has_text=CONTENT)).to_have_text(["a", "0.85", "b", "0.5", "c", "null"])


def test_a_progress_moves_when_the_sdk_moves_it(page: Page, sdk: PrefectClient, ids: Ids) -> None:
    page.goto(f"/artifacts/artifact/{ids['fetching'][0]}")
    bar = page.get_by_role("progressbar", name="Fetching")
    expect(bar).to_have_attribute("value", "75")
    sdk.script("move_progress", ids["fetching"][0], "100")
    expect(bar).to_have_attribute("value", "100")
    expect(page.get_by_text(re.compile("^Done"))).to_be_visible()


def test_two_versions_of_a_table_are_compared(page: Page, ids: Ids) -> None:
    page.goto("/compare/list-of-dicts/1..2")
    rows = page.get_by_role("table", name="Rows")
    expect(rows.get_by_role("row", name="changed")).to_contain_text(re.compile(r"nothing.*0\.5"))
    expect(rows.get_by_role("row", name="added")).to_contain_text("c")


def test_its_events_say_by_which_client(page: Page, site: Site, ids: Ids) -> None:
    page.goto("/events?key=report")
    events = page.get_by_role("log").locator("[data-position]")
    expect(events).to_contain_text(["updated", "created", "created", "created"])
    events.nth(1).get_by_role("button").first.click()
    expect(page.get_by_role("log")).to_contain_text(re.compile(r"prefect/3\.\S+ .*127\.0\.0\.1"))
