"""The page in Chromium, over a live server."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.page.site import Site
from tests.e2e.page.tab import tab
from tests.servers import LiveServer


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
    """A tab. What it complains of fails the test."""
    with tab(browser, site.root, request.node) as page:
        yield page
