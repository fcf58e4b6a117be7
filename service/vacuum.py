"""The vacuum: what was taken away leaves the files of the database, too. Until then these may keep it, unseen."""

from msgspec import Struct
from sqlalchemy import select

from events.absences import Part
from events.stores.sql import SqlStore
from events.stores.statement import Statement
from events.stores.tables import ABSENCES, EVENT_BODIES, METADATA
from events.subscriptions.tables import DELIVERIES
from projections import CATCH_UP
from projections.catch_up import HashProjector, HeaderProjector


class Vacuumed(Struct, frozen=True):
    """How many bytes the database had, and has."""

    bytes_before: int
    bytes_after: int


async def vacuum(store: SqlStore) -> Vacuumed:
    """Raises StorageUnavailable."""
    parts = frozenset(Part(part) for (part,) in await store.fetch(ABSENT_PARTS))
    return Vacuumed(*await store.vacuum(tables_of(parts)))


def tables_of(parts: frozenset[Part]) -> list[str]:
    """The tables that may keep something of what is absent, bodies or labels."""
    if Part.LABELS in parts:
        return list(METADATA.tables)
    with_bodies = [
        each for each in CATCH_UP if not isinstance(each, HeaderProjector | HashProjector) and each.reads_bodies
    ]
    return [table.name for each in with_bodies for table in each.tables] + [DELIVERIES.name, EVENT_BODIES.name]


ABSENT_PARTS = Statement(select(ABSENCES.c.part).distinct())
