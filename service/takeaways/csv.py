"""A table as CSV, as RFC 4180 has it, that no spreadsheet takes for a program.

A spreadsheet computes what begins with `=`, `+`, `-` or `@`: such a text gets an apostrophe before it, which tells the
spreadsheet to leave it alone. Numbers stay numbers.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from service.takeaways.sheet import Cell, Sheet, is_text, plain

ROWS_AT_ONCE = 1_000
"""Rows in one piece of an answer."""

_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")


def as_csv(sheet: Sheet) -> Iterator[str]:
    """The lines, a piece at a time."""
    heading = () if sheet.names is None else (list(map(defused, sheet.names)),)
    yield _lines(heading)
    rows = iter(sheet.rows)
    while piece := list(islice(rows, ROWS_AT_ONCE)):
        yield _lines([cell_text(cell) for cell in row] for row in piece)


def cell_text(cell: Cell) -> str:
    text = plain(cell)
    return defused(text) if is_text(cell) else text


def defused(text: str) -> str:
    """The text, with an apostrophe before what a spreadsheet would compute."""
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def _lines(rows: Iterable[Sequence[str]]) -> str:
    written = io.StringIO(newline="")
    csv.writer(written).writerows(rows)
    return written.getvalue()
