"""A tab of the browser that is watched: what it complains of fails the test."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.e2e.page.watched import Watched

WINDOW = ViewportSize(width=1440, height=900)
PATIENCE_S = 20
"""What has not been shown by then does not come."""

expect.set_options(timeout=1000 * PATIENCE_S)


@contextmanager
def tab(browser: Browser, root: str, test: pytest.Item) -> Iterator[Page]:
    """`@pytest.mark.complains(pattern)` names what the test provokes.

    In the end a picture of it is left in the folder that `DIGSITE_SCREENSHOTS` names.
    """
    with browser.new_context(viewport=WINDOW, base_url=root) as window:
        window.set_default_timeout(1000 * PATIENCE_S)
        page = window.new_page()
        watched = Watched(page, root)
        for mark in test.iter_markers("complains"):
            watched.expect(mark.args[0])
        yield page
        _leave_picture(page, test.name)
    assert watched.unexpected == []


def _leave_picture(page: Page, name: str) -> None:
    folder = os.environ.get("DIGSITE_SCREENSHOTS")
    if folder:
        page.screenshot(path=Path(folder, f"{re.sub(r'[^a-z0-9_-]+', '-', name)}.png"))
