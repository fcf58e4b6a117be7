"""A server that asks for credentials: the page asks for them, in the place of what they are needed for."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.page.site import Site
from tests.servers import LiveServer

AUTH_STRING = "admin:pa:ss wörd"

pytestmark = pytest.mark.complains("401")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = tmp_path_factory.mktemp("guarded")
    settings = {"DIGSITE_API_AUTH_STRING": AUTH_STRING}
    with LiveServer(f"sqlite:///{home / 'digsite.db'}", home, settings) as server:
        site = Site(server)
        site.api.auth = tuple(AUTH_STRING.encode().split(b":", 1))
        site.publish("guarded")
        yield site
        site.api.close()


@pytest.mark.parametrize("path", ["/artifacts"])
def test_the_page_asks_for_credentials_and_is_live_with_them(page: Page, site: Site, path: str) -> None:
    page.goto(path)
    page.get_by_label("This server asks who you are").fill(AUTH_STRING)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("guarded", exact=True)).to_be_visible()
    expect(page.get_by_text(f"live · {site.position()}")).to_be_visible()


def test_the_shell_tells_nobody_where_the_log_ends(page: Page) -> None:
    page.goto("/artifacts")
    assert '"position":null' in page.content()


def test_wrong_credentials_are_asked_for_again(page: Page) -> None:
    page.goto("/artifacts")
    page.get_by_label("This server asks who you are").fill("wrong")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_label("This server asks who you are")).to_be_visible()
