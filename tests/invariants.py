"""What must hold of every log and its read models, whatever happened to it."""

from sqlalchemy import select

from events.chain import genesis
from events.event import RecordedEvent
from events.stores.sql import SqlStore
from events.stores.statement import Statement
from events.stores.tables import Row, to_row
from events.testing import recomputed_hash
from projections import INLINE
from projections.artifacts import Artifact
from projections.collections import Collection
from projections.projector import LatestHeader

PAGE = 5_000


async def check_log(store: SqlStore, log: str) -> list[RecordedEvent]:
    """Positions are dense, streams are dense, time rises, the chain holds, the read models are the log's fold."""
    events = await read_whole_log(store, log)
    check_order(events)
    await check_chain(store, log, events)
    for projector in INLINE:
        assert await rows_of(store, log, projector) == fold(await store.log_number(log), projector, events)
    await check_latest(store, log)
    return events


async def read_whole_log(store: SqlStore, log: str) -> list[RecordedEvent]:
    events: list[RecordedEvent] = []
    while page := await store.read_all(log, after=len(events), limit=PAGE):
        events += page
    return events


def check_order(events: list[RecordedEvent]) -> None:
    assert [placed.position for placed in events] == list(range(1, len(events) + 1))
    versions: dict[str, int] = {}
    for placed in events:
        stream = str(placed.stream)
        assert placed.version == versions.get(stream, 0) + 1, f"{stream} skips to version {placed.version}"
        versions[stream] = placed.version
    times = [placed.recorded for placed in events]
    assert times == sorted(set(times))


async def check_chain(store: SqlStore, log: str, events: list[RecordedEvent]) -> None:
    before = genesis(log)
    for placed in events:
        assert placed.hash == recomputed_hash(before, placed), f"the chain breaks at {placed.position}"
        before = placed.hash
    head = await store.head(log)
    assert (head.position, head.hash) == (len(events), before)


async def check_latest(store: SqlStore, log: str) -> None:
    """The latest of each key is the newest of those that live."""
    artifacts = map(Artifact.from_row, (await rows_of(store, log, INLINE[0])).values())
    collections = map(Collection.from_row, (await rows_of(store, log, INLINE[1])).values())
    newest: dict[str, Artifact] = {}
    for artifact in sorted(artifacts, key=lambda each: each.age):
        if artifact.key is not None:
            newest[artifact.key] = artifact
    assert {each.key: each.latest_id for each in collections} == {key: each.id for key, each in newest.items()}


async def rows_of(store: SqlStore, log: str, projector: LatestHeader) -> dict[str, Row]:
    """A read model as it is served."""
    table = projector.table
    number = await store.log_number(log)
    rows = await store.fetch(Statement(select(*table.columns).where(table.c.log == number)))
    return {projector.identity(row): tuple(row) for row in rows}


def fold(log: int, projector: LatestHeader, events: list[RecordedEvent]) -> dict[str, Row]:
    """A read model as the log says that it must be."""
    rows: dict[str, Row] = {}
    for placed in events:
        if placed.stream.category == projector.category:
            identity, row = projector.apply(to_row(log, placed))
            rows.pop(identity, None)
            if row is not None:
                rows[identity] = row
    return rows
