"""A query, written in SQLAlchemy Core and run on the bare driver: compiled once, then text and parameters."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    FromClause,
    Integer,
    TableValuedAlias,
    Text,
    Uuid,
    bindparam,
    literal,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import CompilerElement
from sqlalchemy.sql.functions import FunctionElement


class _SqliteCompiler(SQLiteCompiler):
    """Lets a query say which index SQLite is to use: `with_hint(table, "INDEXED BY name", "sqlite")`."""

    def get_from_hint_text(self, table: FromClause, text: str | None) -> str | None:
        return text


SQLITE_DIALECT: Dialect = sqlite.dialect(paramstyle="qmark")
SQLITE_DIALECT.statement_compiler = _SqliteCompiler
POSTGRES_DIALECT: Dialect = postgresql.asyncpg.dialect()  # type: ignore[no-untyped-call]


class Statement:
    """A Core query whose parameters are its `bindparam`s, ready for any dialect.

    A point read finds its rows by an index and answers with few of them.
    """

    def __init__(self, query: CompilerElement, *, is_point_read: bool = False) -> None:
        self.query = query
        self.is_point_read = is_point_read
        self._compiled: dict[str, tuple[str, list[str], dict[str, Any]]] = {}

    def render(self, dialect: Dialect, parameters: Mapping[str, Any]) -> tuple[str, list[Any]]:
        """The SQL text, and the values in the order of its placeholders."""
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = self._compile(dialect)
        text, names, constants = compiled
        return text, [parameters[name] if name in parameters else constants[name] for name in names]

    def _compile(self, dialect: Dialect) -> tuple[str, list[str], dict[str, Any]]:
        compiled = self.query.compile(dialect=dialect)
        assert isinstance(compiled, SQLCompiler)
        return str(compiled), list(compiled.positiontup or ()), dict(compiled.params)


class _Listed(ColumnElement[bool]):
    """Something asked of a column and the list `:name`."""

    inherit_cache = False

    def __init__(self, column: ColumnElement[Any], name: str) -> None:
        item = column.type if isinstance(column.type, BigInteger | Uuid) else Text()
        self.column = column
        self.bind = bindparam(name, type_=ARRAY(item))


class OneOf(_Listed):
    """`column IN (:name)` for a list of any length, without a statement of its own for each length."""


@compiles(OneOf, "postgresql")
def _one_of_postgres(element: OneOf, compiler: SQLCompiler, **kw: Any) -> str:
    return f"{compiler.process(element.column, **kw)} = ANY({compiler.process(element.bind, **kw)})"


@compiles(OneOf, "sqlite")
def _one_of_sqlite(element: OneOf, compiler: SQLCompiler, **kw: Any) -> str:
    column, bind = compiler.process(element.column, **kw), compiler.process(element.bind, **kw)
    return f"{column} IN (SELECT value FROM json_each({bind}))"


class EachOf(FunctionElement[Any]):
    """The texts of the list `:name` as rows: `EachOf("names").rows.c.value`."""

    inherit_cache = False

    def __init__(self, name: str) -> None:
        super().__init__(bindparam(name, type_=ARRAY(Text())))

    @property
    def rows(self) -> TableValuedAlias:
        """Its column has the name of the whole, as PostgreSQL has it without being told."""
        return self.table_valued("value", name="value")


@compiles(EachOf, "postgresql")
def _each_of_postgres(element: EachOf, compiler: SQLCompiler, **kw: Any) -> str:
    return f"unnest({compiler.process(element.clauses, **kw)})"


@compiles(EachOf, "sqlite")
def _each_of_sqlite(element: EachOf, compiler: SQLCompiler, **kw: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **kw)})"


class HoldsAny(_Listed):
    """Whether the JSON array of texts in a column has one of the texts in the list `:name`."""


@compiles(HoldsAny, "postgresql")
def _holds_any_postgres(element: HoldsAny, compiler: SQLCompiler, **kw: Any) -> str:
    return f"CAST({compiler.process(element.column, **kw)} AS jsonb) ?| {compiler.process(element.bind, **kw)}"


@compiles(HoldsAny, "sqlite")
def _holds_any_sqlite(element: HoldsAny, compiler: SQLCompiler, **kw: Any) -> str:
    column, bind = compiler.process(element.column, **kw), compiler.process(element.bind, **kw)
    return f"EXISTS (SELECT 1 FROM json_each({column}) WHERE value IN (SELECT value FROM json_each({bind})))"


class HoldsAll(_Listed):
    """Whether the JSON array of texts in a column has each of the texts in the list `:name`."""


@compiles(HoldsAll, "postgresql")
def _holds_all_postgres(element: HoldsAll, compiler: SQLCompiler, **kw: Any) -> str:
    return f"CAST({compiler.process(element.column, **kw)} AS jsonb) ?& {compiler.process(element.bind, **kw)}"


@compiles(HoldsAll, "sqlite")
def _holds_all_sqlite(element: HoldsAll, compiler: SQLCompiler, **kw: Any) -> str:
    column, bind = compiler.process(element.column, **kw), compiler.process(element.bind, **kw)
    return f"NOT EXISTS (SELECT 1 FROM json_each({bind}) WHERE value NOT IN (SELECT value FROM json_each({column})))"


class StartsWithOneOf(_Listed):
    """Whether a column starts with one of the texts in the list `:name`."""


@compiles(StartsWithOneOf, "postgresql")
def _starts_with_postgres(element: StartsWithOneOf, compiler: SQLCompiler, **kw: Any) -> str:
    return f"{compiler.process(element.column, **kw)} ^@ ANY({compiler.process(element.bind, **kw)})"


@compiles(StartsWithOneOf, "sqlite")
def _starts_with_sqlite(element: StartsWithOneOf, compiler: SQLCompiler, **kw: Any) -> str:
    column, bind = compiler.process(element.column, **kw), compiler.process(element.bind, **kw)
    return f"EXISTS (SELECT 1 FROM json_each({bind}) WHERE substr({column}, 1, length(value)) = value)"


class Unindexed(ColumnElement[Any]):
    """A column by which SQLite is not to look for rows: something else in the query leads to fewer of them."""

    inherit_cache = True

    def __init__(self, column: ColumnElement[Any]) -> None:
        self.column = column
        self.type = column.type


@compiles(Unindexed, "postgresql")
def _unindexed_postgres(element: Unindexed, compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(element.column, **kw)


@compiles(Unindexed, "sqlite")
def _unindexed_sqlite(element: Unindexed, compiler: SQLCompiler, **kw: Any) -> str:
    return f"+{compiler.process(element.column, **kw)}"


class TableNames(FunctionElement[Any]):
    """The names of all tables that are there, as rows: `TableNames().rows.c.name`."""

    inherit_cache = True

    @property
    def rows(self) -> TableValuedAlias:
        return self.table_valued("name", name="tables_there")


@compiles(TableNames, "postgresql")
def _table_names_postgres(element: TableNames, compiler: SQLCompiler, **kw: Any) -> str:
    return "(SELECT tablename AS name FROM pg_catalog.pg_tables WHERE schemaname = current_schema())"


@compiles(TableNames, "sqlite")
def _table_names_sqlite(element: TableNames, compiler: SQLCompiler, **kw: Any) -> str:
    return "(SELECT name FROM sqlite_master WHERE type = 'table')"


class SizeBytes(ColumnElement[int]):
    """The size of a text column as UTF-8."""

    inherit_cache = True
    type = BigInteger()

    def __init__(self, column: ColumnElement[Any]) -> None:
        self.column = column


@compiles(SizeBytes, "postgresql")
def _size_postgres(element: SizeBytes, compiler: SQLCompiler, **kw: Any) -> str:
    return f"octet_length({compiler.process(element.column, **kw)})"


@compiles(SizeBytes, "sqlite")
def _size_sqlite(element: SizeBytes, compiler: SQLCompiler, **kw: Any) -> str:
    return f"length(CAST({compiler.process(element.column, **kw)} AS BLOB))"


class Hex(ColumnElement[str]):
    """A number as hexadecimal digits, with zeros before them."""

    inherit_cache = False
    type = Text()

    def __init__(self, number: ColumnElement[Any], digits: int) -> None:
        self.number = number
        self.digits = digits


@compiles(Hex, "postgresql")
def _hex_postgres(element: Hex, compiler: SQLCompiler, **kw: Any) -> str:
    return f"lpad(to_hex({compiler.process(element.number, **kw)}), {element.digits}, '0')"


@compiles(Hex, "sqlite")
def _hex_sqlite(element: Hex, compiler: SQLCompiler, **kw: Any) -> str:
    return f"printf('%0{element.digits}x', {compiler.process(element.number, **kw)})"


class PlaceOf(ColumnElement[int]):
    """Where a text begins in a column, from 1; 0: nowhere."""

    inherit_cache = False
    type = Integer()

    def __init__(self, column: ColumnElement[Any], text: str) -> None:
        self.column = column
        self.text = literal(text, Text())


@compiles(PlaceOf, "postgresql")
def _place_postgres(element: PlaceOf, compiler: SQLCompiler, **kw: Any) -> str:
    return f"strpos({compiler.process(element.column, **kw)}, {compiler.process(element.text, **kw)})"


@compiles(PlaceOf, "sqlite")
def _place_sqlite(element: PlaceOf, compiler: SQLCompiler, **kw: Any) -> str:
    return f"instr({compiler.process(element.column, **kw)}, {compiler.process(element.text, **kw)})"
