"""What holds for every page, whatever it shows."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.e2e.page.site import Site
from tests.e2e.page.tab import WINDOW
from tests.servers import LiveServer

ROOT_PATH = "/x"
PAGES = {
    "artifacts": "/artifacts",
    "key": "/artifacts/key/report",
    "key of tables": "/artifacts/key/table",
    "key of progress": "/artifacts/key/progress",
    "deleted key": "/artifacts/key/deleted",
    "unknown key": "/artifacts/key/reprot",
    "version": "/artifacts/artifact/{report}",
    "raw": "/artifacts/artifact/{report}?tab=raw",
    "diff": "/artifacts/artifact/{report}?tab=diff",
    "blame": "/artifacts/artifact/{table}?tab=blame",
    "events of a version": "/artifacts/artifact/{progress}?tab=events",
    "table": "/artifacts/artifact/{table}",
    "progress": "/artifacts/artifact/{progress}",
    "image": "/artifacts/artifact/{image}",
    "link": "/artifacts/artifact/{link}",
    "comparison": "/compare/report/1..3",
    "comparison of tables": "/compare/table/1..3",
    "runs": "/runs",
    "flow run": "/runs/flow-run/{flow_run}",
    "task run": "/runs/task-run/{task_run}",
    "events": "/events",
    "event": "/events/event/{event}",
    "log": "/log",
    "nothing": "/nowhere",
}
"""By what they show. Each is opened once, and looked at from all sides."""

PICTURE = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OF_COLOURS = ["color-contrast", "link-in-text-block"]
"""The rules that heed colours."""
REPORT = """# Report

| a | b |
| --- | --- |
| 1 | 2 |

- [x] done

[a link](https://example.com), `code`

```python
x
```
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Below a path of its own, as a proxy would have it, and with something of everything."""
    home = tmp_path_factory.mktemp("everything")
    settings = {"DIGSITE_ROOT_PATH": ROOT_PATH}
    with LiveServer(f"sqlite:///{home / 'digsite.db'}", home, settings) as server:
        site = Site(server)
        site.root += ROOT_PATH
        yield site
        site.api.close()


@pytest.fixture(scope="module")
def names(site: Site) -> dict[str, str]:
    """What was published: how the addresses name it."""
    run = {"flow_run_id": str(uuid4()), "task_run_id": str(uuid4())}
    for version in range(3):
        report = site.publish("report", f"{REPORT}\n{version}", description="What was **sold**", **run)
        rows = f'[{{"id": 1, "score": {version}}}, {{"id": 2, "note": "=1+1"}}]'
        table = site.publish("table", rows, "table", **run)
    progress = site.publish("progress", 10.5, "progress", **run)
    site.update(progress, 77.0)
    link = site.publish("link", "[a link](https://example.com)", "markdown")
    image = site.publish("image", PICTURE, "image")
    site.publish(None, "without a key")
    site.delete(site.publish("deleted", "gone"))
    first = site.api.get("/log", params={"limit": 1}).json()["events"][0]["event"]
    return {
        "report": report,
        "table": table,
        "progress": progress,
        "link": link,
        "image": image,
        "flow_run": run["flow_run_id"],
        "task_run": run["task_run_id"],
        "event": f"{first['occurred'][:10]}/{first['id']}",
    }


@pytest.fixture(scope="module", params=PAGES.values(), ids=PAGES)
def shown(browser: Browser, site: Site, names: dict[str, str], request: pytest.FixtureRequest) -> Iterator[Page]:
    """The page, in a tab whose policy lets the test's own script in."""
    with browser.new_context(viewport=WINDOW, bypass_csp=True) as window:
        page = window.new_page()
        come_to(page, site.url(request.param.format(**names)))
        yield page


@pytest.fixture(autouse=True)
def as_it_was(shown: Page) -> Iterator[None]:
    yield
    shown.set_viewport_size(WINDOW)
    shown.emulate_media(color_scheme="light", reduced_motion="no-preference")


def come_to(page: Page, url: str) -> None:
    page.goto(url)
    settle(page)


def settle(page: Page) -> None:
    expect(page.locator("h1")).to_have_count(1)
    expect(page.locator("[aria-busy=true]")).to_have_count(0)


def violations(page: Page, rules: list[str]) -> list[str]:
    found: list[dict[str, Any]] = Axe().run(page, options={"runOnly": rules}).response["violations"]
    return [f"{each['id']}: {node['html']} {node['failureSummary']}" for each in found for node in each["nodes"]]


WIDE = """
[document.documentElement, ...document.querySelectorAll('main')]
  .filter((each) => each.scrollWidth > each.clientWidth)
  .flatMap((each) => [...each.querySelectorAll('*')])
  .filter((each) => each.getBoundingClientRect().right > innerWidth)
  .map((each) => each.outerHTML.slice(0, 200))
"""


def overflow(page: Page) -> list[str]:
    """What reaches beyond the right edge of the window."""
    return page.evaluate(WIDE)  # type: ignore[no-any-return]


def test_its_title_names_what_it_shows(shown: Page) -> None:
    heading = shown.locator("h1").inner_text().strip()
    assert heading
    assert shown.title().endswith(" · Digsite")
    assert shown.title() != " · Digsite"


def test_nothing_stands_in_the_way_of_anybody(shown: Page) -> None:
    assert violations(shown, RULES) == []


def test_nor_do_its_dark_colours(shown: Page) -> None:
    shown.emulate_media(color_scheme="dark")
    assert violations(shown, OF_COLOURS) == []


@pytest.mark.parametrize("width", [390, 320])
def test_it_fits_a_narrow_window(shown: Page, width: int) -> None:
    shown.set_viewport_size({"width": width, "height": 800})
    assert overflow(shown) == []


def test_it_fits_when_all_is_twice_as_large(shown: Page) -> None:
    shown.set_viewport_size({"width": WINDOW["width"] // 2, "height": WINDOW["height"] // 2})
    assert overflow(shown) == []


def test_what_can_be_used_is_large_enough_to_be_hit(shown: Page) -> None:
    small = """
    [...document.querySelectorAll('button, select, input, [role=tab]')].flatMap((each) => {
      const { width, height } = each.getBoundingClientRect();
      const label = each.closest('label')?.getBoundingClientRect();
      const enough = (side, other) => side >= 24 || (other ?? 0) >= 24;
      const shown = width > 1 && getComputedStyle(each).visibility === 'visible';
      return !shown || (enough(width, label?.width) && enough(height, label?.height)) ? [] : [each.outerHTML];
    })
    """
    assert shown.evaluate(small) == []


def test_all_of_it_is_reached_by_keys(shown: Page) -> None:
    shown.evaluate("document.activeElement?.blur()")
    to_reach = shown.evaluate(REACHABLE)
    reached = {}
    for _ in range(len(to_reach) + 20):
        shown.keyboard.press("Tab")
        name, is_ringed = shown.evaluate(FOCUSED)
        reached[name] = is_ringed
    assert set(to_reach) - reached.keys() == set()
    assert [name for name, is_ringed in reached.items() if not is_ringed] == []


NAMED = "const named = (e) => `${e.localName} ${e.getAttribute('aria-label') ?? e.textContent.trim().slice(0, 60)}`;"
REACHABLE = f"""() => {{
  {NAMED}
  const all = [...document.querySelectorAll('a[href], button:enabled, input:enabled, select:enabled, [tabindex="0"]')];
  return all.filter((e) => e.checkVisibility({{ visibilityProperty: true }}) && e.tabIndex >= 0).map(named);
}}"""
FOCUSED = f"""() => {{
  {NAMED}
  const focused = document.activeElement;
  const row = document.getElementById(focused.getAttribute('aria-activedescendant') ?? '');
  const shows = [focused, row];
  for (let around = focused.parentElement; around; around = around.parentElement) shows.push(around);
  const isRing = ({{ outlineStyle, outlineWidth }}) => outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2;
  const isRinged = shows.some((each) => each && isRing(getComputedStyle(each)));
  return [named(focused), focused === document.body || isRinged];
}}"""
"""What is in focus, and whether a ring shows it: its own, or that of the field or the row that it stands for."""


def test_nothing_moves_for_those_who_asked_for_that(shown: Page) -> None:
    shown.emulate_media(reduced_motion="reduce")
    moving = "document.getAnimations().filter((each) => each.playState === 'running').length"
    assert shown.evaluate(moving) == 0


def test_reloading_shows_the_same(shown: Page) -> None:
    before, address = shown.locator("h1").inner_text(), shown.url
    shown.reload()
    settle(shown)
    assert (shown.locator("h1").inner_text(), shown.url) == (before, address)


def test_one_can_leave_and_come_back(shown: Page) -> None:
    before, address = shown.locator("h1").inner_text(), shown.url
    shown.get_by_role("link", name="Digsite").click()
    expect(shown.locator("h1")).to_have_text("Artifacts")
    shown.go_back() if shown.url != address else None
    settle(shown)
    assert (shown.locator("h1").inner_text(), shown.url) == (before, address)


def test_its_links_stay_below_its_root(shown: Page) -> None:
    addresses = shown.eval_on_selector_all("a[href]", "(all) => all.map((each) => each.getAttribute('href'))")
    assert [each for each in addresses if each.startswith("/") and not each.startswith(f"{ROOT_PATH}/")] == []


def test_the_past_is_framed_and_cannot_be_changed(shown: Page, site: Site) -> None:
    """The last of them: the tab is left there."""
    come_to(shown, f"{shown.url}{'&' if '?' in shown.url else '?'}at={site.position()}")
    expect(shown.get_by_role("region", name="Time machine")).to_be_visible()
    writing = shown.get_by_role("button", name=re.compile(r"^(delete|restore|publish|undo)\b", re.IGNORECASE))
    assert [each.inner_text() for each in writing.all() if each.is_enabled()] == []
