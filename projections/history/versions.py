"""The versions of a key, those that were deleted too, each with the last state that it had and who created it."""

from functools import lru_cache

from msgspec import Struct
from sqlalchemy import and_, bindparam, func, or_, select, true, tuple_

from events.event import Micros
from events.stores.statement import OneOf, Statement
from events.stores.tables import EVENTS, Row, restored
from projections.checkpoints import is_served
from projections.history import ARTIFACT_STATES
from projections.history.states import AS_OF, NAME, is_first, is_last

FIRST = (2**62, 2**62)
"""Younger than any version."""

_STATES = ARTIFACT_STATES.table
_first, _last = (_STATES.alias(name) for name in ("first", "last"))
_end = EVENTS.alias("end")
_INDEX = f"INDEXED BY ix_{_STATES.name}_key"


class Version(Struct, frozen=True):
    """An artifact of a key. The fields are the columns of `versions_before`, in order."""

    id: str
    type: str | None
    created: Micros
    updated: Micros
    created_position: int
    position: int
    """Where it was last changed."""
    gone_position: int | None
    """Where it was deleted; likewise for the two below."""
    gone: Micros | None
    gone_by: str | None
    version: int
    """How many events it has, but for its deletion."""
    flow_run_id: str | None
    task_run_id: str | None
    data_position: int
    actor: str
    """Who created it; likewise for the two below."""
    client: str
    request_id: str
    related: str

    @classmethod
    def from_row(cls, row: Row) -> "Version":
        id, type, *rest = row
        return cls(id, restored(type), *rest)


@lru_cache
def versions_before(*, deleted: bool) -> Statement:
    """By `:key`, as of `:as_of`, the youngest first: `:limit` of those older than `:created` and `:position`.

    `:offset` of them are passed over. They are picked before anything else is looked up.
    """
    is_there = or_(_first.c.gone_position.is_(None), _first.c.gone_position > AS_OF)
    picked = (
        select(_first)
        .where(_of_key, _first.c.position <= AS_OF, _is_older, true() if deleted else is_there)
        .order_by(_first.c.created.desc(), _first.c.position.desc())
        .limit(bindparam("limit"))
        .offset(bindparam("offset"))
        .with_hint(_first, _INDEX, "sqlite")
        .subquery("picked")
    )
    creation = and_(EVENTS.c.log == picked.c.log, EVENTS.c.position == picked.c.position)
    deletion = and_(_end.c.log == picked.c.log, _end.c.position == picked.c.gone_position, _end.c.position <= AS_OF)
    found = (
        select(
            picked.c.id,
            picked.c.type,
            picked.c.created,
            _last.c.updated,
            picked.c.position.label("created_position"),
            _last.c.position,
            _end.c.position.label("gone_position"),
            _end.c.recorded,
            _end.c.actor.label("gone_by"),
            _last.c.version,
            picked.c.flow_run_id,
            picked.c.task_run_id,
            _last.c.data_position,
            EVENTS.c.actor,
            EVENTS.c.client,
            EVENTS.c.request_id,
            EVENTS.c.related,
        )
        .select_from(
            picked.join(_last, is_last(ARTIFACT_STATES, _last, picked)).join(EVENTS, creation).outerjoin(_end, deletion)
        )
        .order_by(picked.c.created.desc(), picked.c.position.desc())
    )
    return Statement(found)


_of_key = and_(is_served(_first, NAME), is_first(_first.c), _first.c.key == bindparam("key"))
_is_older = tuple_(_first.c.created, _first.c.position) < tuple_(
    bindparam("created", type_=_first.c.created.type), bindparam("position", type_=_first.c.position.type)
)

AGE = Statement(
    select(_first.c.created, _first.c.position).where(
        is_served(_first, NAME), is_first(_first.c), _first.c.id == bindparam("id"), _first.c.key == bindparam("key")
    ),
    is_point_read=True,
)
"""The place of an artifact among the versions of its key, by `:id`."""

_numbered = (
    select(_first.c.id, _first.c.position, func.row_number().over(order_by=_first.c.position).label("number"))
    .where(_of_key)
    .with_hint(_first, _INDEX, "sqlite")
    .subquery()
)
NUMBERS = Statement(select(_numbered.c.position, _numbered.c.number).where(OneOf(_numbered.c.position, "positions")))
"""By `:key`, the number of each version that was created at one of `:positions`: the n-th that was recorded has n.
Those that were deleted count, so that a number always means the same version."""
NUMBERS_OF = Statement(select(_numbered.c.id, _numbered.c.number).where(OneOf(_numbered.c.id, "ids")))
"""Likewise of the versions with these `:ids`."""
BY_NUMBER = Statement(
    select(_first.c.id, _first.c.gone_position)
    .where(_of_key)
    .with_hint(_first, _INDEX, "sqlite")
    .order_by(_first.c.position)
    .limit(1)
    .offset(bindparam("older", type_=_first.c.position.type))
)
"""The version of `:key` with so many `:older` ones, and where it was deleted, if it was."""
