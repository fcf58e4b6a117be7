"""Inspections: what came of the last round through each log, for every process to show."""

import msgspec
from msgspec import Struct
from sqlalchemy import BigInteger, Column, Integer, Table, Text, select, text

from events.event import Micros
from events.stores.sql import Fetch, SqlStore
from events.stores.statement import Statement
from events.stores.tables import LOGS, METADATA
from events.verification import Fault

TABLE = Table(
    "inspections",
    METADATA,
    Column("log", Integer, primary_key=True, autoincrement=False),
    Column("began", BigInteger, nullable=False),
    Column("ended", BigInteger),
    Column("position", BigInteger, nullable=False),
    Column("faults", Integer, nullable=False),
    Column("first_fault", Text),
)


class Inspection(Struct, frozen=True):
    """A round through a log. The fields are the table's columns, in order, but for the log."""

    began: Micros
    ended: Micros | None
    """None: faults were found, and it goes on."""
    position: int
    """How far the log was looked through."""
    faults: int
    first_fault: Fault | None


async def inspections(store: SqlStore) -> dict[str, Inspection]:
    """The newest of each log. Raises StorageUnavailable, as below."""
    rows = await store.fetch(ALL)
    return {
        log: Inspection(began, ended, position, faults, _fault(text))
        for log, began, ended, position, faults, text in rows
    }


async def keep(fetch: Fetch, number: int, found: Inspection) -> None:
    """Keep what is known of a log's round in place of what was."""
    fault = None if found.first_fault is None else msgspec.json.encode(found.first_fault).decode()
    given = {"began": found.began, "ended": found.ended, "position": found.position, "faults": found.faults}
    await fetch(KEEP, log=number, first_fault=fault, **given)


def _fault(text: str | None) -> Fault | None:
    return None if text is None else msgspec.json.decode(text, type=Fault)


ALL = Statement(
    select(LOGS.c.name, *(column for column in TABLE.columns if column.name != "log")).join_from(
        LOGS, TABLE, LOGS.c.log == TABLE.c.log
    )
)
KEEP = Statement(
    text(
        "INSERT INTO inspections VALUES (:log, :began, :ended, :position, :faults, :first_fault) "
        "ON CONFLICT (log) DO UPDATE SET began = excluded.began, ended = excluded.ended, "
        "position = excluded.position, faults = excluded.faults, first_fault = excluded.first_fault"
    )
)
