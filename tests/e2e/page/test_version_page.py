"""The page of a version: what it says by its type, all that is known of it, and the check that nothing was altered."""

import json
import re
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.e2e.page.site import Site

MARKDOWN = '# Fünf \N{BULLET} "five"\n\n\ttabbed\r\n<b>&amp;</b>   \n'


def open_version(page: Page, artifact_id: str, query: str = "") -> None:
    page.goto(f"/artifacts/artifact/{artifact_id}{query}")
    expect(page.get_by_role("navigation", name="Views of this version")).to_be_visible()


def facts(page: Page) -> Locator:
    return page.get_by_role("complementary", name="Facts")


def test_a_version_is_named_in_the_title_and_its_markdown_is_shown(page: Page, site: Site) -> None:
    open_version(page, site.publish("titled", "## Revenue\n\nof *all*"))
    expect(page).to_have_title("titled v1 · Digsite")
    expect(page.get_by_role("heading", level=1)).to_have_text("titled v1")
    expect(page.get_by_role("heading", name="Revenue")).to_be_visible()
    expect(facts(page)).to_contain_text("anonymous")


def test_raw_shows_the_exact_characters(page: Page, site: Site) -> None:
    open_version(page, site.publish("raw", MARKDOWN))
    page.keyboard.press("r")
    expect(page).to_have_url(re.compile(r"\?tab=raw$"))
    assert page.locator("main pre, #content pre").first.text_content() == MARKDOWN
    page.keyboard.press("r")
    expect(page.get_by_role("heading", name="Fünf")).to_be_visible()


def test_raw_json_is_as_it_was_sent(page: Page, site: Site) -> None:
    sent = '{"b":1.10,  "a":[1e2,12345678901234567890]}'
    made = site.api.post("/artifacts/", content=f'{{"data":{sent}}}', headers={"Content-Type": "application/json"})
    open_version(page, made.json()["id"], "?tab=raw")
    expect(page.locator("#content pre")).to_have_text(sent)


def test_an_update_is_shown_without_a_reload(page: Page, site: Site) -> None:
    artifact = site.publish("updated", "before")
    open_version(page, artifact)
    expect(page.get_by_text("before", exact=True)).to_be_visible()
    site.update(artifact, "after")
    expect(page.get_by_text("after", exact=True)).to_be_visible()


def test_a_progress_moves_and_says_when_it_will_be_done(page: Page, site: Site) -> None:
    artifact = site.publish("moving", 0.0, "progress", description="Fetching")
    open_version(page, artifact)
    bar = page.get_by_role("progressbar", name="Fetching")
    for value in (10.0, 20.0, 30.0, 40.0):
        site.update(artifact, value)
        expect(bar).to_have_attribute("value", str(int(value)))
    expect(page.get_by_text(re.compile(r"% per (second|minute)"))).to_be_visible()
    expect(page.get_by_text(re.compile(r"(left|any moment now)$"))).to_be_visible()
    expect(page.get_by_role("slider", name="A moment of the progress")).to_be_visible()
    site.update(artifact, 100.0)
    expect(page.get_by_text(re.compile("^Done"))).to_be_visible()


@pytest.mark.complains(r"lost\.png|Failed to load resource|no-such-host")
def test_a_broken_image_says_which_and_why(page: Page, site: Site) -> None:
    open_version(page, site.publish("broken-image", "https://no-such-host.invalid/lost.png", "image"))
    fault = page.get_by_role("alert")
    expect(fault).to_contain_text("The image cannot be shown. no-such-host.invalid does not answer")
    expect(fault).to_contain_text("https://no-such-host.invalid/lost.png")


def test_an_image_elsewhere_is_asked_for_first_if_one_wishes(page: Page, site: Site) -> None:
    page.goto("/artifacts")
    page.evaluate("localStorage.setItem('digsite.images', 'ask')")
    open_version(page, site.publish("asked-image", "https://no-such-host.invalid/a.png", "image"))
    expect(page.get_by_role("button", name="Load it")).to_be_visible()
    open_version(page, site.publish("asked-text", "![a chart](https://no-such-host.invalid/b.png)"))
    expect(page.get_by_role("button", name="Load a chart from no-such-host.invalid")).to_be_visible()


def test_a_link_shows_where_it_leads(page: Page, site: Site) -> None:
    open_version(page, site.publish("link", "[my-bank.com](https://my-bank.com@evil.example/login)"))
    link = page.get_by_role("link", name="my-bank.com")
    expect(link).to_contain_text("evil.example")
    expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")


def test_half_written_json_says_where_it_breaks_off(page: Page, site: Site) -> None:
    open_version(page, site.publish("half", '{"a": 1,\n"b" 2}', None))
    expect(page.get_by_role("note")).to_contain_text("line 2, column 5")
    expect(page.locator("#content pre")).to_contain_text('"b" 2}')


def test_what_has_no_data_says_so(page: Page, site: Site) -> None:
    open_version(page, site.publish("nothing", None, None))
    expect(page.get_by_role("heading", name="Published without data")).to_be_visible()


def test_brackets_go_to_the_versions_beside(page: Page, site: Site) -> None:
    first, second, third = (site.publish("stepped", f"the {number}") for number in ("first", "second", "third"))
    open_version(page, second)
    page.keyboard.press("[")
    expect(page).to_have_url(re.compile(first))
    expect(page.get_by_text("the first", exact=True)).to_be_visible()
    page.keyboard.press("]")
    page.get_by_role("link", name="Next version").click()
    expect(page).to_have_url(re.compile(third))
    page.go_back()
    expect(page.get_by_text("the second", exact=True)).to_be_visible()


def test_a_version_is_shown_as_it_was(page: Page, site: Site) -> None:
    artifact = site.publish("then", "before")
    position = site.position()
    site.update(artifact, "after")
    open_version(page, artifact, f"?at={position}")
    expect(page.get_by_text("before", exact=True)).to_be_visible()
    expect(page.get_by_text("after", exact=True)).to_have_count(0)


def test_a_deleted_version_says_by_whom_and_is_restored(page: Page, site: Site) -> None:
    artifact = site.publish("deleted", "precious")
    site.delete(artifact)
    open_version(page, artifact)
    expect(page.get_by_role("note")).to_contain_text("Deleted by anonymous")
    page.get_by_role("button", name="Restore").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("deleted v2")
    expect(page.get_by_text("precious", exact=True)).to_be_visible()


def test_a_deleted_version_still_says_what_it_changed(page: Page, site: Site) -> None:
    site.publish("deleted-with-diff", "one\n")
    artifact = site.publish("deleted-with-diff", "one\ntwo\n")
    site.delete(artifact)
    open_version(page, artifact, "?tab=diff")
    expect(page.get_by_role("table", name="Changed lines").get_by_role("row", name="added")).to_contain_text("two")


def test_its_events_say_who_did_what(page: Page, site: Site) -> None:
    artifact = site.publish("eventful", "one")
    site.update(artifact, "two")
    open_version(page, artifact, "?tab=events")
    steps = page.locator("#content ol > li")
    expect(steps).to_have_count(2)
    expect(steps.first).to_contain_text("updated")


def test_a_document_with_scripts_reaches_nothing(page: Page, site: Site) -> None:
    script = (
        "<p id=says></p><script>let said = '';"
        "for (const reach of [() => parent.document.title, () => document.cookie, () => localStorage.length])"
        "{ try { reach(); said += 'in ' } catch { said += 'out ' } }"
        "document.getElementById('says').textContent = said</script>"
    )
    open_version(page, site.publish("embedded", script, "html"))
    expect(page.frame_locator("iframe").locator("#says")).to_have_text("out out out")
    assert page.locator("iframe").get_attribute("sandbox") == "allow-scripts"


# receipts


def test_a_receipt_is_verified_in_the_browser(page: Page, site: Site) -> None:
    open_version(page, site.publish("receipt", "signed"))
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_text("Verified in this browser")).to_be_visible()
    expect(page.get_by_text("The event is below the checkpoint")).to_be_visible()


@pytest.mark.parametrize(
    ("path", "field"), [("proof", "header"), ("proof", "inclusion"), ("checkpoint", ""), ("key", "")]
)
def test_a_falsified_answer_is_not_verified(page: Page, site: Site, path: str, field: str) -> None:
    site.publish("falsified-before", "x")
    artifact = site.publish("falsified", "signed")

    def falsify(route: Route) -> None:
        text = route.fetch().text()
        route.fulfill(body=falsified(text, field), status=200)

    page.route(re.compile(rf"/log/(\d+/)?{path}(\?|$)"), falsify)
    open_version(page, artifact)
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_text("Not verified")).to_be_visible()


def falsified(text: str, field: str) -> str:
    """An answer in which one character is another one."""
    if not field:
        at = len(text) - 20
        return text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]
    proof = json.loads(text)
    if field == "header":
        proof["header"] = proof["header"].replace("anonymous", "anonymouS")
    else:
        proof["inclusion"][0] = "00" * 32
    return json.dumps(proof)


# takeaways


def test_a_download_is_the_very_data(page: Page, site: Site) -> None:
    open_version(page, site.publish("taken", MARKDOWN))
    page.get_by_text("Download", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button", name="As it is").click()
    assert download.value.suggested_filename == "taken-v1.md"
    assert Path(download.value.path()).read_bytes() == MARKDOWN.encode()


def test_a_key_is_taken_along_as_one_file_that_opens_anywhere(page: Page, site: Site, tmp_path: Path) -> None:
    open_version(page, site.publish("filed", "# Everything"))
    page.get_by_text("Download", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button", name="The key with its history").click()
    kept = tmp_path / download.value.suggested_filename
    download.value.save_as(kept)
    elsewhere = page.context.new_page()
    elsewhere.goto(kept.as_uri())
    expect(elsewhere.get_by_role("heading", name="Everything")).to_be_visible()
    expect(elsewhere.get_by_role("heading", name="History")).to_be_visible()


# the way it is laid out


@pytest.mark.parametrize("type", ["markdown", "progress", "json"])
def test_nothing_is_cut_off_on_a_telephone(page: Page, site: Site, type: str) -> None:
    wide = f"# {'long' * 40}\n\n| {'a | ' * 30}\n| {'- | ' * 30}\n"
    data = {"markdown": wide, "progress": 5.0, "json": {"a": "b" * 500}}
    artifact = site.publish(f"narrow-{type}", data[type], type, description="x" * 300)
    page.set_viewport_size({"width": 390, "height": 844})
    open_version(page, artifact)
    expect(facts(page)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_takeaways_are_asked_for_by_programs(site: Site) -> None:
    artifact = site.publish("program", [{"a": 1}, {"b": "=2"}], "table")
    csv = httpx2.get(f"{site.api.base_url}ui/artifacts/{artifact}/data?format=csv")
    assert csv.text == "a,b\r\n1,\r\n,'=2\r\n"
