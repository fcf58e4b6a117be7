"""Moments: what stands at a position of the log, where a key changed before and after it, which keys changed since."""

from sqlalchemy import BigInteger, BindParameter, bindparam, func, select, union

from events.stores.statement import OneOf, Statement
from events.stores.tables import EVENTS
from projections.checkpoints import is_served
from projections.collections import CATEGORY, COLLECTIONS
from projections.history import COLLECTION_STATES
from projections.history.states import NAME, is_first

_POSITION: BindParameter[int] = bindparam("position", type_=BigInteger())
_first = COLLECTION_STATES.table.alias("first")
_now = COLLECTIONS.table
_of_key = (EVENTS.c.log == bindparam("log"), EVENTS.c.key == bindparam("key"), EVENTS.c.category == CATEGORY)

RECORDED_AT = Statement(
    select(EVENTS.c.position, EVENTS.c.recorded).where(
        EVENTS.c.log == bindparam("log"), OneOf(EVENTS.c.position, "positions")
    ),
    is_point_read=True,
)
"""When the events at some positions were recorded."""

EVENT_AT = Statement(
    select(*EVENTS.columns).where(EVENTS.c.log == bindparam("log"), EVENTS.c.position == _POSITION), is_point_read=True
)

CHANGED_BEFORE = Statement(select(func.max(EVENTS.c.position)).where(*_of_key, EVENTS.c.position < _POSITION))
CHANGED_AFTER = Statement(select(func.min(EVENTS.c.position)).where(*_of_key, EVENTS.c.position > _POSITION))
"""Where what a `:key` says changed next, before `:position` and after it."""

CHANGES_OF_KEY = Statement(
    select(EVENTS.c.position).where(*_of_key).order_by(EVENTS.c.position.desc()).limit(bindparam("limit"))
)
"""Where what a `:key` says changed, the newest first."""

_changed = select(_now.c.key).where(_now.c.log == bindparam("log"), _now.c.position > _POSITION)
_gone = select(_first.c.key).where(
    is_served(_first, NAME), is_first(_first.c), _first.c.position <= _POSITION, _first.c.gone_position > _POSITION
)
KEYS_CHANGED_SINCE = Statement(select(func.count()).select_from(union(_changed, _gone).subquery()))
"""How many keys were published, changed or deleted after `:position`; not those that came and went again."""
