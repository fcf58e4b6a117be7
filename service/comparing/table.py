"""Tables in the three forms in which they are published, brought into one: rows of cells under the names of columns.

A list of objects, an object of lists, a list of lists. The columns of a list of lists are "0", "1", ... A cell that a
row does not have is null.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import chain, zip_longest
from operator import itemgetter
from typing import Any, TypeAlias

from msgspec import Struct

from service.comparing.limits import CELLS_MAX, check_size
from service.comparing.values import Json

Cells: TypeAlias = tuple[Any, ...]


class Table(Struct, frozen=True, dict=True):
    names: tuple[str, ...]
    """Of its columns."""
    rows: Sequence[Cells]

    @property
    def height(self) -> int:
        return len(self.rows)

    @cached_property
    def columns(self) -> Mapping[str, Cells]:
        """The cells of each column, from the top."""
        columns = zip(*self.rows, strict=True) if self.rows else [()] * len(self.names)
        return dict(zip(self.names, columns, strict=True))

    def row(self, place: int) -> dict[str, Json]:
        return dict(zip(self.names, self.rows[place], strict=True))


def table_of(value: Json) -> Table | None:
    """The table that a value is; None: it is none. Raises TooLargeToCompare."""
    if isinstance(value, dict):
        return _of_columns(value) if value and _all(list, value.values()) else None
    if not isinstance(value, list):
        return None
    if _all(dict, value):
        return _of_objects(value)
    return _of_lists(value) if _all(list, value) else None


def _of_objects(rows: Sequence[dict[str, Json]]) -> Table:
    names = tuple(dict.fromkeys(chain.from_iterable(rows)))
    _check(len(rows), len(names))
    if len(names) > 1 and all(len(row) == len(names) for row in rows):
        return Table(names, list(map(itemgetter(*names), rows)))
    return Table(names, [tuple(map(row.get, names)) for row in rows])


def _of_columns(columns: Mapping[str, Sequence[Json]]) -> Table:
    _check(max(map(len, columns.values())), len(columns))
    return Table(tuple(columns), list(zip_longest(*columns.values())))


def _of_lists(rows: Sequence[Sequence[Json]]) -> Table:
    width = max(map(len, rows))
    _check(len(rows), width)
    return Table(tuple(map(str, range(width))), [(*row, *[None] * (width - len(row))) for row in rows])


def _check(rows: int, columns: int) -> None:
    check_size("cells", rows * columns, CELLS_MAX)


def _all(kind: type, values: Iterable[Json]) -> bool:
    return set(map(type, values)) <= {kind}
