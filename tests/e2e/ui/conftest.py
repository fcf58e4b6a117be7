"""Prefect's own UI in Chromium, with a Digsite as its API and artifacts that the real SDK has published."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ViewportSize, expect

from tests.e2e.client import PrefectClient
from tests.e2e.ui.alone import ALONE_TOO
from tests.e2e.ui.visit import PATIENCE_S, Visit
from tests.prefects import Beside

WINDOW = ViewportSize(width=1440, height=1300)
"""High enough for all that a page shows: what is far below the window's end is not drawn."""
PICTURE = "data:image/gif;base64,R0lGODlhAQABAIAAAP8AAP///ywAAAAAAQABAAACAkQBADs="
"""A picture that needs no network."""

expect.set_options(timeout=1000 * PATIENCE_S)


@pytest.fixture(scope="module")
def window(browser: Browser) -> Iterator[BrowserContext]:
    """What the visits share: the files of the UI are loaded once."""
    with browser.new_context(viewport=WINDOW) as window:
        window.set_default_timeout(1000 * PATIENCE_S)
        yield window


@pytest.fixture(scope="module")
def prefect_settings() -> dict[str, str]:
    """Further `PREFECT_*` variables of who publishes."""
    return {}


@pytest.fixture(scope="module")
def ids(
    beside_prefect: Beside,
    prefect_python: Path,
    prefect_settings: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, str]:
    """The ids of what was published, and of the runs that did it, by name."""
    home = tmp_path_factory.mktemp("client")
    client = PrefectClient(prefect_python, home, beside_prefect.digsite.url, **prefect_settings)
    published: dict[str, str] = json.loads(client.script("publish", PICTURE))
    return published


@pytest.fixture(scope="module")
def screenshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where each visit leaves a picture of how it ended: `DIGSITE_SCREENSHOTS`, or pytest's own folder."""
    named = os.environ.get("DIGSITE_SCREENSHOTS")
    folder = Path(named) if named else tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(params=["v1", "v2"])
def ui(request: pytest.FixtureRequest, ids: dict[str, str], beside_prefect: Beside) -> str:
    """Where a version of the UI begins, once there is something to see."""
    return beside_prefect.prefect.origin + {"v1": "", "v2": "/v2"}[request.param]


@pytest.fixture
def visit(
    ui: str, window: BrowserContext, beside_prefect: Beside, screenshots: Path, request: pytest.FixtureRequest
) -> Iterator[Visit]:
    """A page of one's own. In the end nothing may have failed on it that does not fail with Prefect alone."""
    page = window.new_page()
    visit = Visit(page, ui)
    yield visit
    visit.settle()
    page.screenshot(path=screenshots / f"{re.sub(r'[^a-z0-9]+', '-', request.node.name).strip('-')}.png")
    page.close()
    assert visit.complaints <= ALONE_TOO.keys()
    assert not [each.url for each in visit.asked if each.url.startswith(beside_prefect.prefect.url)]
