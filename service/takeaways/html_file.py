"""A key with its history as one HTML file that needs nothing else: no script, no other file, no network."""

from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from html import escape
from importlib.resources import files
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from service.comparing.link import link_of
from service.json_text import is_string
from service.takeaways.sheet import NoSheet, plain, sheet_of

FILE_ROWS_MAX = 1_000
"""Rows of a table in the file."""
FILE_CHARS_MAX = 1024 * 1024
"""Characters of any other data in the file, and of Markdown."""

STYLE = files(__package__).joinpath("file.css").read_text()
POLICY = f"default-src 'none'; style-src 'sha256-{b64encode(sha256(STYLE.encode()).digest()).decode()}'; img-src data:"
"""What the file may do, wherever it is opened. Images that are elsewhere are not fetched: it would tell who looks."""

_text = msgspec.json.Decoder(str).decode


class Latest(Struct, frozen=True):
    """What a key says."""

    facts: Mapping[str, Any]
    data: str | None
    """JSON text; None: it is there no more."""
    html: str | None
    """The data as a document, if it is Markdown."""
    description: str
    """As HTML that is safe to be shown."""


def html_file(latest: Latest, versions: Iterable[Mapping[str, Any]], left_out: int) -> Iterator[str]:
    """The file, a piece at a time. `versions`: the youngest first; so many older ones are `left_out`."""
    facts = latest.facts
    key = escape(facts["key"])
    yield (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>{key}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
    )
    yield (
        f"<header>\n<h1>{key}</h1>\n"
        f"<p>Version {facts['number']} of {facts['versions']}, {_time(facts['updated'])}, by {escape(facts['actor'])}"
        f"{_run(facts)}</p>\n{latest.description}</header>\n"
    )
    yield f"<main>\n<article>\n{_content(latest)}\n</article>\n{_facts(facts)}"
    yield '<section class="history">\n<h2>History</h2>\n<div class="scroll"><table>\n'
    yield _row("th", ("version", "when", "what changed", "by", "run", "position", "id"))
    for each in versions:
        yield _version(each)
    more = _quiet(f"{left_out:,} older versions are left out.") if left_out else ""
    yield f"</table></div>\n{more}</section>\n</main>\n</body>\n</html>\n"


def _content(latest: Latest) -> str:
    if latest.data is None:
        return _quiet(f"The data is there no more: it was {latest.facts['absent']['reason']}.")
    if latest.data == "null":
        return _quiet("Published without data.")
    return _of_text(latest, _text(latest.data)) if is_string(latest.data) else _of_json(latest, latest.data)


def _of_text(latest: Latest, text: str) -> str:
    match latest.facts["type"]:
        case "image":
            return f"<figure>{_image(text)}<figcaption>{_link(text, text)}</figcaption></figure>"
        case "table":
            return _table(latest.data or "", text)
    link = link_of(text)
    if link is not None:
        return f"<p>{_link(link.url, link.text)}</p>{_quiet(link.url)}"
    return _code(text) if latest.html is None else latest.html


def _of_json(latest: Latest, data: str) -> str:
    match latest.facts["type"]:
        case "progress":
            return f'<p><progress max="100" value="{escape(data)}"></progress> {escape(data)}%</p>'
        case "table":
            return _table(data, data)
    return _code(data)


def _code(text: str) -> str:
    more = len(text) - FILE_CHARS_MAX
    note = _quiet(f"{more:,} more characters are left out.") if more > 0 else ""
    return f"<pre><code>{escape(text[:FILE_CHARS_MAX])}</code></pre>{note}"


def _table(data: str, text: str) -> str:
    """`text`: what is shown of it if it is none."""
    try:
        sheet = sheet_of(data)
    except NoSheet:
        return _code(text)
    rows = iter(sheet.rows)
    shown = [list(map(plain, row)) for row in islice(rows, FILE_ROWS_MAX)]
    left_out = sum(1 for _ in rows)
    heading = "" if sheet.names is None else _row("th", sheet.names)
    more = _quiet(f"{left_out:,} more rows are left out.") if left_out else ""
    return f'<div class="scroll"><table>\n{heading}{"".join(_row("td", row) for row in shown)}</table></div>{more}'


def _facts(facts: Mapping[str, Any]) -> str:
    names = ("id", "type", "position", "hash", "data_sha256", "client", "request_id")
    shown = [(name, facts[name]) for name in names if facts[name] is not None]
    items = "".join(f"<dt>{name}</dt><dd><code>{escape(str(value))}</code></dd>\n" for name, value in shown)
    return f"<section>\n<h2>Facts</h2>\n<dl>\n{items}</dl>\n</section>\n"


def _version(each: Mapping[str, Any]) -> str:
    number = f"v{each['number']}"
    is_gone = each["deleted_position"] is not None
    cells = (
        f'<span class="gone">{number}</span> deleted' if is_gone else number,
        _time(each["updated"]),
        escape(each["summary"] or "the data is there no more"),
        escape(each["actor"]),
        escape(each["flow_run_name"] or each["flow_run_id"] or ""),
        str(each["position"]),
        f"<code>{escape(each['id'])}</code>",
    )
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>\n"


def _quiet(text: str) -> str:
    return f'<p class="quiet">{escape(text)}</p>\n'


def _row(element: str, cells: Sequence[str]) -> str:
    return f"<tr>{''.join(f'<{element}>{escape(cell)}</{element}>' for cell in cells)}</tr>\n"


def _time(moment: str) -> str:
    return f'<time datetime="{escape(moment)}">{escape(moment[:19].replace("T", " "))} UTC</time>'


def _run(facts: Mapping[str, Any]) -> str:
    name = facts["flow_run_name"] or facts["flow_run_id"]
    return "" if name is None else f", in the run {escape(name)}"


def _image(url: str) -> str:
    return f'<img src="{escape(url)}" alt="">' if url[:11].lower() == "data:image/" else ""


def _link(url: str, text: str) -> str:
    """A link, if it is one that a file may lead to."""
    try:
        is_safe = urlsplit(url).scheme in ("http", "https", "mailto")
    except ValueError:
        is_safe = False
    shown = escape(text or url)[:FILE_CHARS_MAX]
    return f'<a href="{escape(url)}" rel="noopener noreferrer nofollow">{shown}</a>' if is_safe else shown
