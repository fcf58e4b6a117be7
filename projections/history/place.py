"""The place of an artifact among all that its key ever had: its number, and which stand beside it.

Deleted ones are counted, in the order of the log, so that a number never changes. Beside stands what is still there.
"""

from functools import lru_cache

from msgspec import Struct
from sqlalchemy import and_, bindparam, case, func, or_, select, tuple_

from events.stores.sql import SqlStore
from events.stores.statement import Statement
from projections.artifacts import Artifact
from projections.checkpoints import is_served
from projections.history import ARTIFACT_STATES
from projections.history.states import NAME, is_first

_first = ARTIFACT_STATES.table.alias("first")
_AGE = tuple_(_first.c.created, _first.c.position)
_AGE_ASKED = tuple_(
    bindparam("created", type_=_first.c.created.type), bindparam("position", type_=_first.c.position.type)
)
_OF_KEY = (
    is_served(_first, NAME),
    is_first(_first.c),
    _first.c.key == bindparam("key"),
    _first.c.position <= bindparam("as_of"),
)
_IS_THERE = or_(_first.c.gone_position.is_(None), _first.c.gone_position > bindparam("as_of"))


class Place(Struct, frozen=True):
    number: int
    """From 1."""
    versions: int
    """All that the key ever had."""
    previous_id: str | None
    next_id: str | None


async def place_of(store: SqlStore, artifact: Artifact, as_of: int) -> Place | None:
    """As it was at a position; None: the artifact has no key. Raises StorageUnavailable."""
    if artifact.key is None:
        return None
    asked = {
        "log": artifact.log,
        "key": artifact.key,
        "created": artifact.created,
        "position": artifact.created_position,
        "as_of": as_of,
    }
    [(number, versions)] = await store.fetch(COUNT, **asked)
    before, after = [await store.fetch(beside(is_older=each), **asked) for each in (True, False)]
    return Place(number, versions, before[0][0] if before else None, after[0][0] if after else None)


COUNT = Statement(
    select(
        func.coalesce(func.sum(case((_first.c.position <= bindparam("position"), 1), else_=0)), 0), func.count()
    ).where(*_OF_KEY)
)
"""Of a `:key`: how many were created up to a `:position`, and how many by `:as_of`."""


@lru_cache
def beside(*, is_older: bool) -> Statement:
    """The id of the next older, or the next younger, that was there at `:as_of`."""
    order = [each.desc() if is_older else each.asc() for each in (_first.c.created, _first.c.position)]
    age = _AGE < _AGE_ASKED if is_older else _AGE > _AGE_ASKED
    return Statement(select(_first.c.id).where(*_OF_KEY, and_(age, _IS_THERE)).order_by(*order).limit(1))


GONE = Statement(
    select(_first.c.gone_position).where(
        is_served(_first, NAME),
        is_first(_first.c),
        _first.c.id == bindparam("id"),
        _first.c.gone_position <= bindparam("as_of"),
    ),
    is_point_read=True,
)
"""Where an artifact was deleted, if it was by `:as_of`."""
