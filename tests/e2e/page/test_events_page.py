"""The page of events: all that happens, once and in order, as it happens and back to the beginning."""

import re
import threading
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, WebSocketRoute, expect

from tests.e2e.page.site import Site

RATE, LOT, SECONDS = 500, 50, 2
"""Events a second, in lots, for so long."""
ALL_POSITIONS = """async () => {
    const feed = document.querySelector('[role=log]');
    const seen = [];
    const frame = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    feed.scrollTo(0, 0);
    for (let still = 0; still < 10; ) {
        await frame();
        const before = seen.length;
        for (const each of feed.querySelectorAll('[data-position]')) {
            const position = Number(each.dataset.position);
            if (!seen.includes(position)) seen.push(position);
        }
        still = seen.length > before ? 0 : still + 1;
        feed.scrollBy(0, feed.clientHeight * 0.7);
    }
    return seen.sort((one, other) => other - one);
}"""
"""Scrolls from the newest event to the first, and answers with all positions that were shown."""


def sailed(number: int = 0, kind: str = "ship.sailed") -> dict[str, Any]:
    return {
        "occurred": "2026-11-21T12:00:00Z",
        "event": kind,
        "resource": {"prefect.resource.id": f"ship.{number}"},
        "payload": {"number": number},
        "id": str(uuid4()),
    }


def tell(site: Site, *events: dict[str, Any]) -> None:
    site.api.post("/events", json=list(events)).raise_for_status()


def rows(page: Page) -> Locator:
    return page.get_by_role("log").locator("[data-position]")


def row(page: Page, position: int) -> Locator:
    return page.locator(f"[data-position='{position}']")


@pytest.fixture
def burst(site: Site) -> Iterator[threading.Thread]:
    """Writes at the rate, once it is started."""

    def write() -> None:
        begin = time.monotonic()
        for lot in range(RATE * SECONDS // LOT):
            tell(site, *(sailed(lot * LOT + each) for each in range(LOT)))
            time.sleep(max(0.0, begin + (lot + 1) * LOT / RATE - time.monotonic()))  # a steady rate, no waiting for it

    thread = threading.Thread(target=write)
    yield thread
    thread.join()


def test_an_empty_log_says_how_its_first_event_comes_about(page: Page, site: Site) -> None:
    page.goto("/events")
    expect(page.get_by_text(f"curl -X POST {site.root}/api/artifacts/")).to_be_visible()
    site.publish("first", "# Hello")
    expect(row(page, 2)).to_contain_text("first")


def test_of_500_events_a_second_none_is_lost_or_shown_twice(page: Page, site: Site, burst: threading.Thread) -> None:
    page.goto("/events")
    expect(row(page, site.position())).to_be_visible()
    burst.start()
    burst.join()
    head = site.position()
    expect(rows(page).first).to_have_attribute("data-position", str(head))
    assert page.evaluate(ALL_POSITIONS) == list(range(head, 0, -1))


def test_a_paused_feed_holds_and_counts(page: Page, site: Site) -> None:
    tell(site, sailed())
    head = site.position()
    page.goto("/events")
    expect(row(page, head)).to_be_visible()
    page.keyboard.press("p")
    tell(site, *(sailed(each) for each in range(37)))
    expect(page.get_by_role("button", name="37 waiting")).to_be_visible()
    expect(rows(page).first).to_have_attribute("data-position", str(head))
    page.keyboard.press("f")
    expect(rows(page).first).to_have_attribute("data-position", str(head + 37))
    expect(page.get_by_role("button", name="waiting")).to_have_count(0)


def test_who_reads_below_is_not_moved_by_what_comes(page: Page, site: Site) -> None:
    tell(site, *(sailed(each) for each in range(60)))
    page.goto("/events")
    page.get_by_role("log").evaluate("feed => feed.scrollTo(0, 600)")
    tell(site, sailed())
    expect(page.get_by_role("button", name="1 waiting")).to_be_visible()
    assert page.get_by_role("log").evaluate("feed => feed.scrollTop") == 600


def test_a_filter_holds_for_what_is_there_and_for_what_comes(page: Page, site: Site) -> None:
    tell(site, sailed(1), sailed(2, "ship.sank"))
    first = site.position()
    page.goto("/events")
    page.get_by_label("Kind").fill("ship.sai")
    expect(page).to_have_url(re.compile(r"kind=ship\.sai"))
    expect(row(page, first)).to_have_count(0)
    expect(row(page, first - 1)).to_be_visible()
    tell(site, sailed(3, "ship.sank"), sailed(4))
    expect(rows(page).first).to_have_attribute("data-position", str(first + 2))
    expect(row(page, first + 1)).to_have_count(0)


def test_filters_that_leave_nothing_can_each_be_taken_away(page: Page, site: Site) -> None:
    tell(site, sailed())
    page.goto("/events?actor=nobody&kind=ship.")
    page.get_by_role("button", name="Without actor").click()
    expect(row(page, site.position())).to_be_visible()


def test_an_event_opens_in_its_place_with_what_it_changed(page: Page, site: Site) -> None:
    artifact = site.publish("opened", "one\ntwo\n")
    site.update(artifact, "one\ntwo\nthree\n")
    position = site.position() - 1
    page.goto("/events?key=opened")
    row(page, position).get_by_role("button", name=f"Event {position}").click()
    expect(page).to_have_url(re.compile(f"open={position}"))
    detail = row(page, position)
    expect(detail.get_by_text("+1 line", exact=True)).to_be_visible()
    expect(detail.get_by_label("After", exact=True)).to_contain_text("three")
    expect(detail.get_by_label("The event as JSON")).to_contain_text('"event": "prefect.artifact.updated"')


def test_a_link_opens_an_event_however_far_back(page: Page, site: Site) -> None:
    tell(site, *(sailed(each) for each in range(120)))
    head = site.position()
    page.goto(f"/events?open={head - 60}")
    expect(row(page, head - 60).get_by_label("The event as JSON")).to_be_in_viewport()
    page.goto("/events?open=1")
    apart = page.get_by_role("region", name="Event 1")
    expect(apart.get_by_label("The event as JSON")).to_contain_text('"event"')
    apart.get_by_role("button", name="Close the event").click()
    expect(apart).to_have_count(0)


def test_a_dropped_connection_is_told_and_nothing_is_missed(page: Page, site: Site) -> None:
    sockets: list[WebSocketRoute] = []
    is_cut = False

    def through(socket: WebSocketRoute) -> None:
        if is_cut:
            socket.close(code=1011)
            return
        socket.connect_to_server()
        sockets.append(socket)

    page.route_web_socket(re.compile("/log/stream"), through)
    tell(site, sailed())
    head = site.position()
    page.goto("/events")
    expect(page.get_by_text(f"live · {head:,}")).to_be_visible()
    is_cut = True
    sockets[-1].close(code=1011)
    expect(page.get_by_text("offline, retrying")).to_be_visible()
    for number in range(20):
        tell(site, sailed(number))
    is_cut = False
    expect(page.get_by_text(f"live · {head + 20:,}")).to_be_visible()
    expect(rows(page).first).to_have_attribute("data-position", str(head + 20))
    shown = [int(each.get_attribute("data-position") or 0) for each in rows(page).all()]
    assert shown == list(range(head + 20, head + 20 - len(shown), -1))


def test_positions_that_the_log_has_not_are_a_row_that_names_them(page: Page, site: Site) -> None:
    tell(site, *(sailed(each) for each in range(9)))
    head = site.position()

    def without(route: Any) -> None:
        answer = route.fetch()
        told = answer.json()
        told["entries"] = [each for each in told["entries"] if not head - 5 <= each["position"] <= head - 3]
        route.fulfill(response=answer, json=told)

    page.route(re.compile(r"/api/ui/events\?"), without)
    page.goto("/events")
    expect(page.get_by_role("alert")).to_contain_text(f"Positions {head - 5:,} to {head - 3:,} are missing")


def test_a_stretch_of_time_is_drawn_out_of_the_histogram(page: Page, site: Site) -> None:
    tell(site, sailed())
    page.goto("/events")
    chart = page.get_by_role("img", name=re.compile("events from"))
    box = chart.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 1, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 10)
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"since=2026-.*&until=2026-"))
    page.get_by_role("button", name="show all times").click()
    expect(page).not_to_have_url(re.compile("since="))


def test_an_event_has_a_page_that_checks_its_hash(page: Page, site: Site) -> None:
    artifact = site.publish("paged", "# Hello")
    entry = site.api.get(f"/log/{site.position() - 1}").json()
    page.goto(f"/events/event/{entry['occurred'][:10]}/{entry['id']}")
    expect(page).to_have_title(re.compile(r"prefect\.artifact\.created"))
    page.get_by_role("button", name="Check it here").click()
    expect(page.get_by_text("is the hash.")).to_be_visible()
    page.get_by_role("link", name="Go to this position").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("paged")
    expect(page).to_have_url(re.compile(rf"/artifacts/artifact/{artifact}\?at={entry['position']}"))
