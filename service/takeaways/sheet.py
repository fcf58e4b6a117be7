"""Tables with their cells to the letter: what was published as `1.10` leaves as `1.10`.

The three shapes in which tables are published, as in `service.comparing.table`; a cell that a row lacks is None.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, zip_longest
from typing import TypeAlias, TypeVar

import msgspec
from msgspec import Raw, Struct

from service.json_text import is_string, with_nulls

SHEET_CELLS_MAX = 10_000_000
"""Rows times columns of a table that is taken along."""

T = TypeVar("T")
Cell: TypeAlias = Raw | None
"""JSON text."""

_text = msgspec.json.Decoder(str).decode
_objects = msgspec.json.Decoder(list[dict[str, Raw]]).decode
_columns = msgspec.json.Decoder(dict[str, list[Raw]]).decode
_lists = msgspec.json.Decoder(list[list[Raw]]).decode


class NoSheet(Exception):
    """What cannot be written as rows and columns."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"This cannot be written as rows and columns: {reason}. Ask for it as `json` or `text`.")
        self.reason = reason


class Sheet(Struct, frozen=True):
    names: Sequence[str] | None
    """Of its columns; None: a list of lists, which has none."""
    rows: Iterable[Sequence[Cell]]
    """To be gone through once."""
    width: int


def sheet_of(data: str) -> Sheet:
    """The table that data is, given as JSON text; also within a string, as Prefect's SDK sends it. Raises NoSheet."""
    text = _text(data) if is_string(data) else data
    if (rows := _decoded(_objects, text)) is not None:
        return _of_objects(rows)
    if (columns := _decoded(_columns, text)) is not None:
        return _of_columns(columns)
    if (lists := _decoded(_lists, text)) is not None:
        return _of_lists(lists)
    raise NoSheet("it is neither a list of objects, nor an object of lists, nor a list of lists")


def _decoded(shape: Callable[[str], T], text: str) -> T | None:
    """None: it has another shape. NaN and its like, which JSON does not have, are null."""
    try:
        return shape(text)
    except msgspec.ValidationError:
        return None
    except msgspec.DecodeError:
        pass
    try:
        return shape(with_nulls(text))
    except msgspec.DecodeError:
        return None


def _of_objects(rows: list[dict[str, Raw]]) -> Sheet:
    names = tuple(dict.fromkeys(chain.from_iterable(rows)))
    _check(len(rows), len(names))
    return Sheet(names, (tuple(map(row.get, names)) for row in rows), len(names))


def _of_columns(columns: Mapping[str, Sequence[Raw]]) -> Sheet:
    _check(max(map(len, columns.values()), default=0), len(columns))
    return Sheet(tuple(columns), zip_longest(*columns.values()), len(columns))


def _of_lists(rows: Sequence[Sequence[Raw]]) -> Sheet:
    width = max(map(len, rows), default=0)
    _check(len(rows), width)
    return Sheet(None, _filled(rows, width), width)


def _filled(rows: Sequence[Sequence[Raw]], width: int) -> Iterator[Sequence[Cell]]:
    return ((*row, *[None] * (width - len(row))) for row in rows)


def _check(rows: int, columns: int) -> None:
    if rows * columns > SHEET_CELLS_MAX:
        raise NoSheet(f"it has {rows * columns:,} cells, and at most {SHEET_CELLS_MAX:,} are")


def plain(cell: Cell) -> str:
    """A cell as text: a string's own, nothing for null, else the JSON text as it was published."""
    if cell is None:
        return ""
    text = bytes(cell).decode()
    if is_string(text):
        return _text(text)
    return "" if text == "null" else text


def is_text(cell: Cell) -> bool:
    """Whether a cell is a string: only those may be taken for something else by who reads them."""
    return cell is not None and bytes(cell)[:1] == b'"'
