"""What an import needs, put together: the source to read from, what the log has, and the intake to write to."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from msgspec import Struct
from pydantic import SecretStr

from events.stores import SQLITE, open_reader
from service.migrations import check_revision
from service.moving.intake import Intake, open_intake
from service.moving.ours import Ours
from service.moving.sources.api import ApiSource
from service.moving.sources.postgres import PostgresSource
from service.moving.sources.source import Source
from service.moving.sources.sqlite import SqliteSource
from service.settings import Settings
from service.upstream.address import Address, address_of

DRIVERS = {"sqlite+aiosqlite://": "sqlite://", "postgresql+asyncpg://": "postgresql://", "postgres://": "postgresql://"}
"""How Prefect's own settings begin the address of a database, and how this server does."""


class NowhereFrom(Exception):
    """It was not said, or said twice, where to read from."""

    def __init__(self) -> None:
        super().__init__(
            "Say where from: --api-url http://HOST:4200/api, or --database-url sqlite:////PATH/prefect.db or "
            "postgresql://..., or the upstream by DIGSITE_UPSTREAM_API_URL."
        )


class Whence(Struct, frozen=True):
    """Where an import comes from, as it was typed."""

    api_url: str | None = None
    auth_string: str | None = None
    api_key: str | None = None
    database_url: str | None = None


class Import(Struct, frozen=True):
    """An import, ready to begin. Without an intake, nothing is written."""

    source: Source
    ours: Ours
    intake: Intake | None


@asynccontextmanager
async def opened_import(settings: Settings, whence: Whence, *, writing: bool) -> AsyncIterator[Import]:
    """All is closed in the end.

    Raises NowhereFrom, SourceUnavailable, UpstreamUnavailable, UpstreamRefused, OtherRelease, StorageInUse,
    StorageUnavailable.
    """
    source = source_of(settings, whence)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(source.close)
        await source.open()
        intake = None
        if writing:
            intake = await open_intake(settings)
            stack.push_async_callback(intake.close)
        if _is_there(settings.database):
            store = open_reader(settings.database)
            stack.push_async_callback(store.close)
            await store.open()
            await check_revision(store)
            yield Import(source, Ours(store), intake)
        else:
            yield Import(source, Ours(None), intake)


def source_of(settings: Settings, whence: Whence) -> Source:
    """Raises NowhereFrom."""
    url = whence.database_url
    if url is None:
        return ApiSource(_address(settings, whence))
    if whence.api_url is not None:
        raise NowhereFrom
    for driver, plain in DRIVERS.items():
        url = url.replace(driver, plain, 1) if url.startswith(driver) else url
    if url.startswith(SQLITE):
        return SqliteSource(Path(url.removeprefix(SQLITE)))
    if url.startswith("postgresql://"):
        return PostgresSource(url)
    raise NowhereFrom


def _address(settings: Settings, whence: Whence) -> Address:
    """The upstream's credentials are for the upstream alone. Raises NowhereFrom."""
    url = (whence.api_url or settings.upstream_api_url).rstrip("/")
    given = {"upstream_auth_string": whence.auth_string, "upstream_api_key": whence.api_key}
    if url != settings.upstream_api_url.rstrip("/") or any(given.values()):
        secrets = {name: None if secret is None else SecretStr(secret) for name, secret in given.items()}
        settings = settings.model_copy(update={"upstream_api_url": url, **secrets})
    address = address_of(settings)
    if address is None or not url.startswith(("http://", "https://")):
        raise NowhereFrom
    return address


def _is_there(database: str) -> bool:
    """Whether there is a database to look at. A dry run makes none."""
    return not database.startswith(SQLITE) or Path(database.removeprefix(SQLITE)).expanduser().exists()
