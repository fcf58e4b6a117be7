"""Moments and positions: recorded time rises strictly with the position, so halving finds what was recorded by when."""

from sqlalchemy import BigInteger, and_, bindparam, case, literal, select

from events.event import Micros
from events.stores.sql import SqlStore
from events.stores.statement import Statement
from events.stores.tables import EVENTS, LOGS


async def recorded_by(store: SqlStore, log: str, moment: Micros) -> int:
    """The position of the last event that was recorded at a moment or before; 0: there is none.

    Raises StorageUnavailable.
    """
    rows = await store.fetch(RECORDED_BY, name=log, moment=moment)
    return rows[0][0] if rows else 0


_halves = (
    select(LOGS.c.log, literal(0, BigInteger()).label("low"), LOGS.c.position.label("high"))
    .where(LOGS.c.name == bindparam("name"))
    .cte("halves", recursive=True)
)
_middle = (_halves.c.low + _halves.c.high + 1) // 2
_is_by = EVENTS.c.recorded <= bindparam("moment")
_half = (
    select(
        _halves.c.log, case((_is_by, _middle), else_=_halves.c.low), case((_is_by, _halves.c.high), else_=_middle - 1)
    )
    .join_from(_halves, EVENTS, and_(EVENTS.c.log == _halves.c.log, EVENTS.c.position == _middle))
    .where(_halves.c.low < _halves.c.high)
)
_found = _halves.union_all(_half)

RECORDED_BY = Statement(select(_found.c.low).where(_found.c.low == _found.c.high), is_point_read=True)
"""The last event by `:moment` is between `low` and `high`; each step halves that."""
