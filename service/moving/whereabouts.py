"""The whereabouts of a Prefect server, as they were typed: its API, or its database."""

from msgspec import Struct
from pydantic import SecretStr

from service.settings import Settings
from service.upstream.address import Address, address_of

DRIVERS = {"sqlite+aiosqlite://": "sqlite://", "postgresql+asyncpg://": "postgresql://", "postgres://": "postgresql://"}
"""How Prefect's own settings begin the address of a database, and how this server does."""


class Whereabouts(Struct, frozen=True):
    """What was not said is None."""

    api_url: str | None = None
    auth_string: str | None = None
    api_key: str | None = None
    database_url: str | None = None

    @property
    def database(self) -> str | None:
        """The database's address, as this server writes such; None: it is about an API."""
        url = self.database_url
        for driver, plain in DRIVERS.items():
            url = url.replace(driver, plain, 1) if url is not None and url.startswith(driver) else url
        return url

    def address(self, settings: Settings) -> Address | None:
        """The API's address, or the upstream's. The upstream's credentials are for the upstream alone."""
        url = (self.api_url or settings.upstream_api_url).rstrip("/")
        given = {"upstream_auth_string": self.auth_string, "upstream_api_key": self.api_key}
        if url != settings.upstream_api_url.rstrip("/") or any(given.values()):
            secrets = {name: None if secret is None else SecretStr(secret) for name, secret in given.items()}
            settings = settings.model_copy(update={"upstream_api_url": url, **secrets})
        return address_of(settings) if url.startswith(("http://", "https://")) else None
