"""The versions of a key, those that were deleted too, each with the last state that it had and who created it."""

from functools import lru_cache

from msgspec import Struct
from sqlalchemy import Select, and_, bindparam, func, select, tuple_

from events.event import Micros
from events.stores.statement import Statement
from events.stores.tables import EVENTS, Row, restored
from projections.checkpoints import is_served
from projections.history import ARTIFACT_STATES
from projections.history.states import NAME, is_first

FIRST = (2**62, 2**62)
"""Younger than any version."""

_STATES = ARTIFACT_STATES.table
_first, _last, _any = (_STATES.alias(name) for name in ("first", "last", "any"))


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
    """Where it was deleted."""
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
    """By `:key`, the youngest first: those that are older than `:created` and `:position`, at most `:limit`."""
    newest = select(func.max(_any.c.position)).where(
        _any.c.log == _first.c.log, _any.c.generation == _first.c.generation, _any.c.id == _first.c.id
    )
    is_last = and_(
        _last.c.log == _first.c.log,
        _last.c.generation == _first.c.generation,
        _last.c.id == _first.c.id,
        _last.c.position == newest.scalar_subquery(),
    )
    creation = and_(EVENTS.c.log == _first.c.log, EVENTS.c.position == _first.c.position)
    found = (
        select(
            _first.c.id,
            _first.c.type,
            _first.c.created,
            _last.c.updated,
            _first.c.position.label("created_position"),
            _last.c.position,
            _first.c.gone_position,
            _last.c.version,
            _first.c.flow_run_id,
            _first.c.task_run_id,
            _last.c.data_position,
            EVENTS.c.actor,
            EVENTS.c.client,
            EVENTS.c.request_id,
            EVENTS.c.related,
        )
        .select_from(_first.join(_last, is_last).join(EVENTS, creation))
        .where(is_served(_first, NAME), is_first(_first.c), _first.c.key == bindparam("key"), _is_older)
    )
    return Statement(_youngest(found if deleted else found.where(_first.c.gone_position.is_(None))))


def _youngest(found: Select[Row]) -> Select[Row]:
    ordered = found.order_by(_first.c.created.desc(), _first.c.position.desc()).limit(bindparam("limit"))
    return ordered.with_hint(_first, f"INDEXED BY ix_{_STATES.name}_key", "sqlite")


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
