"""Rows that travel as one JSON text, an array of arrays, which every database takes apart: one statement puts many."""

from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, Text, bindparam, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


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


def json_rows(columns: list[Any], *before: BindParameter[Any]) -> Select[Any]:
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
