"""Tables in the three forms in which they are published, brought into one: columns by their names.

A list of objects, an object of lists, a list of lists. The columns of a list of lists are "0", "1", ... A cell that a
row does not have is null.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from itertools import chain, zip_longest
from typing import TypeAlias

from msgspec import Struct

from service.comparing.limits import CELLS_MAX, check_size
from service.comparing.values import PLAIN, Json, token

Tokens: TypeAlias = tuple[Hashable, ...]
"""The tokens of a row, or of some of its cells."""


class Table(Struct, frozen=True):
    columns: Mapping[str, Sequence[Json]]
    """The cells of each column, from the top."""
    height: int
    """How many rows there are."""

    def row(self, place: int) -> dict[str, Json]:
        return {name: cells[place] for name, cells in self.columns.items()}


def table_of(value: Json) -> Table | None:
    """The table that a value is; None: it is none. Raises TooLargeToCompare."""
    if isinstance(value, dict):
        return _of_columns(value) if value and _all(list, value.values()) else None
    if not isinstance(value, list):
        return None
    if _all(dict, value):
        return _of_objects(value)
    return _of_lists(value) if _all(list, value) else None


def tokens_of(cells: Sequence[Json]) -> Sequence[Hashable]:
    """The tokens of cells. Most columns hold nothing but values that stand for themselves."""
    return cells if set(map(type, cells)) <= PLAIN else list(map(token, cells))


def _of_objects(rows: list[dict[str, Json]]) -> Table:
    names = dict.fromkeys(chain.from_iterable(rows))
    _check(len(rows), len(names))
    return Table({name: [row.get(name) for row in rows] for name in names}, len(rows))


def _of_columns(columns: dict[str, list[Json]]) -> Table:
    height = max(map(len, columns.values()))
    _check(height, len(columns))
    return Table({name: cells + [None] * (height - len(cells)) for name, cells in columns.items()}, height)


def _of_lists(rows: list[list[Json]]) -> Table:
    _check(len(rows), max(map(len, rows)))
    return Table({str(place): cells for place, cells in enumerate(zip_longest(*rows))}, len(rows))


def _check(rows: int, columns: int) -> None:
    check_size("cells", rows * columns, CELLS_MAX)


def _all(kind: type, values: Iterable[Json]) -> bool:
    return all(type(each) is kind for each in values)
