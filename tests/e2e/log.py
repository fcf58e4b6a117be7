"""What a server has left in its log."""

import asyncio
from collections.abc import Sequence

from events.event import RecordedEvent
from events.stores import open_store
from service.context import DEFAULT_LOG
from tests.servers import LiveServer


def left_by(server: LiveServer) -> list[RecordedEvent]:
    """Stop the server, since SQLite's file is its own while it runs, and read all events of its log."""
    assert server.stop() == 0
    return asyncio.run(_read_all(server.database_url))


def kinds_of(events: Sequence[RecordedEvent], *, key: str) -> list[str]:
    """The kinds of the events of one key, in order, without `prefect.`."""
    return [each.event.kind.removeprefix("prefect.") for each in events if each.event.outcome.key == key]


async def _read_all(database_url: str) -> list[RecordedEvent]:
    store = open_store(database_url)
    try:
        await store.open()
        return await store.read_all(DEFAULT_LOG)
    finally:
        await store.close()
