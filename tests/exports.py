"""What tests of exports need: a log with all that a log can have, and a look at every row of it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Table, select

from events.absences import Reason, remove_bodies, remove_labels
from events.event import Origin
from events.ids import uuid7
from events.stores.sql import SqlStore
from events.stores.statement import Statement
from events.stores.tables import ABSENCES, EVENT_BODIES, EVENTS, LOGS, Row
from events.testing import an_event
from projections import INLINE
from service.deciding.commands import RecordEvents
from service.exports.appending import Appended, append_export
from service.exports.exporting import Asked, export
from service.exports.importing import Imported, import_whole
from service.exports.manifest import Encoding, Manifest
from service.parts import Parts
from tests.property.histories import Step, live

TABLES = (EVENTS, EVENT_BODIES, ABSENCES, *(projector.table for projector in INLINE))


async def a_history(parts: Parts, log: str = "default") -> int:
    """Keys, updates, deletions, outside events with odd texts, an erased body, erased labels. The head's position."""
    verbs = ("create", "create", "batch", "update", "delete", "delete_all", "create")
    await live(parts, log, [[Step(verb, key, n, None)] for n, verb in enumerate(verbs) for key in ("a", None)])
    await outside(parts, log, 3)
    await erase(parts.store, log, [2, 3], [])
    head = (await parts.store.head(log)).position
    await erase(parts.store, log, [], [head - 1])
    return head


async def outside(parts: Parts, log: str, count: int, **facts: Any) -> None:
    """Record events from outside, of an odd kind about an odd thing."""
    odd = {"kind": "odd.\0\x10", "resource": {"prefect.resource.id": "odd \0 ü"}, **facts}
    events = tuple(an_event(**{"id": uuid7(parts.store.clock()), **odd}) for _ in range(count))
    await parts.writer.submit(log, RecordEvents(events=events, origin=Origin(actor="ann")))


async def erase(store: SqlStore, log: str, bodies: Sequence[int], labels: Sequence[int]) -> None:
    number = await store.log_number(log)
    cause = (await store.head(log)).position
    await store.beside(lambda fetch: remove_bodies(fetch, number, bodies, Reason.ERASED, cause))
    await store.beside(lambda fetch: remove_labels(fetch, number, labels, cause))


async def exported(store: SqlStore, folder: Path, **asked: Any) -> Manifest:
    wanted = Asked(**{"log": "default", "encoding": Encoding.NDJSON, **asked})
    return await export(store, folder, wanted, lambda *_: None)


async def imported(store: SqlStore, folder: Path, log: str | None = None) -> Imported:
    return await import_whole(store, folder, log, lambda *_: None)


async def appended(store: SqlStore, folder: Path, log: str | None = None) -> Appended:
    return await append_export(store, folder, log, lambda *_: None)


async def everything(store: SqlStore, log: str) -> dict[str, list[Row]]:
    """Each row of the log, its bodies, its absences and its inline read models; and its head."""
    number = await store.log_number(log)
    found = {table.name: await _rows(store, table, number) for table in TABLES}
    head = select(LOGS.c.position, LOGS.c.recorded, LOGS.c.hash).where(LOGS.c.name == log)
    return {**found, "head": [tuple(row) for row in await store.fetch(Statement(head))]}


async def _rows(store: SqlStore, table: Table, number: int) -> list[Row]:
    columns = [column for column in table.columns if column.name != "log"]
    return sorted(
        (tuple(row) for row in await store.fetch(Statement(select(*columns).where(table.c.log == number)))), key=repr
    )
