"""Trends: the last states of keys, from which a line is drawn."""

from functools import lru_cache

from msgspec import Struct
from sqlalchemy import bindparam, select

from events.event import Micros
from events.stores.statement import OneOf, Statement
from events.stores.tables import EVENTS, Row, restored
from projections.collections import CATEGORY, COLLECTIONS
from projections.history import COLLECTION_STATES
from projections.history.walk import first_states

TREND_STATES_MAX = 16
"""States of a key that a trend shows."""


class TrendState(Struct, frozen=True):
    """A state of a key. The fields are the columns of `last_states`, in order."""

    key: str
    position: int
    recorded: Micros
    data_position: int
    type: str | None

    @classmethod
    def from_row(cls, row: Row) -> "TrendState":
        key, position, recorded, data_position, type = row
        return cls(key, position, recorded, data_position, restored(type))


@lru_cache
def last_states(*, past: bool) -> Statement:
    """Of the list `:keys`, as they are or were at `:as_of`; those of a key from the oldest on."""
    if past:
        walk = first_states(COLLECTION_STATES, "key")
        rows = walk.rows(()).where(OneOf(walk.columns.key, "keys")).subquery().c
    else:
        table = COLLECTIONS.table
        rows = select(table).where(table.c.log == bindparam("log"), OneOf(table.c.key, "keys")).subquery().c
    state = EVENTS.c
    return Statement(
        select(rows.key, state.position, state.recorded, state.data_position, state.type)
        .where(
            state.log == rows.log,
            state.category == CATEGORY,
            state.stream == rows.id,
            state.version > rows.version - TREND_STATES_MAX,
            state.version <= rows.version,
        )
        .order_by(rows.key, state.version)
    )
