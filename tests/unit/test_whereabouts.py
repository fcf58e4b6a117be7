"""Where a Prefect server is, as it was typed, and whose credentials are shown there."""

import base64

import pytest

from service.moving.whereabouts import Whereabouts
from service.settings import Settings

UPSTREAM = "http://upstream:4200/api"


@pytest.fixture
def settings() -> Settings:
    return Settings(upstream_api_url=UPSTREAM, upstream_auth_string="ann:secret")  # type: ignore[arg-type]


def basic(plain: str) -> str:
    return "Basic " + base64.b64encode(plain.encode()).decode()


@pytest.mark.parametrize("url", [None, UPSTREAM, UPSTREAM + "/"])
def test_the_upstream_is_shown_its_own_credentials(settings: Settings, url: str | None) -> None:
    address = Whereabouts(api_url=url).address(settings)
    assert address is not None
    assert (address.api_url, address.authorization) == (UPSTREAM, basic("ann:secret"))


def test_another_server_is_not(settings: Settings) -> None:
    address = Whereabouts(api_url="http://other/api").address(settings)
    assert address is not None
    assert address.authorization is None


@pytest.mark.parametrize(
    ("typed", "shown"), [({"auth_string": "bob:word"}, basic("bob:word")), ({"api_key": "pnu_1"}, "Bearer pnu_1")]
)
def test_what_was_typed_is_shown_instead(settings: Settings, typed: dict[str, str], shown: str) -> None:
    address = Whereabouts(**typed).address(settings)
    assert address is not None
    assert address.authorization == shown


def test_without_an_upstream_and_an_address_there_is_none() -> None:
    assert Whereabouts().address(Settings()) is None
    assert Whereabouts(api_url="upstream:4200").address(Settings()) is None


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("sqlite+aiosqlite:////home/ann/.prefect/prefect.db", "sqlite:////home/ann/.prefect/prefect.db"),
        ("postgresql+asyncpg://ann@host/prefect", "postgresql://ann@host/prefect"),
        ("postgres://ann@host/prefect", "postgresql://ann@host/prefect"),
        ("sqlite:///prefect.db", "sqlite:///prefect.db"),
    ],
)
def test_a_database_may_be_named_as_prefect_names_it(typed: str, meant: str) -> None:
    assert Whereabouts(database_url=typed).database == meant
