"""What must hold of a log's mirror: it is the log, or the end of it."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis

from events.published import Published
from events.reading import read_span
from events.stores.sql import SqlStore

TIMEOUT_S = 40

Entry = tuple[bytes, dict[bytes, bytes]]


async def until_mirrored(client: Redis, key: str, position: int) -> list[Entry]:
    """Wait until the mirror has a position. Answers with all that it has."""
    async with asyncio.timeout(TIMEOUT_S):
        while True:
            newest: Any = await client.xrevrange(key, count=1)
            if newest and newest[0][0] == f"{position}-0".encode():
                return await client.xrange(key)  # type: ignore[return-value]
            await asyncio.sleep(0.01)


async def check_mirror(store: SqlStore, client: Redis, key: str, log: str, *, after: int = 0) -> None:
    """It has each event of the log above `after` once, in order, as it is published."""
    expected = await read_published(store, log, after)
    entries = await until_mirrored(client, key, (await store.head(log)).position)
    assert [entry for entry, _ in entries] == [f"{event.position}-0".encode() for event in expected]
    assert [json.loads(values[b"json"]) for _, values in entries] == [json.loads(event.json) for event in expected]


async def read_published(store: SqlStore, log: str, after: int = 0) -> Sequence[Published]:
    """All events above a position."""
    events: list[Published] = []
    while (span := await read_span(store, log, after=events[-1].position if events else after)).events:
        events += span.events
    return events
