"""Prefect's UI where a password is asked for: it is the same for Digsite and the Prefect server, and given once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.e2e.ui.visit import Visit
from tests.prefects import Beside, beside

pytestmark = pytest.mark.slow

PASSWORD = "ada:lovelace"
SETTINGS = {
    "PREFECT_SERVER_API_AUTH_STRING": PASSWORD,
    "PREFECT_SERVER_CSRF_PROTECTION_ENABLED": "true",  # pages must then show a token with each change
    "DIGSITE_API_AUTH_STRING": PASSWORD,
    "DIGSITE_UPSTREAM_AUTH_STRING": PASSWORD,
}


@pytest.fixture(scope="module")
def beside_prefect(prefect_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Beside]:
    home = tmp_path_factory.mktemp("beside")
    with beside(prefect_python, f"sqlite:///{home / 'digsite.db'}", home, SETTINGS) as both:
        yield both


@pytest.fixture(scope="module")
def prefect_settings() -> dict[str, str]:
    return {"PREFECT_API_AUTH_STRING": PASSWORD}


@pytest.fixture
def logged_in(ui: str, window: BrowserContext) -> None:
    """The password is given on a page of its own: until then the UI asks in vain, and complains of it."""
    with window.new_page() as page:
        page.goto(f"{ui}/artifacts")
        page.evaluate("localStorage.clear()")  # of the other version, which keeps the password there as well
        page.goto(f"{ui}/artifacts")
        page.get_by_placeholder("admin:pass").fill(PASSWORD)
        page.get_by_role("button", name="Login").click()
        expect(page.get_by_text("Sales by region")).to_be_visible()


@pytest.mark.usefixtures("logged_in")
def test_who_has_given_the_password_sees_what_both_servers_hold(visit: Visit, ids: dict[str, str]) -> None:
    visit.open(f"/runs/task-run/{ids['task run']}").choose_tab("Artifacts")
    visit.expect_links("/artifacts/artifact", [ids["progress"]])
