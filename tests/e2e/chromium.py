"""The Chromium of this machine, for tests of pages."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

CHROMIUM = os.environ.get("DIGSITE_TEST_CHROMIUM", "chromium")
ON_THIS_MACHINE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
"""What the pages ask of other machines fails at once: nothing leaves this one."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Without one: a skip here, a failure in CI."""
    program = shutil.which(CHROMIUM)
    if program is None:
        if os.environ.get("CI"):
            pytest.fail(f"{CHROMIUM} is not installed")
        pytest.skip(f"{CHROMIUM} is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=[ON_THIS_MACHINE])
        yield browser
        browser.close()
