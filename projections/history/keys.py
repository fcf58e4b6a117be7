"""The keys there were at a position: what each said last, whether it had been deleted by then, and its neighbours."""

from functools import lru_cache

from msgspec import Struct
from sqlalchemy import and_, bindparam, func, or_, select

from events.event import Micros
from events.stores.statement import Statement
from events.stores.tables import EVENTS, Row, restored
from projections.checkpoints import is_served
from projections.history import ARTIFACT_STATES, COLLECTION_STATES
from projections.history.states import AS_OF, NAME, is_first, is_last

_COLLECTIONS, _ARTIFACTS = COLLECTION_STATES.table, ARTIFACT_STATES.table
_first, _last = (_COLLECTIONS.alias(name) for name in ("first", "last"))
_version = _ARTIFACTS.alias("version")


class KeyState(Struct, frozen=True):
    """What a key was. The fields are the columns of `KEY_STATE`, in order."""

    latest_id: str
    type: str | None
    updated: Micros
    position: int
    """Where it was last changed."""
    data_position: int
    gone_position: int | None
    """Where it was deleted with its last version; likewise for the three below."""
    gone_kind: str | None
    gone_by: str | None
    gone: Micros | None

    @classmethod
    def from_row(cls, row: Row) -> "KeyState":
        latest_id, type, *rest = row
        return cls(latest_id, restored(type), *rest)


_was_deleted = and_(
    EVENTS.c.log == _first.c.log, EVENTS.c.position == _first.c.gone_position, EVENTS.c.position <= AS_OF
)
_was_there = and_(is_served(_first, NAME), is_first(_first.c), _first.c.position <= AS_OF)

KEY_STATE = Statement(
    select(
        _last.c.latest_id,
        _last.c.type,
        _last.c.updated,
        _last.c.position,
        _last.c.data_position,
        EVENTS.c.position.label("gone_position"),
        EVENTS.c.kind,
        EVENTS.c.actor,
        EVENTS.c.recorded,
    )
    .select_from(_first.join(_last, is_last(COLLECTION_STATES, _last, _first)).outerjoin(EVENTS, _was_deleted))
    .where(_was_there, _first.c.key == bindparam("key"))
    .order_by(_first.c.position.desc())
    .limit(1)
    .with_hint(_first, f"INDEXED BY ix_{_COLLECTIONS.name}_key", "sqlite"),
    is_point_read=True,
)
"""The last state that a `:key` had at `:as_of`. A key that was deleted and published again has begun anew."""

VERSIONS = Statement(
    select(func.count(), func.min(_version.c.created))
    .where(
        is_served(_version, NAME),
        is_first(_version.c),
        _version.c.key == bindparam("key"),
        _version.c.position <= AS_OF,
    )
    .with_hint(_version, f"INDEXED BY ix_{_ARTIFACTS.name}_key", "sqlite")
)
"""How many versions a `:key` had had at `:as_of`, those that were deleted too, and when the oldest was created."""


@lru_cache
def neighbours(*, before: bool) -> Statement:
    """The keys that were there at `:as_of` before `:key`, or after it, the nearest first: at most `:limit`."""
    key = _first.c.key
    is_beside = key < bindparam("key") if before else key > bindparam("key")
    is_there = or_(_first.c.gone_position.is_(None), _first.c.gone_position > AS_OF)
    return Statement(
        select(key)
        .where(_was_there, is_there, is_beside)
        .order_by(key.desc() if before else key)
        .limit(bindparam("limit"))
        .with_hint(_first, f"INDEXED BY ix_{_COLLECTIONS.name}_key", "sqlite")
    )
