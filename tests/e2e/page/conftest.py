"""The page in Chromium, over a live server."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.e2e.page.site import Site
from tests.e2e.page.watched import Watched
from tests.servers import LiveServer

WINDOW = ViewportSize(width=1440, height=900)
PATIENCE_S = 20
"""What has not been shown by then does not come."""

expect.set_options(timeout=1000 * PATIENCE_S)

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One server for the tests of a module, on a log of its own."""
    home = tmp_path_factory.mktemp("site")
    with LiveServer(f"sqlite:///{home / 'digsite.db'}", home) as server:
        site = Site(server)
        yield site
        site.api.close()


@pytest.fixture
def page(browser: Browser, site: Site, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A tab. What it complains of fails the test; `@pytest.mark.complains(pattern)` names what the test provokes.

    In the end a picture of it is left in the folder that `DIGSITE_SCREENSHOTS` names.
    """
    with browser.new_context(viewport=WINDOW, base_url=site.root) as window:
        window.set_default_timeout(1000 * PATIENCE_S)
        page = window.new_page()
        watched = Watched(page, site.root)
        for mark in request.node.iter_markers("complains"):
            watched.expect(mark.args[0])
        yield page
        _leave_picture(page, request.node.name)
    assert watched.unexpected == []


def _leave_picture(page: Page, name: str) -> None:
    folder = os.environ.get("DIGSITE_SCREENSHOTS")
    if folder:
        page.screenshot(path=Path(folder, f"{re.sub(r'[^a-z0-9_-]+', '-', name)}.png"))
