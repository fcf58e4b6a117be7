"""What an artifact says as Markdown, whatever its type."""

import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from service.json_text import is_string
from service.takeaways.sheet import Cell, NoSheet, Sheet, plain, sheet_of

NO_DATA = "*Published without data.*"

_text = msgspec.json.Decoder(str).decode
_ACTIVE = re.compile(r"[\\`*_\[\]<>|]")
_LINE_END = re.compile(r"\r\n|\r|\n")


def as_markdown(type: str | None, data: str) -> str:
    """`data` is JSON text."""
    match type:
        case _ if data == "null":
            return NO_DATA
        case "markdown" | "link" if is_string(data):
            return _text(data)
        case "image" if is_string(data):
            return f"![](<{escaped_url(_text(data))}>)"
        case "progress" if not is_string(data):
            return f"{data}%"
        case "table":
            return _table(data)
    return fenced(_text(data), "") if is_string(data) else fenced(data, "json")


def _table(data: str) -> str:
    try:
        return "".join(table_lines(sheet_of(data)))
    except NoSheet:
        return fenced(_text(data) if is_string(data) else data, "json")


def table_lines(sheet: Sheet) -> Iterator[str]:
    """A table's lines. One without names gets the places of its columns."""
    names = list(map(str, range(sheet.width))) if sheet.names is None else sheet.names
    if not names:
        yield "*A table without columns.*\n"
        return
    yield table_line(map(escaped, names))
    yield table_line(["---"] * len(names))
    for row in sheet.rows:
        yield table_line(map(_cell, row))


def table_line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |\n"


def table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Texts as a table."""
    lines = (table_line(map(escaped, row)) for row in rows)
    return table_line(map(escaped, names)) + table_line(["---"] * len(names)) + "".join(lines)


def escaped(text: str) -> str:
    """A text that stands for itself, in one line."""
    return _LINE_END.sub("<br>", _ACTIVE.sub(r"\\\g<0>", text))


def escaped_url(url: str) -> str:
    return re.sub(r"[<>\s]", lambda found: f"%{ord(found[0]):02X}", url)


def fenced(text: str, language: str) -> str:
    """A text as a block of code, whatever it has in it."""
    longest = max(map(len, re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def _cell(cell: Cell) -> str:
    return escaped(plain(cell))
