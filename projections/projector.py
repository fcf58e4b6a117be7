"""The projector of an inline read model, said once: which columns of the newest header its row shows.

From that one table of columns follow both ways of folding: `apply`, one header at a time in the transaction of
an append, and `rebuild`, many headers at once in the database.
"""

from collections.abc import Mapping
from functools import cached_property
from operator import itemgetter

from sqlalchemy import ColumnElement, Index, Select, Table, bindparam, select, text

from events.stores.statement import OneOf, Statement
from events.stores.tables import EVENT_BODIES, HEADER, LOGS, Row


def run_index(table: str, column: str) -> Index:
    """An index of what a run wrote. What no run wrote costs nothing in it."""
    some = text(f"{column} IS NOT NULL")
    return Index(f"ix_{table}_{column}", "log", column, sqlite_where=some, postgresql_where=some)


class LatestHeader:
    """A read model with one row per identity: what the newest event of that identity left behind.

    `columns` names, for each column of the table in order, the header's column that it shows. An event of the
    kind `gone` takes the row away: one of the stream that the row shows.
    """

    def __init__(self, *, table: Table, category: str, gone: str, columns: Mapping[str, str], version: int) -> None:
        assert list(columns) == [column.name for column in table.columns]
        self.table = table
        self.name = table.name
        self.category = category
        self.gone = gone
        self.columns = columns
        self.version = version
        """Rises when the meaning of a row changes: then the read model must be rebuilt."""
        self._row = itemgetter(*(HEADER.index(source) for source in columns.values()))
        self._identity = HEADER.index(columns[self.identity_column])
        self._identity_in_row = list(columns).index(self.identity_column)
        self._kind = HEADER.index("kind")

    @property
    def identity_column(self) -> str:
        """The name of the table's column that, with the log, is its primary key."""
        return list(self.table.primary_key)[1].name

    @property
    def position_column(self) -> str:
        """The name of the table's column that says which event its row shows."""
        return next(name for name, source in self.columns.items() if source == "position")

    def identity(self, row: Row) -> str:
        identity: str = row[self._identity_in_row]
        return identity

    def apply(self, header: Row) -> tuple[str, Row | None]:
        return header[self._identity], None if header[self._kind] == self.gone else self._row(header)

    @cached_property
    def load(self) -> Statement:
        """Whole rows, by `:log` and the list `:identities`."""
        return Statement(
            select(*self.table.columns).where(
                self.table.c.log == bindparam("log"), OneOf(self.table.c[self.identity_column], "identities")
            ),
            is_point_read=True,
        )

    @cached_property
    def read(self) -> Statement:
        """By the log's `:name` and `:identity`: the log's position, the row, and the body of its data.

        A log that was never written to has no answer; without the row, its columns are null.
        """
        table = self.table
        wanted = (table.c.log == LOGS.c.log) & (table.c[self.identity_column] == bindparam("identity"))
        found = LOGS.outerjoin(table, wanted).outerjoin(EVENT_BODIES, self._holds_data)
        query = select(LOGS.c.position, *table.columns, EVENT_BODIES.c.content).select_from(found)
        return Statement(query.where(LOGS.c.name == bindparam("name")), is_point_read=True)

    def with_data(self) -> Select[Row]:
        """Selects whole rows, each with the body that holds its data as one more column."""
        found = self.table.outerjoin(EVENT_BODIES, self._holds_data)
        return select(*self.table.columns, EVENT_BODIES.c.content).select_from(found)

    @property
    def _holds_data(self) -> ColumnElement[bool]:
        body, row = EVENT_BODIES.c, self.table.c
        return (body.log == row.log) & (body.position == row.data_position)
