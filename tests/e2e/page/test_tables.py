"""Tables: every shape, sorted, searched, large, and each cell with who changed it."""

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.page.site import Site

Show = Callable[..., Locator]

MANY = 100_000


@pytest.fixture
def show(page: Page, site: Site, request: pytest.FixtureRequest) -> Show:
    """Publish data as a table, and open it: its grid."""

    def show(data: Any, query: str = "", key: str = "") -> Locator:
        name = key or re.sub(r"[^a-z0-9]+", "-", request.node.name).strip("-")
        artifact = site.publish(name, data, "table")
        page.goto(f"/artifacts/artifact/{artifact}{query}")
        return page.get_by_role("grid", name="Table")

    return show


def column(grid: Locator, name: str) -> Locator:
    """The cells of a column that are on the page, from the top."""
    title = grid.get_by_role("columnheader", name=name, exact=True)
    expect(title).to_be_visible()
    return grid.locator(f'[role=gridcell][aria-colindex="{title.get_attribute("aria-colindex")}"]')


def sort_by(grid: Locator, name: str, **more: Any) -> None:
    grid.get_by_role("columnheader", name=name, exact=True).get_by_role("button").click(**more)


def titles(grid: Locator) -> Locator:
    return grid.get_by_role("columnheader").get_by_role("button", include_hidden=True)


SHAPES = {
    "objects": [{"id": 1, "city": "Oslo"}, {"score": 0.5, "id": 2}],
    "lists": [["id", "city", "score"], [1, "Oslo"], [2, None, 0.5]],
    "columns": {"id": [1, 2], "city": ["Oslo"], "score": [None, 0.5]},
    "text": '[{"id": 1, "city": "Oslo"}, {"score": 0.5, "id": 2}]',
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_table_of_any_shape_has_all_its_columns(show: Show, shape: str) -> None:
    grid = show(SHAPES[shape])
    expect(titles(grid)).to_have_text(["id", "city", "score"])
    expect(column(grid, "id")).to_have_text(["1", "2"])
    expect(column(grid, "city")).to_have_text(["Oslo", re.compile("missing|null")])


def test_numbers_are_shown_as_they_were_sent(show: Show) -> None:
    numbers = ["1.0", "12345678901234567890", "NaN", "-Infinity", "1e5"]
    grid = show(f"[{', '.join(f'[{each}]' for each in numbers)}]")
    expect(column(grid, "0")).to_have_text(numbers)


def test_what_is_empty_says_so(show: Show) -> None:
    grid = show([{"a": None}, {"a": ""}, {"b": 1}])
    expect(column(grid, "a")).to_have_text(["null", '""', "missing"])


def test_no_name_of_a_column_means_anything_to_the_page(show: Show) -> None:
    grid = show('[{"__proto__": 1, "constructor": "<b>x</b>"}]')
    expect(titles(grid)).to_have_text(["__proto__", "constructor"])
    expect(column(grid, "constructor")).to_have_text(["<b>x</b>"])


def test_numbers_sort_as_numbers_and_empty_cells_come_last_both_ways(show: Show) -> None:
    grid = show('[{"n": 10}, {"n": null}, {"n": 9}, {"n": NaN}, {"n": -1}, {}]')
    sort_by(grid, "n")
    expect(column(grid, "n")).to_have_text(["-1", "9", "10", "null", "NaN", "missing"])
    sort_by(grid, "n")
    expect(column(grid, "n")).to_have_text(["10", "9", "-1", "null", "NaN", "missing"])
    expect(grid.get_by_role("columnheader", name="n", exact=True)).to_have_attribute("aria-sort", "descending")


def test_with_shift_another_column_sorts_what_is_the_same(show: Show) -> None:
    grid = show([{"a": "x", "b": 2}, {"a": "w", "b": 3}, {"a": "x", "b": 1}])
    sort_by(grid, "a")
    sort_by(grid, "b", modifiers=["Shift"])
    expect(column(grid, "b")).to_have_text(["3", "1", "2"])


def test_a_search_finds_rows_by_any_cell(show: Show, page: Page) -> None:
    grid = show([{"a": "Oslo", "b": 1}, {"a": "Bergen", "b": 2}, {"a": "x", "b": {"of": ["OSLO"]}}])
    page.get_by_label("Search the rows").fill("oslo")
    expect(column(grid, "a")).to_have_text(["Oslo", "x"])
    expect(page.get_by_text(re.compile(r"2 of 3 rows · \d+ ms"))).to_be_visible()
    page.get_by_label("Search the rows").fill("Rome")
    expect(grid).to_contain_text("In none of 3 rows is “Rome”.")


def test_find_goes_to_the_search_of_the_table(show: Show, page: Page) -> None:
    expect(show([{"a": 1}])).to_be_visible()
    page.keyboard.press("Control+f")
    expect(page.get_by_label("Search the rows")).to_be_focused()


def test_a_view_survives_a_reload(show: Show, page: Page) -> None:
    grid = show([{"a": n % 3, "b": n, "c": f"row {n}"} for n in range(9)])
    sort_by(grid, "a")
    sort_by(grid, "b", modifiers=["Shift"])
    page.get_by_label("Search the rows").fill("row")
    page.get_by_text("Columns", exact=True).click()
    page.get_by_label("c", exact=True).uncheck()
    expect(titles(grid)).to_have_text([re.compile("a"), re.compile("b")])
    page.reload()
    expect(titles(grid)).to_have_text([re.compile("a"), re.compile("b")])
    expect(column(grid, "b")).to_have_text(["0", "3", "6", "1", "4", "7", "2", "5", "8"])
    expect(page.get_by_label("Search the rows")).to_have_value("row")


def test_a_column_is_made_wider_by_mouse_and_by_keys(show: Show, page: Page) -> None:
    grid = show([{"n": n} for n in range(3)])
    title = grid.get_by_role("columnheader", name="n", exact=True)
    expect(title).to_be_visible()
    box = title.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"], box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] + 100, box["y"] + 10)
    page.mouse.up()
    expect(page).to_have_url(re.compile(f"width={round(box['width']) + 100}"))
    grid.focus()
    page.keyboard.press("Alt+ArrowRight")
    expect(page).to_have_url(re.compile(f"width={round(box['width']) + 116}"))


def test_the_cells_are_reached_by_keys(show: Show, page: Page) -> None:
    grid = show([{"a": n, "b": -n} for n in range(300)])
    grid.focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    expect(column(grid, "b").first).to_have_text("-299")
    page.keyboard.press("Control+End")
    active = page.locator(f"#{grid.get_attribute('aria-activedescendant')}")
    expect(active).to_have_text("0")
    expect(active).to_be_in_viewport()
    expect(active.locator("..")).to_have_attribute("aria-rowindex", "301")


def test_a_card_is_opened_and_closed_by_keys(show: Show, page: Page) -> None:
    grid = show([{"a": {"deep": [1.0, None]}}])
    grid.focus()
    page.keyboard.press("Enter")
    card = page.get_by_role("dialog", name="a in row 0")
    expect(card.get_by_label("Value")).to_have_text('{\n  "deep": [\n    1.0,\n    null\n  ]\n}')
    expect(card.get_by_role("button", name="Close")).to_be_focused()
    page.keyboard.press("Escape")
    expect(card).not_to_be_visible()
    expect(grid).to_be_focused()


def test_a_cell_says_who_changed_it_and_from_what(show: Show, page: Page, site: Site) -> None:
    site.publish("blamed", [{"id": 1, "score": 0.5}, {"id": 2, "score": 0.25}], "table")
    grid = show([{"id": 1, "score": 0.5}, {"id": 2, "score": 0.75}], key="blamed")
    column(grid, "score").nth(1).click()
    card = page.get_by_role("dialog", name="score in row 1")
    expect(card).to_contain_text("0.25 → 0.75")
    expect(card).to_contain_text(re.compile("Changed by .+ in v2"))
    expect(card.get_by_role("link", name="Chart this cell")).to_have_attribute(
        "href", "/artifacts/key/blamed?measure=cell&row_key=id&row=2&column=score"
    )
    column(grid, "score").first.click()
    expect(page.get_by_role("dialog", name="score in row 0")).to_contain_text(re.compile("Written by .+ in v1"))


def test_a_link_opens_a_cell(show: Show, page: Page) -> None:
    grid = show([{"a": n} for n in range(2_000)], "?cell=1234:a")
    expect(page.get_by_role("dialog", name="a in row 1234")).to_be_visible()
    expect(column(grid, "a").filter(has_text="1234")).to_be_in_viewport()


def test_what_is_no_table_is_shown_with_the_place_of_the_fault(show: Show, page: Page) -> None:
    show('[{"a": 1},\n {"a": tru}]')
    expect(page.get_by_text('Line 2, column 8: expected a value, found "t".')).to_be_visible()
    expect(page.get_by_label("The text as it was sent")).to_have_text('[{"a": 1},\n {"a": tru}]')


def test_a_table_of_nothing_says_so(show: Show, page: Page) -> None:
    show([])
    expect(page.get_by_text("This table has no rows")).to_be_visible()


def test_the_past_shows_what_the_table_was(show: Show, page: Page, site: Site) -> None:
    artifact = site.publish("patched", [{"a": "before"}], "table")
    position = site.position()
    site.update(artifact, [{"a": "after"}])
    page.goto(f"/artifacts/artifact/{artifact}?at={position}")
    expect(column(page.get_by_role("grid"), "a")).to_have_text(["before"])
    page.goto(f"/artifacts/artifact/{artifact}")
    expect(column(page.get_by_role("grid"), "a")).to_have_text(["after"])


def test_the_csv_has_all_cells_and_no_formula(show: Show, page: Page) -> None:
    expect(show([{"id": 1, "t": "=1+1"}, {"id": -2, "t": 'a "b",\nc'}])).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV", exact=True).click()
    text = Path(download.value.path()).read_bytes().decode()
    assert list(csv.reader(io.StringIO(text, newline=""))) == [["id", "t"], ["1", "'=1+1"], ["-2", 'a "b",\nc']]


@pytest.fixture(scope="module")
def many(site: Site) -> str:
    """A large table, shared: the id of its artifact."""
    cities = ("Oslo", "Bergen", "Nairobi", "Dublin")
    rows = [
        {"id": n, "city": cities[n % 4], "lat": n % 180 / 2, "lon": n % 360 / 2, "score": n * 7919 % 100_003 / 1e5}
        | {"ok": n % 3 == 0, "n": n % 10, "note": f"r{n}"}
        for n in range(MANY)
    ]
    body = {"key": "many", "type": "table", "data": rows}
    return str(site.api.post("/artifacts/", json=body, timeout=60).raise_for_status().json()["id"])


def test_of_a_large_table_only_what_is_seen_is_on_the_page(page: Page, many: str) -> None:
    page.goto(f"/artifacts/artifact/{many}")
    grid = page.get_by_role("grid", name="Table")
    expect(grid).to_have_attribute("aria-rowcount", str(MANY + 1))
    assert grid.get_by_role("row").count() < 60
    grid.evaluate("grid => grid.scrollTo(0, grid.scrollHeight)")
    expect(column(grid, "id").last).to_have_text(str(MANY - 1))
    expect(column(grid, "id").last).to_be_in_viewport()
    assert grid.get_by_role("row").count() < 60
