"""The audit on the command line: entries of the log, page by page, as a table, as lines of JSON, or as CSV.

headers, narrowed ─► the matcher ─► entries ─► text        no body is read, and no more than a page is held
"""

import csv
import io
import re
from collections.abc import AsyncIterator, Callable, Sequence
from enum import StrEnum

import msgspec
from msgspec import Struct
from rich.console import Console
from rich.table import Table
from rich.text import Text

from events.clock import as_text
from events.entry import Entry, entry_of
from events.event import Micros
from events.matching import Matcher
from events.published import Published
from events.reading import SPAN_EVENTS_MAX, read_headers
from events.stores import open_reader
from events.stores.sql import SqlStore
from events.stores.tables import HEADER
from service.migrations import check_revision
from service.streams.starting import ending_position, starting_cursor

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would carry out."""
WIDE = 240
"""Columns of a table that goes to no terminal."""
UNITS_S = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}

_AGO = re.compile(r"([0-9]{1,6})([smhdw])")
_POSITION = HEADER.index("position")
_encode_lines = msgspec.json.Encoder().encode_lines


class Format(StrEnum):
    TABLE = "table"
    JSON = "json"
    CSV = "csv"


class Asked(Struct, frozen=True, kw_only=True):
    """Which entries: what was recorded since one time, or after a position, and before another, or up to one."""

    log: str
    matcher: Matcher
    since: str = "start"
    until: str = "head"


Show = Callable[[Sequence[Entry]], str]
"""The text of a page of entries; the first time, with what stands above."""


async def audit(database: str, asked: Asked, show: Show, write: Callable[[str], object]) -> int:
    """Write all entries that are asked for, and answer how many there are.

    Raises InvalidStart, CannotResume, OtherRelease, StorageUnavailable, and what `write` raises.
    """
    store = open_reader(database)
    try:
        await store.open()
        await check_revision(store)
        found = 0
        async for page in pages(store, asked):
            write(show(page))
            found += len(page)
        return found
    finally:
        await store.close()


async def pages(store: SqlStore, asked: Asked) -> AsyncIterator[list[Entry]]:
    """The entries by position; at least one page, which may be empty."""
    number, now = await store.log_number(asked.log), store.clock()
    after = (await starting_cursor(store, asked.log, moment_of(asked.since, now))).position
    head = (await store.head(asked.log)).position
    upto = min(head, await ending_position(store, asked.log, moment_of(asked.until, now)))
    is_first = True
    while after < upto or is_first:
        headers = await read_headers(store, number, asked.matcher, after=after, upto=upto) if number else []
        after = headers[-1][_POSITION] if len(headers) == SPAN_EVENTS_MAX else upto
        found = [entry_of(header) for header in headers if asked.matcher(Published(header, {}))]
        if found or is_first:
            yield found
        is_first = False


def moment_of(text: str, now: Micros) -> str:
    """A time that was so long ago (`90m`, `12h`, `7d`) as a moment; all else as it is. Pure."""
    ago = _AGO.fullmatch(text)
    return text if ago is None else as_text(now - int(ago[1]) * UNITS_S[ago[2]] * 1_000_000)


def shown_as(format: Format, console: Console) -> Show:
    match format:
        case Format.JSON:
            return lambda entries: _encode_lines(entries).decode()
        case Format.CSV:
            return CsvPages()
        case Format.TABLE:
            return TablePages(console)


class CsvPages:
    """CSV with the names of the columns. What a spreadsheet would carry out as a formula is put behind a quote."""

    def __init__(self) -> None:
        self._above: list[Sequence[str]] = [Entry.__struct_fields__]

    def __call__(self, entries: Sequence[Entry]) -> str:
        text = io.StringIO()
        rows = ([_cell(value) for value in msgspec.structs.astuple(entry)] for entry in entries)
        csv.writer(text, lineterminator="\n").writerows([*self._above, *rows])
        self._above = []
        return text.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, tuple):
        return " ".join(value)
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


class TablePages:
    """A table whose columns stand under each other on all pages. What does not fit in a cell is cut."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._is_first = True
        if not console.is_terminal:
            console.width = WIDE

    def __call__(self, entries: Sequence[Entry]) -> str:
        table = Table(box=None, show_header=self._is_first, expand=True, pad_edge=False, header_style="bold")
        self._is_first = False
        for name, width, ratio in _COLUMNS:
            table.add_column(name, width=width, ratio=ratio, no_wrap=True, overflow="ellipsis")
        for entry in entries:
            table.add_row(*(Text(plain(cell)) for cell in _cells(entry)))
        with self._console.capture() as captured:
            self._console.print(table)
        return captured.get()


_COLUMNS: Sequence[tuple[str, int | None, int | None]] = (
    ("Position", 9, None),
    ("When", 20, None),
    ("Who", None, 2),
    ("From", None, 2),
    ("What", None, 4),
    ("Of", None, 4),
    ("Changed", None, 2),
    ("Run", 13, None),
)


def _cells(entry: Entry) -> tuple[str, ...]:
    run = entry.task_run_id or entry.flow_run_id or ""
    return (
        str(entry.position),
        f"{entry.recorded[:19]}Z",
        entry.actor,
        entry.address,
        entry.kind,
        entry.key or entry.name or entry.resource,
        " ".join(entry.changed),
        run[:13],
    )


def plain(text: str) -> str:
    """Text without what a terminal would take for a command. Pure."""
    return "".join(each if each.isprintable() else "�" for each in text)
