"""A server must not outlive the history that it has in memory: it ends when its database was restored beneath it.

With SQLite that cannot happen: the file is held. PostgreSQL puts a backup back while servers may be running.
"""

import asyncio
from contextlib import suppress

from sqlalchemy import text

from events.errors import StorageUnavailable
from events.stores.sql import SqlStore
from events.stores.statement import Statement

LOOK_S = 1.0


class LogRestored(Exception):
    def __init__(self, log: str) -> None:
        super().__init__(
            f"The log {log!r} was restored from a backup while this server was running. What the server has in memory "
            "is no more: start it again."
        )
        self.log = log


async def epochs(store: SqlStore) -> dict[str, int]:
    """The epoch of each log that has events. Raises StorageUnavailable."""
    return dict(await store.fetch(BEGUN))


async def until_restored(store: SqlStore, known: dict[str, int]) -> str:
    """Return when a log has begun another epoch than is known, with its name."""
    while True:
        with suppress(StorageUnavailable):
            for name, epoch in (await epochs(store)).items():
                if known.setdefault(name, epoch) != epoch:
                    return name
        await asyncio.sleep(LOOK_S)


BEGUN = Statement(text("SELECT name, epoch FROM logs WHERE position > 0"))
"""One that is empty may be about to be imported."""
