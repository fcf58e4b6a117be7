"""The rows of one generation of a catch-up projection's table: load, remove, insert many in one statement each."""

from typing import Any

from sqlalchemy import Select, Table, and_, bindparam, delete, func, insert, select, tuple_

from events.stores.json_rows import json_rows
from events.stores.statement import Statement
from events.stores.tables import Row
from projections.steps import EXAMPLES_MAX

PLACE = 2
"""How many columns stand before the key: log and generation."""


class RowStatements:
    """The statements of one table, by `:log`, `:generation` and the JSON text `:rows`."""

    def __init__(self, table: Table) -> None:
        columns = list(table.columns)[PLACE:]
        keys = list(table.primary_key)[PLACE:]
        assert columns[: len(keys)] == keys
        self._keys = len(keys)
        log, generation = (bindparam(each.name, type_=each.type) for each in list(table.columns)[:PLACE])
        here = and_(table.c.log == log, table.c.generation == generation)
        named = tuple_(*keys).in_(json_rows(keys))
        self.load = Statement(select(*columns).where(here, named))
        self.remove = Statement(delete(table).where(here, named))
        self.insert = Statement(
            insert(table).from_select([each.name for each in table.columns], json_rows(columns, log, generation))
        )

    def key(self, row: Row) -> Row:
        """The key of a row, both without log and generation."""
        return row[: self._keys]


class GenerationStatements:
    """What a rebuild asks of one table: `:log`, the generation `:old` that serves and `:new` that was filled."""

    def __init__(self, table: Table) -> None:
        old, new = (_generation(table, name) for name in ("old", "new"))
        self.count, self.count_served = (
            Statement(select(func.count()).select_from(rows.subquery())) for rows in (new, old)
        )
        self.count_surplus = Statement(select(func.count()).select_from(old.except_(new).subquery()))
        self.count_missing = Statement(select(func.count()).select_from(new.except_(old).subquery()))
        shown = list(table.columns)[PLACE:]
        self.columns = [column.name for column in shown]
        self.surplus, self.missing = (
            Statement(rows.order_by(*(column.name for column in shown)).limit(EXAMPLES_MAX))
            for rows in (old.except_(new), new.except_(old))
        )
        """Some rows of what `count_surplus` and `count_missing` count."""
        self.delete = Statement(
            delete(table).where(table.c.log == bindparam("log"), table.c.generation == bindparam("old"))
        )


def _generation(table: Table, name: str) -> Select[Any]:
    """All rows of a generation, without its number."""
    return select(*list(table.columns)[PLACE:]).where(
        table.c.log == bindparam("log"), table.c.generation == bindparam(name)
    )
