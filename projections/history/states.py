"""The states of a read model's rows: the table that holds them, and the statements that fold it.

    an event at version N:   close the state of version N-1   put the state that begins
    a deletion:              close the state of version N-1   tell the first state of the stream

Some states are *in order*: id and times come from the moment at which their event was recorded, so that they sort by
these as they do by position. Recorded time rises with the position, whatever clocks do; so this never has to be
believed, it is seen. What was imported, or falls back to what was before, is not in order.
"""

from functools import cached_property
from typing import Any, cast

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
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
    update,
)

from events.stores.statement import Hex, Statement
from events.stores.tables import BYTEWISE, EVENTS, METADATA
from projections.projector import LatestHeader

NAME = "history"

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
        first = func.min(EVENTS.c.position).label("position")
        ends = self._span(EVENTS.c.stream, first).where(EVENTS.c.version > 1).group_by(EVENTS.c.stream).subquery()
        before = self.table.alias("before")
        last = select(func.max(before.c.position)).where(
            before.c.log == self.table.c.log,
            before.c.generation == self.table.c.generation,
            before.c.id == ends.c.stream,
            before.c.position <= bindparam("after"),
        )
        return Statement(
            update(self.table)
            .where(self._here, self.table.c.id == ends.c.stream, self.table.c.position == last.scalar_subquery())
            .values(until_position=ends.c.position)
        )

    @cached_property
    def put(self) -> Statement:
        """States begin, each up to the next one if that begins as well."""
        following = func.lead(EVENTS.c.position).over(partition_by=EVENTS.c.stream, order_by=EVENTS.c.position)
        sources = [EVENTS.c[name] for name in dict.fromkeys(["stream", "kind", *self.projector.columns.values()])]
        begun = self._span(*sources, following.label("until_position")).subquery()
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
        gone = self._span(EVENTS.c.stream, EVENTS.c.position).where(EVENTS.c.kind == self.projector.gone).subquery()
        return Statement(
            update(self.table)
            .where(self._here, self.table.c.id == gone.c.stream, is_first(self.table.c))
            .values(gone_position=gone.c.position)
        )

    @property
    def _others(self) -> list[Column[Any]]:
        """The read model's columns that are not part of the primary key."""
        return [column for column in self.projector.table.columns if column.name not in _PLACE]

    @property
    def _here(self) -> ColumnElement[bool]:
        return and_(self.table.c.log == bindparam("log"), self.table.c.generation == bindparam("generation"))

    def _span(self, *columns: ColumnElement[Any]) -> Select[Any]:
        """Of the events that are folded now, those of this read model."""
        events = EVENTS.c
        return select(*columns).where(
            events.log == bindparam("log"),
            events.position > bindparam("after"),
            events.position <= bindparam("upto"),
            events.category == self.projector.category,
        )

    def _is_in_order(self, event: Any) -> ColumnElement[bool]:
        """Whether its times are the moment of its event; of a first state also its id and when it was created."""
        moment = event.recorded - self.delay
        is_at_first = and_(event.created == moment, has_time_of(event.stream, event.recorded))
        return and_(event.updated == moment, or_(event.version > 1, is_at_first))


def is_first(columns: Any) -> ColumnElement[bool]:
    """Whether a state is the first of its stream. Written as the indexes have it, so that they are used."""
    return cast(ColumnElement[bool], columns.version == literal_column("1"))


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
