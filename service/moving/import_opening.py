"""What an import needs, put together: the source to read from, what the log has, and the intake to write to."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from msgspec import Struct

from events.stores import POSTGRES, SQLITE, open_reader
from service.migrations import check_revision
from service.moving.intake import Intake, open_intake
from service.moving.ours import Ours
from service.moving.sources.api import ApiSource
from service.moving.sources.postgres import PostgresSource
from service.moving.sources.source import Source
from service.moving.sources.sqlite import SqliteSource
from service.moving.whereabouts import Whereabouts
from service.settings import Settings


class NowhereFrom(Exception):
    """It was not said, or said twice, where to read from."""

    def __init__(self) -> None:
        super().__init__(
            "Say where from: --api-url http://HOST:4200/api, or --database-url sqlite:////PATH/prefect.db or "
            "postgresql://..., or the upstream by DIGSITE_UPSTREAM_API_URL."
        )


class Import(Struct, frozen=True):
    """An import, ready to begin. Without an intake, nothing is written."""

    source: Source
    ours: Ours
    intake: Intake | None


@asynccontextmanager
async def opened_import(settings: Settings, whence: Whereabouts, *, writing: bool) -> AsyncIterator[Import]:
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


def source_of(settings: Settings, whence: Whereabouts) -> Source:
    """Raises NowhereFrom."""
    url = whence.database
    if url is None:
        address = whence.address(settings)
        if address is None:
            raise NowhereFrom
        return ApiSource(address)
    if whence.api_url is not None:
        raise NowhereFrom
    if url.startswith(SQLITE):
        return SqliteSource(Path(url.removeprefix(SQLITE)))
    if url.startswith(POSTGRES):
        return PostgresSource(url)
    raise NowhereFrom


def _is_there(database: str) -> bool:
    """Whether there is a database to look at. A dry run makes none."""
    return not database.startswith(SQLITE) or Path(database.removeprefix(SQLITE)).expanduser().exists()
