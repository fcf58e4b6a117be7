"""The states of a read model's rows: the table that holds them, and the statements that fold it.

    an event at version N:   close the state of version N-1   put the state that begins
    a deletion:              close the state of version N-1   tell the first state of the stream

Some states are *in order*: id and times come from the moment at which their event was recorded, so that they sort by
these as they do by position. Recorded time rises with the position, whatever clocks do; so this never has to be
believed, it is seen. What was imported, or falls back to what was before, is not in order.
"""

from collections.abc import Callable
from functools import cached_property
from typing import Any, cast

from sqlalchemy import (
    CTE,
    BigInteger,
    BindParameter,
    Column,
    ColumnElement,
    FromClause,
    Index,
    Integer,
    Select,
    Table,
    and_,
    bindparam,
    case,
    func,
    insert,
    literal,
    literal_column,
    or_,
    select,
    text,
    true,
    update,
)

from events.stores.statement import Hex, Statement
from events.stores.tables import BYTEWISE, EVENTS, METADATA
from projections.projector import LatestHeader

NAME = "history"
AS_OF: BindParameter[int] = bindparam("as_of", type_=BigInteger())

_PLACE = ("log", "id", "position")
"""Columns of a read model that are part of the primary key here."""
_KEY = "key"
"""What is erased where the labels of events are."""


class States:
    """The states of one read model's rows.

    `fixed`: the columns that are the same in all states of a stream. `delay`: how much later than the moment of its
    decision an event is recorded, in microseconds.
    """

    def __init__(self, name: str, projector: LatestHeader, *indexes: Index, fixed: tuple[str, ...], delay: int) -> None:
        self.projector = projector
        self.fixed = frozenset(fixed)
        self.delay = delay
        self.table = Table(
            name,
            METADATA,
            Column("log", Integer, primary_key=True, autoincrement=False),
            Column("generation", Integer, primary_key=True, autoincrement=False),
            Column("id", BYTEWISE, primary_key=True),
            Column("position", BigInteger, primary_key=True, autoincrement=False),
            Column("until_position", BigInteger),
            Column("gone_position", BigInteger),
            Column("is_in_order", Integer, nullable=False),
            *(Column(each.name, each.type, nullable=each.nullable or each.name == _KEY) for each in self._others),
            *indexes,
            sqlite_with_rowid=False,
        )

    @property
    def statements(self) -> tuple[Statement, ...]:
        return self.close, self.put, self.end

    @cached_property
    def close(self) -> Statement:
        """States from before end where the next event of their stream is."""
        last = self._state_at(func.max, lambda state: state.position <= bindparam("after"))
        ends = self._by_stream(func.min(self._events.c.position), last).where(self._events.c.version > 1)
        return self._updating(ends, "until_position")

    @cached_property
    def put(self) -> Statement:
        """States begin, each up to the next one if that begins as well."""
        event = self._events.c
        following = func.lead(event.position).over(partition_by=event.stream, order_by=event.position)
        begun = self._span(*event, following.label("until_position")).subquery()
        given: list[Any] = [
            begun.c.log,
            bindparam("generation", type_=Integer()),
            begun.c.stream,
            begun.c.position,
            begun.c.until_position,
            literal_column("NULL", BigInteger()),
            case((self._is_in_order(begun.c), 1), else_=0),
            *(begun.c[self.projector.columns[column.name]] for column in self._others),
        ]
        rows = select(*given).where(begun.c.kind != self.projector.gone)
        return Statement(insert(self.table).from_select([column.name for column in self.table.columns], rows))

    @cached_property
    def end(self) -> Statement:
        """First states are told that the last one has ended."""
        ends = self._by_stream(func.max(self._events.c.position), self._state_at(func.min))
        return self._updating(ends.where(self._events.c.kind == self.projector.gone), "gone_position")

    def _by_stream(self, position: ColumnElement[int], at: ColumnElement[int]) -> Select[Any]:
        """For each stream of the span a position, and where that of its states begins which is to be changed.

        Grouped, it is worked out before the states are looked at, and each is found by its whole key. Left the choice,
        PostgreSQL goes through a generation of which it has no statistics yet.
        """
        generation: BindParameter[int] = bindparam("generation", type_=Integer())
        columns = (
            self._events.c.log,
            generation.label("generation"),
            self._events.c.stream,
            position.label("position"),
        )
        return self._span(*columns, at.label("at")).group_by(self._events.c.log, self._events.c.stream)

    def _state_at(
        self, which: Callable[..., Any], asked: Callable[[Any], ColumnElement[bool]] = lambda _: true()
    ) -> ColumnElement[int]:
        """Where the first or the last state of a stream begins."""
        state = self.table.alias("state")
        here = (state.c.log == bindparam("log"), state.c.generation == bindparam("generation"))
        found = select(which(state.c.position)).where(*here, state.c.id == self._events.c.stream, asked(state.c))
        return found.correlate(self._events).scalar_subquery()

    def _updating(self, found: Select[Any], column: str) -> Statement:
        states, by_stream = self.table.c, found.subquery().c
        return Statement(
            update(self.table)
            .where(states.log == by_stream.log, states.generation == by_stream.generation)
            .where(states.id == by_stream.stream, states.position == by_stream.at)
            .values({column: by_stream.position})
        )

    @property
    def _others(self) -> list[Column[Any]]:
        """The read model's columns that are not part of the primary key."""
        return [column for column in self.projector.table.columns if column.name not in _PLACE]

    @cached_property
    def _events(self) -> CTE:
        """The headers that are folded now, read by their positions whatever else is asked of them: see `_by_stream`."""
        names = dict.fromkeys(["log", "stream", "kind", "category", "version", *self.projector.columns.values()])
        here = (EVENTS.c.log == bindparam("log"), EVENTS.c.position > bindparam("after"))
        columns = [EVENTS.c[name] for name in names]
        span = select(*columns).where(*here, EVENTS.c.position <= bindparam("upto")).cte("span")
        return span.prefix_with("MATERIALIZED")

    def _span(self, *columns: ColumnElement[Any]) -> Select[Any]:
        """Of the headers that are folded now, those of this read model."""
        return select(*columns).where(self._events.c.category == self.projector.category)

    def _is_in_order(self, event: Any) -> ColumnElement[bool]:
        """Whether its times are the moment of its event; of a first state also its id and when it was created."""
        moment = event.recorded - self.delay
        is_at_first = and_(event.created == moment, has_time_of(event.stream, event.recorded))
        return and_(event.updated == moment, or_(event.version > 1, is_at_first))


def is_first(columns: Any) -> ColumnElement[bool]:
    """Whether a state is the first of its stream. Written as the indexes have it, so that they are used."""
    return cast(ColumnElement[bool], columns.version == literal_column("1"))


def is_same(one: FromClause, other: FromClause) -> ColumnElement[bool]:
    """Whether two states are of the same stream."""
    return and_(one.c.log == other.c.log, one.c.generation == other.c.generation, one.c.id == other.c.id)


def is_last(states: States, state: FromClause, of: FromClause) -> ColumnElement[bool]:
    """Whether one of the states is the last, as of `:as_of`, of the stream that `of` is a state of."""
    earlier = states.table.alias("earlier")
    newest = select(func.max(earlier.c.position)).where(is_same(earlier, of), earlier.c.position <= AS_OF)
    return and_(is_same(state, of), state.c.position == newest.scalar_subquery())


def is_in_order(columns: Any, *, is_it: bool = True) -> ColumnElement[bool]:
    """Whether a state is in order; or whether it is not."""
    return cast(ColumnElement[bool], columns.is_in_order == literal_column(str(int(is_it))))


def has_time_of(id: ColumnElement[str], moment: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether an id is a UUIDv7 of this moment: see `events.ids`."""
    millis, micros = moment // 1000, moment % 1000
    beginning = Hex(millis // 2**16, 8) + literal("-") + Hex(millis % 2**16, 4) + literal("-7")
    return and_(
        func.substr(id, 1, 15) == beginning,
        func.substr(id, 16, 3).between(Hex(micros * 4, 3), Hex(micros * 4 + 3, 3)),
    )


def index(table: str, name: str, *columns: str, where: str) -> Index:
    """An index of some states, within a generation."""
    some = text(where)
    return Index(f"ix_{table}_{name}", "log", "generation", *columns, sqlite_where=some, postgresql_where=some)
