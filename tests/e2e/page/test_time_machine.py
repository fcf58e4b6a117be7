"""The time machine: the page at any position of the log, as a client of the API reads it there."""

import re
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, Response, expect

from tests.e2e.page.site import Site


def machine(page: Page) -> Locator:
    return page.get_by_role("region", name="Time machine")


def slider(page: Page) -> Locator:
    return page.get_by_role("slider", name="Position in the log")


@pytest.fixture(scope="module")
def three(site: Site) -> list[int]:
    """Where each of three versions of the key `stepped` was the latest, with another key in between."""
    positions = []
    for number in range(1, 4):
        site.publish("stepped", f"text {number}\n")
        positions.append(site.position())
        site.publish(f"beside-{number}", "a")
    return positions


def test_it_is_opened_by_a_key_and_says_where_now_is(page: Page, site: Site, three: list[int]) -> None:
    page.goto("/artifacts")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.keyboard.press("t")
    expect(machine(page)).to_contain_text(f"at position {site.position():,}")
    page.keyboard.press("t")
    expect(machine(page)).to_have_count(0)


def test_one_event_back_and_on_by_keys(page: Page, site: Site, three: list[int]) -> None:
    head = site.position()
    page.goto("/artifacts")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.keyboard.press("t")
    expect(slider(page)).to_have_value(str(head))
    page.keyboard.press("Shift+ArrowLeft")
    expect(page).to_have_url(re.compile(f"at={head - 1}$"))
    page.keyboard.press("Shift+ArrowLeft")
    expect(page).to_have_url(re.compile(f"at={head - 2}$"))
    page.keyboard.press("Shift+ArrowRight")
    expect(page).to_have_url(re.compile(f"at={head - 1}$"))


def test_it_says_what_was_recorded_and_how_many_keys_changed_since(page: Page, site: Site, three: list[int]) -> None:
    there = site.api.get("/ui/moments", params={"at": three[1]}).json()
    page.goto(f"/artifacts?at={three[1]}")
    expect(machine(page)).to_contain_text(f"position {three[1]:,}")
    expect(machine(page)).to_contain_text("prefect.artifact-collection.updated of stepped by anonymous")
    expect(machine(page)).to_contain_text(f"{there['keys_changed_since']} keys changed since")


def test_the_slider_goes_anywhere_and_the_page_follows(page: Page, site: Site, three: list[int]) -> None:
    page.goto("/artifacts?at=2")
    slider(page).focus()
    page.keyboard.press("Home")
    expect(page).to_have_url(re.compile("at=0$"))
    page.keyboard.press("End")
    expect(page).to_have_url(re.compile(f"at={site.position()}$"))


def test_on_a_key_one_goes_from_change_to_change(page: Page, site: Site, three: list[int]) -> None:
    page.goto(f"/compare/stepped/1..2?at={site.position()}")
    for key, way, position in (("<", "before", three[2]), ("<", "before", three[1]), (">", "after", three[2])):
        expect(machine(page).get_by_role("button", name=f"The change of stepped {way}")).to_be_enabled()
        page.keyboard.press(key)
        expect(page).to_have_url(re.compile(f"at={position}$"))


def test_links_stay_at_the_moment(page: Page, three: list[int]) -> None:
    page.goto(f"/compare/stepped/1..2?at={three[1]}")
    page.get_by_role("link", name="Swap before and after").click()
    expect(page).to_have_url(re.compile(rf"/2\.\.1\?at={three[1]}$"))
    page.get_by_role("link", name="Artifacts").first.click()
    expect(page).to_have_url(re.compile(rf"/artifacts\?at={three[1]}$"))


def test_a_comparison_in_the_past_is_what_the_api_says_of_it(page: Page, site: Site) -> None:
    artifact = site.publish("compared-then", "one\n")
    site.publish("compared-then", "two\n")
    then = site.position()
    site.update(artifact, "changed since\n")
    told = site.api.get("/artifacts/diff", params={"from": f"compared-then:1@{then}", "to": f"compared-then:2@{then}"})
    [hunk] = told.json()["diff"]["changes"]["hunks"]
    page.goto(f"/compare/compared-then/1..2?at={then}")
    lines = page.get_by_role("table", name="Changed lines")
    expect(lines.locator("del")).to_have_text(hunk["removed"][0].strip())
    expect(lines.locator("ins")).to_have_text(hunk["added"][0].strip())
    page.get_by_role("button", name="Back to now").click()
    expect(lines).to_contain_text("changed since")


def test_back_to_now_the_page_is_live_again(page: Page, site: Site, three: list[int]) -> None:
    page.goto(f"/artifacts?at={three[0]}")
    expect(machine(page)).to_be_visible()
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile("/artifacts$"))
    expect(machine(page)).to_have_count(0)
    site.publish("after-the-journey", "a")
    expect(page.get_by_text(f"live · {site.position():,}")).to_be_visible()
    expect(page.get_by_text("after-the-journey")).to_be_visible()


RUN = str(uuid4())
ASKED: dict[str, dict[str, Callable[[Any], str]]] = {
    "/artifacts?q=told": {"/ui/cards?q=told": lambda told: str(told["cards"][0]["preview"]["line"])},
    "/artifacts/key/told": {
        "/ui/keys/told": lambda told: f"{told['versions']} version",
        "/artifacts/told/versions": lambda told: str(told[0]["summary"]),
    },
    "/artifacts/artifact/{first}": {"/ui/artifacts/{first}": lambda told: str(told["preview"]["line"])},
    f"/runs/flow-run/{RUN}": {f"/ui/runs/{RUN}": lambda told: f"{told['writes']} write"},
}
"""What each page asks the API, and the text that it shows of each answer."""


@pytest.fixture(scope="module")
def first(site: Site) -> str:
    """The first version of the key `told`."""
    return site.publish("told", "alpha\n", flow_run_id=RUN)


@pytest.fixture(scope="module")
def told(site: Site, first: str) -> dict[int, dict[str, Any]]:
    """What a client of the API was told at each position of a short history, which then went on."""
    told = {}

    def note() -> None:
        questions = [each.format(first=first) for asked in ASKED.values() for each in asked]
        told[site.position()] = {each: site.api.get(each).json() for each in questions}

    note()
    second = site.publish("told", "alpha\nbeta\n", flow_run_id=RUN)
    note()
    site.update(first, "gamma\n")
    note()
    site.delete(second)
    return told


@pytest.mark.parametrize("address", ASKED, ids=["artifacts", "key", "version", "run"])
def test_at_a_position_a_page_shows_what_the_api_said_there(
    page: Page, site: Site, first: str, told: dict[int, dict[str, Any]], address: str
) -> None:
    asked = {question.format(first=first): text for question, text in ASKED[address].items()}
    for position, then in told.items():
        with ExitStack() as stack:
            answers = {each: stack.enter_context(page.expect_response(is_to(each, position))) for each in asked}
            page.goto(site.url(address.format(first=first), at=position))
        for question, text in asked.items():
            assert answers[question].value.json() == then[question]
            expect(page.get_by_role("main")).to_contain_text(text(then[question]))


def is_to(question: str, position: int) -> Callable[[Response], bool]:
    """Whether an answer is to this question, as of that position."""

    def is_it(answer: Response) -> bool:
        url = urlsplit(answer.url)
        return url.path == f"/api{urlsplit(question).path}" and f"as_of={position}" in url.query.split("&")

    return is_it
