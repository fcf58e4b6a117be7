"""A watched tab: whatever the page complains of fails the test."""

import re

from playwright.sync_api import ConsoleMessage, Error, Page, Request

WORTH_TELLING = ("error", "warning")


class Watched:
    """What a tab has complained of: errors in the console (violations of the policy are there too), errors that
    nobody caught, requests that failed or went to another host."""

    def __init__(self, page: Page, root: str) -> None:
        self._root = root
        self._expected: list[re.Pattern[str]] = []
        self.complaints: list[str] = []
        page.on("console", self._said)
        page.on("pageerror", self._raised)
        page.on("request", self._asked)
        page.on("requestfailed", self._failed)

    def expect(self, pattern: str) -> None:
        """The test provokes complaints like this one."""
        self._expected.append(re.compile(pattern))

    @property
    def unexpected(self) -> list[str]:
        return [each for each in self.complaints if not any(pattern.search(each) for pattern in self._expected)]

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in WORTH_TELLING:
            self.complaints.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _raised(self, error: Error) -> None:
        self.complaints.append(f"uncaught: {error}")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self._root, "data:", "blob:")):
            self.complaints.append(f"another host: {request.url}")

    def _failed(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # the page itself gave up what it no longer needs
            self.complaints.append(f"failed: {request.url} {request.failure}")
