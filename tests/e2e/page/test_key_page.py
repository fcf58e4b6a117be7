"""The page of a key: all its versions with what each changed, any number over time, and the ways back."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.page.site import Site

RUN = "0199d5c4-1c2e-7a31-b0d2-6a7f4e1c9a55"
PIXEL = "data:image/gif;base64,R0lGODlhAQABAAAAACw="
MANY = 5_000
BATCH = 1_000


def versions(page: Page) -> Locator:
    return page.get_by_role("list", name=re.compile("^Versions of")).get_by_role("listitem")


def version(page: Page, number: int) -> Locator:
    return versions(page).filter(has=page.get_by_role("link", name=f"v{number}", exact=True))


def test_versions_are_there_the_newest_first(page: Page, site: Site) -> None:
    for data in ("one\n", "one\ntwo\n"):
        site.publish("listed", data, flow_run_id=RUN)
    page.goto("/artifacts/key/listed")
    expect(page).to_have_title("listed · Digsite")
    expect(page.get_by_role("heading", level=1)).to_contain_text("listed")
    expect(versions(page)).to_contain_text([re.compile("v2.*1 line.*latest.*by anonymous"), re.compile("v1.*first")])
    expect(version(page, 2).get_by_role("link", name=RUN[:8])).to_have_attribute(
        "href", re.compile(f"/runs/flow-run/{RUN}$")
    )


@pytest.mark.parametrize(
    ("type", "before", "after", "summary"),
    [
        ("markdown", "one\n", "one\ntwo\n", "+1 line"),
        ("table", [{"id": 1, "n": 1}], [{"id": 1, "n": 2}, {"id": 2, "n": 3}], "1 row added, 1 changed of 1"),
        ("progress", 41, 58, "41% → 58%"),
        ("image", PIXEL, PIXEL.replace("AQAB", "AgAB"), "another image"),
        ("markdown", "[a](https://a.example)", "[a](https://b.example)", "url changed"),
        (None, {"a": 1}, {"a": 2}, "1 path changed"),
    ],
    ids=["markdown", "table", "progress", "image", "link", "json"],
)
def test_each_version_says_what_it_changed(
    page: Page, site: Site, type: str | None, before: Any, after: Any, summary: str, request: pytest.FixtureRequest
) -> None:
    key = re.sub(r"[^a-z]", "", request.node.callspec.id)
    for data in (before, after):
        site.publish(f"changing-{key}", data, type)
    page.goto(f"/artifacts/key/changing-{key}")
    expect(version(page, 2)).to_contain_text(summary)


def test_a_new_version_comes_without_a_reload(page: Page, site: Site) -> None:
    site.publish("live", "one")
    page.goto("/artifacts/key/live")
    expect(version(page, 1)).to_be_visible()
    site.publish("live", "two")
    expect(version(page, 2)).to_be_visible()
    expect(page.get_by_text("2 versions")).to_be_visible()


def test_a_deleted_key_says_so_and_is_shown_as_it_was(page: Page, site: Site) -> None:
    site.delete(site.publish("gone", "bye"))
    page.goto("/artifacts/key/gone")
    notice = page.get_by_role("region", name="Deleted")
    expect(notice).to_contain_text("Deleted by anonymous")
    expect(version(page, 1)).to_contain_text(f"deleted by anonymous now (event {site.position() - 1})")
    notice.get_by_role("link", name="Show it as it was").click()
    expect(page).to_have_url(re.compile(r"\?at=\d+$"))
    expect(page.get_by_role("region", name="Time machine")).to_be_visible()
    expect(version(page, 1)).to_contain_text("1 line")
    expect(page.get_by_role("region", name="Deleted")).to_be_hidden()


def test_in_the_past_nothing_can_be_written(page: Page, site: Site) -> None:
    for data in ("one", "two"):
        site.publish("read-only", data)
    page.goto(f"/artifacts/key/read-only?at={site.position()}")
    expect(version(page, 1)).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("Delete|Restore|Undo"))).to_have_count(0)


def test_a_deletion_can_be_undone(page: Page, site: Site) -> None:
    site.publish("undone", "stays")
    page.goto("/artifacts/key/undone")
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("region", name="Deleted")).to_be_visible()
    page.get_by_role("status").get_by_role("button", name="Undo").click()
    expect(page.get_by_role("region", name="Deleted")).to_be_hidden()
    expect(version(page, 2)).to_contain_text("latest")
    assert site.api.get("/artifacts/undone/latest").json()["data"] == "stays"


def test_of_a_deleted_key_of_many_versions_the_latest_comes_back(page: Page, site: Site) -> None:
    for data in ("old", "new"):
        site.publish("many-undone", data)
    page.goto("/artifacts/key/many-undone")
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("many-undone is deleted, with all of its versions.")
    expect(page.get_by_role("region", name="Deleted")).to_contain_text("and so can each version below")
    page.get_by_role("status").get_by_role("button", name="Restore the latest").click()
    expect(page.get_by_role("status")).to_contain_text("What many-undone said last is restored, as a new version.")
    expect(versions(page)).to_contain_text(["restored from v2", "deleted by", "deleted by"])


def test_any_version_can_be_restored(page: Page, site: Site) -> None:
    for data in ("old", "new"):
        site.publish("restored", data)
    page.goto("/artifacts/key/restored")
    page.get_by_role("button", name="Restore v1").click()
    expect(version(page, 3)).to_contain_text("restored from v1")
    assert site.api.get("/artifacts/restored/latest").json()["data"] == "old"


def test_a_deleted_version_says_so_and_can_be_restored(page: Page, site: Site) -> None:
    for data in ("one", "two"):
        site.publish("version-gone", data)
    page.goto("/artifacts/key/version-gone")
    page.get_by_role("button", name="Delete v1").click()
    expect(version(page, 1)).to_contain_text("deleted by anonymous now")
    expect(version(page, 1)).to_contain_text(f"(event {site.position()})")
    page.get_by_role("button", name="Restore as the latest").click()
    expect(version(page, 3)).to_contain_text(re.compile("latest.*restored from v1"))


@pytest.mark.complains("404")
def test_an_unknown_key_leads_to_the_nearest(page: Page, site: Site) -> None:
    site.publish("customer-churn", "x")
    page.goto("/artifacts/key/customer-chum")
    expect(page.get_by_role("heading", name="Nothing was published under this key")).to_be_visible()
    page.get_by_role("link", name="customer-churn").click()
    expect(version(page, 1)).to_be_visible()


def test_five_thousand_versions_scroll_to_the_first(page: Page, site: Site) -> None:
    for start in range(0, MANY, BATCH):
        batch = [{"key": "many", "type": "progress", "data": start + each} for each in range(BATCH)]
        site.api.post("/artifacts/batch", json={"artifacts": batch}, timeout=60).raise_for_status()
    page.goto("/artifacts/key/many")
    expect(version(page, MANY)).to_be_visible()
    page.get_by_role("list", name="Versions of many").press("End")
    expect(version(page, 1)).to_contain_text("0%")
    assert versions(page).count() < 40


def test_a_point_of_the_chart_opens_the_run_that_wrote_it(page: Page, site: Site) -> None:
    for value in (10, 20, 30):
        site.publish("charted", value, "progress", flow_run_id=RUN if value == 30 else None)
    page.goto("/artifacts/key/charted")
    plot = page.get_by_role("img", name="value over 3 writes: 10 at first, 30 now, between 10 and 30").locator(
        ".u-over"
    )
    width = plot.evaluate("each => each.clientWidth")
    plot.click(position={"x": width - 10, "y": 40})
    expect(page).to_have_url(re.compile(f"/runs/flow-run/{RUN}$"))


def test_any_number_can_be_asked_for_by_the_address(page: Page, site: Site) -> None:
    for score in (0.25, 0.5):
        site.publish("scores", [{"id": 7, "score": 1}, {"id": 8, "score": score}], "table")
    page.goto("/artifacts/key/scores?measure=cell&row_key=id&row=8&column=score")
    expect(
        page.get_by_role("img", name=re.compile("^score where id is 8 over 2 writes: 0.25 at first"))
    ).to_be_visible()
    page.get_by_text("As a table").click()
    expect(page.get_by_role("row", name=re.compile("^v2 0.5"))).to_be_visible()
    page.get_by_label("What is drawn").select_option("rows")
    expect(page).to_have_url(re.compile(r"scores\?measure=rows$"))


def test_two_picked_writes_are_compared(page: Page, site: Site) -> None:
    for text in ("a", "b", "c", "d"):
        site.publish("picked", text)
    page.goto("/artifacts/key/picked")
    strip = page.get_by_role("slider", name=re.compile("^Writes of picked"))
    tick = strip.evaluate("each => each.clientWidth") / 4
    strip.click(position={"x": tick * 0.5, "y": 20})
    strip.click(position={"x": tick * 2.5, "y": 20})
    expect(page.get_by_text("v1 → v3")).to_be_visible()
    page.get_by_role("region", name="Writes").get_by_role("link", name="Compare").click()
    expect(page).to_have_url(re.compile(r"/compare/picked/1\.\.3$"))


def test_two_writes_are_picked_by_keys(page: Page, site: Site) -> None:
    for text in ("a", "b", "c"):
        site.publish("by-keys", text)
    page.goto("/artifacts/key/by-keys")
    strip = page.get_by_role("slider", name=re.compile("^Writes of by-keys"))
    for key in ("Home", "Enter", "ArrowRight", "Enter"):
        strip.press(key)
    expect(page.get_by_text("v1 → v2")).to_be_visible()


def test_keys_choose_a_version_and_compare_it(page: Page, site: Site) -> None:
    for text in ("a", "b", "c"):
        site.publish("chosen", text)
    page.goto("/artifacts/key/chosen")
    expect(version(page, 3)).to_be_visible()
    for key in ("j", "j", "d"):
        page.keyboard.press(key)
    expect(page).to_have_url(re.compile(r"/compare/chosen/1\.\.2$"))
