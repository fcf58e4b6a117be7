"""What an export needs, put together: the log to read from, and the target to write to."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from events.stores import open_reader
from service.migrations import check_revision
from service.moving.held import Holdings
from service.moving.targets.api import ApiTarget
from service.moving.targets.database import DatabaseTarget
from service.moving.targets.databases import database_at
from service.moving.targets.target import Target
from service.moving.whereabouts import Whereabouts
from service.settings import Settings


class NowhereTo(Exception):
    """It was not said, or said twice, where to write to."""

    def __init__(self) -> None:
        super().__init__(
            "Say where to: --api-url http://HOST:4200/api, or --database-url sqlite:////PATH/prefect.db or "
            "postgresql://..., or the upstream by DIGSITE_UPSTREAM_API_URL."
        )


@asynccontextmanager
async def opened_export(
    settings: Settings, log: str, whither: Whereabouts, *, writing: bool, may_fire: bool = False
) -> AsyncIterator[tuple[Holdings, Target]]:
    """What the log holds now, and the target. `may_fire`: write even if automations would. All is closed in the end.

    Raises NowhereTo, OtherRelease, StorageUnavailable, TargetUnusable, UpstreamUnavailable, UpstreamRefused.
    """
    target = target_of(settings, whither, may_fire=may_fire)
    store = open_reader(settings.database)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(target.close)
        stack.push_async_callback(store.close)
        await store.open()
        await check_revision(store)
        await target.open(writing=writing)
        holdings = Holdings(store, log)
        stack.callback(holdings.close)
        yield await holdings.open(), target


def target_of(settings: Settings, whither: Whereabouts, *, may_fire: bool) -> Target:
    """Raises NowhereTo, TargetUnusable."""
    if whither.database is not None and whither.api_url is None:
        return DatabaseTarget(database_at(whither.database))
    address = whither.address(settings)
    if address is None or whither.database is not None:
        raise NowhereTo
    return ApiTarget(address, may_fire=may_fire)
