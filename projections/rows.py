"""The rows of one generation of a catch-up projection's table: load, remove, insert many in one statement each.

Rows and keys travel as one JSON text, an array of arrays, which every database takes apart.
"""

from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    Table,
    Text,
    and_,
    bindparam,
    delete,
    func,
    insert,
    select,
    tuple_,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from events.stores.statement import Statement
from events.stores.tables import Row

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
        named = tuple_(*keys).in_(_rows(keys))
        self.load = Statement(select(*columns).where(here, named))
        self.remove = Statement(delete(table).where(here, named))
        self.insert = Statement(
            insert(table).from_select([each.name for each in table.columns], _rows(columns, log, generation))
        )

    def key(self, row: Row) -> Row:
        """The key of a row, both without log and generation."""
        return row[: self._keys]


class GenerationStatements:
    """What a rebuild asks of one table: `:log`, the generation `:old` that serves and `:new` that was filled."""

    def __init__(self, table: Table) -> None:
        old, new = (_generation(table, name) for name in ("old", "new"))
        self.count = Statement(select(func.count()).select_from(new.subquery()))
        self.count_surplus = Statement(select(func.count()).select_from(old.except_(new).subquery()))
        self.count_missing = Statement(select(func.count()).select_from(new.except_(old).subquery()))
        self.delete = Statement(
            delete(table).where(table.c.log == bindparam("log"), table.c.generation == bindparam("old"))
        )


def _generation(table: Table, name: str) -> Select[Any]:
    """All rows of a generation, without its number."""
    return select(*list(table.columns)[PLACE:]).where(
        table.c.log == bindparam("log"), table.c.generation == bindparam(name)
    )


class _Each(FunctionElement[Any]):
    """The elements of the JSON array `:rows`, in the column `value`."""

    name = "each_row"
    inherit_cache = True


class _Item(ColumnElement[Any]):
    """One item of an element, by its place."""

    inherit_cache = False

    def __init__(self, value: ColumnElement[Any], place: int, column: ColumnElement[Any]) -> None:
        self.value = value
        self.place = place
        self.type = column.type


def _rows(columns: list[Any], *before: BindParameter[Any]) -> Select[Any]:
    """The rows of `:rows` as a query, with the same values before each."""
    rows: BindParameter[str] = bindparam("rows", type_=Text())
    each = _Each(rows).table_valued("value")
    items = [_Item(each.c.value, place, column) for place, column in enumerate(columns)]
    return select(*before, *items).select_from(each)


@compiles(_Each, "sqlite")
def _each_sqlite(element: _Each, compiler: SQLCompiler, **kw: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **kw)})"


@compiles(_Each, "postgresql")
def _each_postgres(element: _Each, compiler: SQLCompiler, **kw: Any) -> str:
    return f"json_array_elements(CAST({compiler.process(element.clauses, **kw)} AS JSON))"


@compiles(_Item, "sqlite")
def _item_sqlite(element: _Item, compiler: SQLCompiler, **kw: Any) -> str:
    return f"json_extract({compiler.process(element.value, **kw)}, '$[{element.place}]')"


@compiles(_Item, "postgresql")
def _item_postgres(element: _Item, compiler: SQLCompiler, **kw: Any) -> str:
    type_ = str(element.type.compile(dialect=compiler.dialect)).split(" COLLATE")[0]
    return f"CAST({compiler.process(element.value, **kw)} ->> {element.place} AS {type_})"
