"""What is around every page: it is live, it is found by keys, and it says what is wrong."""

import re

import httpx2
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.page.site import Site


def test_the_root_shows_the_artifacts(page: Page) -> None:
    page.goto("/")
    expect(page).to_have_url(re.compile("/artifacts$"))
    expect(page).to_have_title("Artifacts · Digsite")


def test_an_open_page_follows_the_log(page: Page, site: Site) -> None:
    page.goto("/artifacts")
    expect(page.get_by_text(f"live · {site.position()}")).to_be_visible()
    site.publish("followed")
    expect(page.get_by_text(f"live · {site.position()}")).to_be_visible()


def test_keys_go_to_places(page: Page) -> None:
    page.goto("/nowhere")
    expect(page.get_by_role("heading", name="Nothing is here")).to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("a")
    expect(page).to_have_title("Artifacts · Digsite")


def test_the_palette_finds_a_key(page: Page, site: Site) -> None:
    site.publish("found-by-palette")
    page.goto("/artifacts")
    expect(page.locator("h1")).to_have_text("Artifacts")
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Find").fill("by-pal")
    expect(page.get_by_role("option", name="found-by-palette")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/artifacts/key/found-by-palette$"))


def test_letters_can_be_switched_off(page: Page) -> None:
    page.goto("/nowhere")
    expect(page.get_by_role("heading", name="Nothing is here")).to_be_visible()
    page.keyboard.press("?")
    page.get_by_label("Single letters do something").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("a")
    expect(page.get_by_role("heading", name="Nothing is here")).to_be_visible()


def test_the_past_is_framed_and_left_by_escape(page: Page, site: Site) -> None:
    site.publish("past")
    page.goto("/artifacts?at=1")
    expect(page.get_by_role("region", name="Time machine")).to_contain_text("position 1")
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile("/artifacts$"))


@pytest.mark.parametrize("path", ["/artifacts", "/artifacts/key/any", "/compare/any/1..2", "/log?at=3"])
def test_any_address_outside_the_api_is_the_page(site: Site, path: str) -> None:
    answer = httpx2.get(site.url(path))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")


@pytest.mark.parametrize("path", ["/_/nothing.js", "/nothing.txt", "/api/nothing", "/api"])
def test_what_is_not_there_is_no_page(site: Site, path: str) -> None:
    answer = httpx2.get(site.url(path))
    assert (answer.status_code, answer.json()) == (404, {"detail": "Not Found"})


def test_files_are_kept_for_ever_and_the_shell_is_not(site: Site) -> None:
    shell = httpx2.get(site.url("/artifacts"))
    [script, *_] = re.findall(r'src="(/_/[^"]+\.js)"', shell.text)
    assert shell.headers["cache-control"] == "no-cache"
    assert "immutable" in httpx2.get(site.url(script)).headers["cache-control"]
