"""Two versions side by side: what changed is counted, marked, reached by keys, and said in words."""

import json
import re
from base64 import b64encode
from itertools import count
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.e2e.page.site import Site

TEAM = [{"id": each, "city": "Oslo", "score": each / 10} for each in range(1, 9)]
TEXT = "".join(f"line {each}\n" for each in range(1, 41))

_numbers = count()


def pair(site: Site, before: Any, after: Any, type: str = "markdown", **more: Any) -> str:
    """The address of a comparison of two versions of a new key."""
    key = f"compared-{next(_numbers)}"
    site.publish(key, before, type, **more)
    site.publish(key, after, type)
    return f"/compare/{key}/1..2"


def counts(page: Page) -> str:
    """What is said of how much changed, as it is seen."""
    return re.sub(r"\s+", " ", page.get_by_label("How much changed").inner_text())


def dot(colour: str) -> str:
    """An image, as a URL that holds it."""
    rect = f'<rect width="80" height="60" fill="{colour}"/>'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="80" height="60">{rect}</svg>'
    return f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"


def test_lines_are_counted_and_their_words_marked(page: Page, site: Site) -> None:
    page.goto(pair(site, TEXT, TEXT.replace("line 5\n", "line five\n").replace("line 30\n", "line 30\nmore\n")))
    lines = page.get_by_role("table", name="Changed lines")
    expect(lines.locator("del")).to_have_text("5")
    expect(lines.locator("ins")).to_have_text("five")
    assert "2 added" in counts(page)
    assert "1 removed" in counts(page)
    expect(lines.get_by_role("row")).to_have_count(3 + 3 + 2 + 3 + 3 + 1 + 3)


def test_equal_lines_are_folded_until_they_are_asked_for(page: Page, site: Site) -> None:
    page.goto(pair(site, TEXT, TEXT.replace("line 20\n", "line twenty\n")))
    page.get_by_role("button", name="16 equal lines, folded").click()
    expect(page.get_by_role("table", name="Changed lines").get_by_role("row")).to_have_count(41)
    expect(page).to_have_url(re.compile("unfold=1"))


def test_side_by_side_is_another_look_at_the_same(page: Page, site: Site) -> None:
    page.goto(pair(site, "a\nb\n", "a\nc\n"))
    page.get_by_label("side by side").check()
    row = page.get_by_role("table", name="Changed lines").get_by_role("row").nth(1)
    expect(row.locator("del")).to_have_text("b")
    expect(row.locator("ins")).to_have_text("c")
    page.reload()
    expect(page.get_by_label("side by side")).to_be_checked()


def test_rows_are_counted_and_cells_say_what_they_were(page: Page, site: Site) -> None:
    after = [*TEAM[:2], {**TEAM[2], "score": 9}, *TEAM[4:], {"id": 99, "city": "Lima", "score": 1}]
    page.goto(pair(site, TEAM, json.dumps(after), "table"))
    rows = page.get_by_role("table", name="Rows")
    expect(rows.get_by_role("row", name="changed")).to_contain_text("0.3")
    expect(rows.get_by_role("row", name="added")).to_contain_text("Lima")
    expect(rows.get_by_role("row", name="removed")).to_contain_text("4")
    assert counts(page).split(" of ")[1] == "8 rows"
    assert [each in counts(page) for each in ("1 added", "1 removed", "1 changed")] == [True] * 3


def test_rows_that_stayed_are_shown_if_they_are_wanted(page: Page, site: Site) -> None:
    page.goto(pair(site, TEAM, [{**TEAM[0], "score": 9}, *TEAM[1:]], "table"))
    rows = page.get_by_role("table", name="Rows").get_by_role("row")
    expect(rows).to_have_count(2)
    page.get_by_label("only changes").uncheck()
    expect(rows).to_have_count(9)


def test_the_row_key_is_found_and_can_be_chosen(page: Page, site: Site) -> None:
    after = [{**each, "id": each["id"] + 100} for each in TEAM]
    page.goto(pair(site, TEAM, after, "table"))
    expect(page.get_by_label("row key")).to_have_value("")
    assert "8 changed" in counts(page)
    page.get_by_label("row key").select_option("id")
    expect(page.get_by_label("How much changed")).to_contain_text("0 changed")
    expect(page).to_have_url(re.compile("row_key=id"))


def test_swapped_what_came_has_gone(page: Page, site: Site) -> None:
    page.goto(pair(site, "a\n", "a\nb\nc\n"))
    assert tuple(re.findall(r"\d \w+", counts(page))[:2]) == ("2 added", "0 removed")
    page.get_by_role("link", name="Swap before and after").click()
    expect(page).to_have_url(re.compile(r"/2\.\.1$"))
    expect(page.get_by_label("How much changed")).to_contain_text("2 removed")
    page.keyboard.press("s")
    expect(page).to_have_url(re.compile(r"/1\.\.2$"))


@pytest.mark.parametrize(("after", "said"), [([{"id": 1}], "Byte for byte"), ({"id": [1.0]}, "Written in another way")])
def test_equal_content_says_so_with_both_hashes(page: Page, site: Site, after: Any, said: str) -> None:
    page.goto(pair(site, [{"id": 1}], after, "table"))
    same = page.get_by_role("region", name="Same content")
    expect(same).to_contain_text(said)
    hashes = same.locator("code").all_inner_texts()
    assert [len(each) for each in hashes] == [64, 64]
    assert (hashes[0] == hashes[1]) == (said == "Byte for byte")


def test_changes_are_gone_through_by_keys(page: Page, site: Site) -> None:
    page.goto(pair(site, TEXT, TEXT.replace("line 3\n", "three\n").replace("line 20\n", "").replace("line 39\n", "")))
    current = page.locator("[data-current]")
    expect(page.get_by_text("3 changes")).to_be_visible()
    for key, number, text in (("n", 1, "line 3"), ("n", 2, "line 20"), ("N", 1, "line 3"), ("N", 3, "line 39")):
        page.keyboard.press(key)
        expect(page.get_by_text(f"change {number} of 3")).to_be_visible()
        expect(current).to_contain_text(text)
    expect(page).to_have_url(re.compile("change=3"))


def slider(page: Page) -> Locator:
    return page.get_by_role("slider", name="Where the image before ends")


def test_the_slider_between_images_is_moved_by_keys(page: Page, site: Site) -> None:
    page.goto(pair(site, dot("red"), dot("blue"), "image"))
    slider(page).focus()
    page.keyboard.press("End")
    expect(slider(page)).to_have_value("100")
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    expect(slider(page)).to_have_value("97")
    frame = slider(page).locator("..")
    assert frame.evaluate("frame => getComputedStyle(frame).getPropertyValue('--split')") == "97%"
    expect(page).to_have_url(re.compile("split=97"))


def test_images_blink_until_they_are_paused(page: Page, site: Site) -> None:
    page.goto(pair(site, dot("red"), dot("blue"), "image"))
    page.get_by_role("button", name="Blink").click()
    expect(page.locator("[data-blinks=after]")).to_be_visible()
    expect(page.locator("[data-blinks=before]")).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Blink").last).to_be_visible()


@pytest.mark.parametrize(
    ("before", "after", "type", "shown"),
    [
        (41.0, 58.0, "progress", ["41%", "58%", "+17 points"]),
        ("[a](https://a.example/1)", "[a](https://a.example/2)", "markdown", ["URL", "https://a.example/2"]),
        ({"deep": {"er": 1}}, {"deep": {"er": 2}}, "settings", ["deep", "er", "1", "2"]),
    ],
)
def test_each_kind_is_told_in_its_own_words(
    page: Page, site: Site, before: Any, after: Any, type: str, shown: list[str]
) -> None:
    page.goto(pair(site, before, after, type))
    for text in shown:
        expect(page.get_by_role("main")).to_contain_text(text)


def test_description_and_metadata_are_compared_too(page: Page, site: Site) -> None:
    page.goto(pair(site, "a", "a", description="was so", metadata_={"rows": "1"}))
    expect(page.get_by_role("table", name="Changes of the description")).to_contain_text("was so")
    expect(page.get_by_role("list", name="Changes of the metadata")).to_contain_text("rows")


@pytest.mark.complains("422")
def test_what_is_too_large_is_shown_side_by_side_and_says_why(page: Page, site: Site) -> None:
    wide = [{str(each): 1 for each in range(4_000)}, *[{"a": each} for each in range(2_600)]]
    page.goto(pair(site, wide, [*wide, {"b": "x" * 65_536}], "table"))
    expect(page.get_by_role("status").filter(has_text="what is compared has at most 10,000,000")).to_be_visible()
    for side in ("Before", "After"):
        expect(page.get_by_role("region", name=side)).to_contain_text(re.compile(r"characters.*\"a\":2"))
    expect(page.get_by_role("region", name="After")).to_contain_text("of which the first 65,536 are shown")


def test_what_takes_long_is_shown_side_by_side_until_it_is_done(page: Page, site: Site) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(re.compile("/api/artifacts/diff"), hold)
    page.goto(pair(site, "a line\n", "another line\n"))
    expect(page.get_by_text("Comparing takes more than 2 seconds.")).to_be_visible()
    expect(page.get_by_role("region", name="Before")).to_contain_text("a line")
    held[0].continue_()
    expect(page.get_by_role("table", name="Changed lines")).to_be_visible()


def test_a_deleted_version_can_be_compared_by_its_number(page: Page, site: Site) -> None:
    one = site.publish("with-a-deleted-one", "first\n")
    site.publish("with-a-deleted-one", "second\n")
    site.delete(one)
    page.goto("/compare/with-a-deleted-one/1..2")
    expect(page.get_by_role("table", name="Changed lines").locator("del")).to_have_text("first")
    expect(page.get_by_role("combobox", name="Before").locator("option:checked")).to_have_text(
        re.compile("v1.*deleted")
    )


def test_other_versions_are_chosen_in_place(page: Page, site: Site) -> None:
    for text in ("a\n", "b\n", "c\n"):
        site.publish("chosen", text)
    page.goto("/compare/chosen/1..3")
    expect(page).to_have_title("chosen: v1 → v3 · Digsite")
    page.get_by_role("combobox", name="Before").select_option("2")
    expect(page).to_have_url(re.compile(r"/compare/chosen/2\.\.3$"))
    expect(page.get_by_role("table", name="Changed lines").locator("del")).to_have_text("b")


@pytest.mark.complains("404")
def test_an_address_that_names_no_versions_says_what_would(page: Page, site: Site) -> None:
    site.publish("known", "a")
    page.goto("/compare/known/one")
    expect(page.get_by_text("The address names no two versions.")).to_be_visible()
    page.goto("/compare/known/1..9")
    expect(page.get_by_role("alert")).to_contain_text("Artifact not found.")
