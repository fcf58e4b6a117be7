"""A walk over states: those that held at `:as_of`, by one index.

SQLite is told which index: it keeps no statistics from which it could see that. PostgreSQL finds it.
"""

from types import SimpleNamespace
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    and_,
    case,
    func,
    literal,
    or_,
    select,
)

from projections.checkpoints import is_served
from projections.criteria import Columns
from projections.history.states import AS_OF, NAME, States, is_first, is_in_order, is_same
from projections.listing import where
from projections.question import Shape


class Walk(Struct, frozen=True):
    """What is walked, and what it shows."""

    walked: FromClause
    source: FromClause
    """What is walked, with the states that held joined to it."""
    columns: Columns
    """The columns of the read model."""
    there: ColumnElement[bool]
    """Whether something held at `:as_of`."""
    index: str | None
    """The index that it goes by; None: the primary key."""
    is_settled: bool
    """Whether all that can be asked for is said by what is walked."""
    states: States | None = None
    """Where the states that held are joined from; None: they are what is walked."""

    def rows(self, shape: Shape) -> Select[Any]:
        """The rows that are asked for, as they were."""
        return self._found(list(vars(self.columns).values()), self.source, shape)

    def newest(self, shape: Shape, limit: ColumnElement[int]) -> Select[Any]:
        """Those of them that stand last in the log.

        They are picked before their states are looked up, if what is walked says enough: PostgreSQL takes the join for
        so selective that it would otherwise look up all.
        """
        newest_first = self.walked.c.position.desc()
        if self.states is None or (shape and not self.is_settled):
            return self.rows(shape).order_by(newest_first).limit(limit)
        picked = self._found(list(self.walked.c), self.walked, shape).order_by(newest_first).limit(limit).subquery()
        source, columns = _with_states(self.states, picked)
        return select(*vars(columns).values()).select_from(source)

    def ones(self, shape: Shape) -> Select[Any]:
        """A one for each."""
        needs_states = shape and not self.is_settled
        return self._found([literal(1)], self.source if needs_states else self.walked, shape)

    def in_order(self) -> "Walk":
        return replace(self, there=and_(self.there, is_in_order(self.walked.c)))

    def not_in_order(self) -> "Walk":
        return replace(self, there=and_(self.there, is_in_order(self.walked.c, is_it=False)))

    def _found(self, columns: list[Any], source: FromClause, shape: Shape) -> Select[Any]:
        found = select(*columns).select_from(source).where(self.there, where(self.columns, shape))
        return found if self.index is None else found.with_hint(self.walked, f"INDEXED BY {self.index}", "sqlite")


def first_states(states: States, index: str | None = None) -> Walk:
    """Through the streams that had not ended, by their first states."""
    first = states.table.alias("first")
    source, columns = _with_states(states, first)
    return Walk(
        walked=first,
        source=source,
        columns=columns,
        there=and_(is_served(first, NAME), is_first(first.c), first.c.position <= AS_OF, _holds(first.c.gone_position)),
        index=_named(states, index),
        is_settled="type" in states.fixed,
        states=states,
    )


def all_states(states: States, index: str) -> Walk:
    """Through all states that held."""
    state = states.table.alias("state")
    return Walk(
        walked=state,
        source=state,
        columns=SimpleNamespace(**{column.name: state.c[column.name] for column in states.projector.table.columns}),
        there=and_(is_served(state, NAME), state.c.position <= AS_OF, _holds(state.c.until_position)),
        index=_named(states, index),
        is_settled=True,
    )


def _with_states(states: States, first: FromClause) -> tuple[FromClause, Columns]:
    """First states, each with the state of its stream that held; and the columns of the read model."""
    state, earlier = states.table.alias("state"), states.table.alias("earlier")
    newest = select(func.max(earlier.c.position)).where(is_same(earlier, first), earlier.c.position <= AS_OF)
    position = case((_holds(first.c.until_position), first.c.position), else_=newest.scalar_subquery())
    names = [column.name for column in states.projector.table.columns]
    columns = SimpleNamespace(**{name: (first if name in states.fixed else state).c[name] for name in names})
    return first.join(state, and_(is_same(state, first), state.c.position == position)), columns


def _holds(end: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether something that ends there, or not at all, has not ended at `:as_of`."""
    return or_(end.is_(None), end > AS_OF)


def _named(states: States, index: str | None) -> str | None:
    return None if index is None else f"ix_{states.table.name}_{index}"
