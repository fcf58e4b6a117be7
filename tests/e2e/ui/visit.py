"""A visit: one page of Prefect's UI that is open in the browser, with all that it asks and complains of."""

import time
from itertools import cycle
from typing import TypeAlias
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Error, Locator, Page, Request, Response

Complaint: TypeAlias = str
"""What went wrong on a page, in a form in which the same thing is always the same."""

CLICK_EVERY_PX = 24
"""Less than the width of what is drawn of an artifact."""
PATIENCE_S = 30
"""What has not been shown by then does not come. A page takes a second or two, more where others run beside it."""
POLL_MS = 20
"""How often a page is asked whether something has come."""


class Visit:
    """`asked` are its requests, `complaints` what failed and what it wrote to the console as an error."""

    def __init__(self, page: Page, root: str) -> None:
        """`root` is where the version of the UI begins: its origin and base path."""
        self.page = page
        self.asked: list[Request] = []
        self.complaints: set[Complaint] = set()
        self._root = root
        self._origin = _origin(root)
        self._under_way: set[Request] = set()
        page.on("request", self._begun)
        page.on("requestfinished", self._finished)
        page.on("requestfailed", self._failed)
        page.on("response", self._answered)
        page.on("console", self._said)
        page.on("pageerror", self._raised)

    def open(self, path: str) -> "Visit":
        self.page.goto(self._root + path)
        return self

    def text(self, text: str) -> Locator:
        """The first thing that shows this text, in whatever case."""
        return self.page.get_by_text(text).filter(visible=True).first

    def expect_links(self, path: str, expected: list[str] | set[str]) -> None:
        """Wait until what is shown links to these things below the path, and to no others; a list has their order."""
        links = self.page.locator(f'a[href*="{path}/"]').filter(visible=True)
        deadline = time.monotonic() + PATIENCE_S
        while (found := type(expected)(_last_parts(links))) != expected and time.monotonic() < deadline:
            self.page.wait_for_timeout(POLL_MS)
        assert found == expected

    def choose_tab(self, name: str) -> None:
        self.page.get_by_role("tablist").get_by_text(name, exact=True).click()

    def click_through(self, down: float, *, until: Locator) -> None:
        """Click through the middle of the graph of a run, from left to right and so far down, until something shows.

        The graph is a picture, in which nothing can be found but by hand; and it is drawn a while after the page.
        """
        graph = self.page.locator("canvas")
        graph.wait_for()
        box = graph.bounding_box()
        assert box is not None
        deadline = time.monotonic() + PATIENCE_S
        for right in cycle(range(int(0.35 * box["width"]), int(0.65 * box["width"]), CLICK_EVERY_PX)):
            self.page.mouse.click(box["x"] + right, box["y"] + down * box["height"])
            self._draw()
            self.settle()
            self._draw()
            if until.is_visible():
                return
            assert time.monotonic() < deadline, f"nothing in the graph leads to {until}"

    def settle(self) -> None:
        """Return when no request is under way."""
        while self._under_way:
            self.page.wait_for_timeout(POLL_MS)

    def _draw(self) -> None:
        """Return when the page has drawn what it has."""
        self.page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def _begun(self, request: Request) -> None:
        self.asked.append(request)
        self._under_way.add(request)

    def _finished(self, request: Request) -> None:
        self._under_way.discard(request)

    def _failed(self, request: Request) -> None:
        self._under_way.discard(request)
        self.complaints.add(f"failed {request.method} {self._place(request.url)}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self.complaints.add(f"{response.status} {response.request.method} {self._place(response.url)}")

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith("Failed to load resource"):  # told above
            self.complaints.add(f"console {message.text}")

    def _raised(self, error: Error) -> None:
        self.complaints.add(f"raised {error}")

    def _place(self, url: str) -> str:
        """The path of what is on this machine, the origin of what is elsewhere."""
        parts = urlsplit(url)
        return parts.path if parts.hostname == urlsplit(self._origin).hostname else _origin(url)


def _last_parts(links: Locator) -> dict[str, None]:
    """Each once: a thing may have two links, and one that is about to go may still be there."""
    return dict.fromkeys(links.evaluate_all("links => links.map(link => link.pathname.split('/').pop())"))


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
