"""The page of the log: where it ends, who reads it, and whether it is what was recorded."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from projections.checkpoints import Holder
from service.app import opened
from service.settings import Settings
from service.verification.inspector import Inspector, Rhythm
from tests.databases import run_apart
from tests.e2e.page.site import Site
from tests.servers import LiveServer
from tests.verifying import alter

ALTERED = 3
"""A position whose body somebody changes behind the server's back."""
ONE_BYTE = f"UPDATE event_bodies SET content = replace(content, 'sound', 'found') WHERE position = {ALTERED}"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server that is stopped and started again within the module."""
    home = tmp_path_factory.mktemp("site")
    with LiveServer(f"sqlite:///{home / 'digsite.db'}", home) as server:
        site = Site(server)
        yield site
        site.api.close()


async def inspect(settings: Settings) -> None:
    """One round of the inspector, at once."""
    async with opened(settings) as parts:
        await Inspector(parts.store, parts.events.news, Holder("inspector"), Rhythm(rate=10**9)).inspect("default")


def inspected(site: Site, *alterations: str) -> None:
    """Stop the server, alter what it has recorded, have it inspected, and start the server where it was."""
    server = site.server
    server.stop()
    if alterations:
        run_apart(alter(server.database_url, *alterations))
    home = Path(server.database_url.removeprefix("sqlite:///")).parent
    run_apart(inspect(Settings(home=home, database_url=server.database_url)))
    server.start(server.port)


def test_the_log_is_live_on_its_page(page: Page, site: Site) -> None:
    page.goto("/log")
    region = page.get_by_role("region", name="Position")
    expect(region).to_contain_text(f"{site.position()}")
    site.publish("first", "sound")
    site.publish("second", "sound")
    expect(region).to_contain_text(f"{site.position()}")
    expect(page.get_by_role("region", name="Rate")).to_contain_text("4 in the last minute")
    expect(page.get_by_role("region", name="Size")).to_contain_text("headers")


def test_every_reader_says_how_far_behind_it_is(page: Page, site: Site) -> None:
    site.api.put("/subscriptions/billing", json={"start": "start"}).raise_for_status()
    page.goto("/log")
    row = page.get_by_role("row", name=re.compile("billing"))
    expect(row).to_contain_text(f"{site.position()}")
    expect(page.get_by_role("row", name=re.compile("^history"))).to_contain_text("caught up")


def test_the_checkpoint_and_the_key_can_be_taken_along(page: Page, site: Site) -> None:
    page.goto("/log")
    expect(page.get_by_label("/log/key")).to_contain_text("digsite")
    expect(page.get_by_label("/log/checkpoint")).to_contain_text("— digsite")


def test_a_policy_is_told_in_words(page: Page, site: Site) -> None:
    site.api.put("/retention/old-ones", json={"keys": "daily-*", "keep_for_s": 864_000}).raise_for_status()
    page.goto("/log")
    expect(page.get_by_text("keys like daily-*: kept for 10 days")).to_be_visible()
    expect(page.get_by_text("Applied next at")).to_be_visible()


@pytest.mark.complains("refused|Unavailable|WebSocket")
def test_one_altered_byte_is_named_by_its_position(page: Page, site: Site) -> None:
    inspected(site)
    page.goto("/log")
    expect(page.get_by_role("heading", name="no fault was found")).to_be_visible()
    page.goto("about:blank")
    inspected(site, ONE_BYTE)
    page.goto("/log")
    expect(page.get_by_role("heading", name="The log is not what was recorded")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text(f"position {ALTERED}")
    page.get_by_role("button", name="Show all faults").click()
    expect(page.get_by_role("listitem").filter(has_text=f"position {ALTERED}")).to_be_visible()
