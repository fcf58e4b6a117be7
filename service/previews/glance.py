"""What data is at a glance: how it is shown, its preview, its measure.

It is looked into once, and only so far: of what is larger, the size is all that is said. Nothing is refused.
"""

from typing import Any, Literal
from urllib.parse import urlsplit

from msgspec import Struct

from service.comparing.content import Content, content_of
from service.comparing.limits import TooLargeToCompare
from service.comparing.number import is_number
from service.comparing.table import table_of
from service.previews.line import cut, first_line, one_line
from service.previews.preview import Image, Json, Large, Link, Nothing, Preview, Progress, Table, Text

DATA_CHARS_MAX = 2 * 1024 * 1024
"""Data that is looked into. Of more, the size is told."""
IMAGE_CHARS_MAX = 24 * 1024
"""An image in a preview that has its content in its URL."""
NAMES_MAX = 12
"""Columns whose names are in a preview."""

TYPES = frozenset(("markdown", "table", "link", "progress", "image"))
"""The types of Prefect's SDK, each shown in its own way."""


class Measure(Struct, frozen=True):
    """The number that a version has, so that versions can be drawn beside each other."""

    name: Literal["value", "rows", "bytes"]
    value: float


class Glance(Struct, frozen=True):
    shown_as: str
    """One of `TYPES`, or `text`, `number`, `json`."""
    preview: Preview
    measure: Measure


def shown_as(type: str | None, data: str) -> str:
    """How data, given as JSON text, is shown that was published as of this type."""
    return glance(type, data).shown_as


def preview(type: str | None, data: str) -> Preview:
    return glance(type, data).preview


def measure(type: str | None, data: str) -> Measure:
    return glance(type, data).measure


def glance(type: str | None, data: str) -> Glance:
    """All three, for the price of one."""
    size = Measure("bytes", len(data.encode(errors="surrogatepass")))
    content = None if len(data) > DATA_CHARS_MAX else looked_into(type, data)
    if content is None:
        return Glance(type if type in TYPES else "json", Large(int(size.value)), size)
    return Glance(_shown_as(type, content), _preview(type, content, data), _measure(content) or size)


def looked_into(type: str | None, data: str) -> Content | None:
    """What data is, however much there is of it. None: it is too much to compare, or no JSON at all."""
    try:
        content = content_of(data, type)
        is_records = type not in TYPES and _is_records(content.value)
        return Content("table", content.value, table_of(content.value)) if is_records else content
    except (TooLargeToCompare, ValueError, RecursionError):
        return None


def _is_records(value: Any) -> bool:
    """Whether it is a list of objects: a table, although nobody said so."""
    return isinstance(value, list) and bool(value) and all(isinstance(each, dict) and each for each in value)


def _shown_as(type: str | None, content: Content) -> str:
    if type in TYPES:
        return "link" if content.kind == "link" else str(type)
    return content.kind


def _preview(type: str | None, content: Content, data: str) -> Preview:
    value = content.value
    match content.kind:
        case "number" if type == "progress":
            return Progress(float(value))
        case "table":
            names = tuple(map(cut, content.form.names[:NAMES_MAX]))
            return Table(content.form.height, len(content.form.names), names)
        case "link":
            return _link(content) or Text(one_line(value))
        case "image":
            return _image(value)
        case "text":
            line = first_line(value)
            return Text(line) if line else Nothing()
    return Nothing() if value is None else Json(one_line(value if isinstance(value, str) else data))


def _link(content: Content) -> Link | None:
    """None: a page may not lead there."""
    url, text = content.form.url, content.form.text
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    match parts.scheme:
        case "http" | "https" if parts.netloc:
            return Link(url, cut(text), parts.netloc.rpartition("@")[2])
        case "mailto":
            return Link(url, cut(text), parts.path)
    return None


def _image(url: str) -> Preview:
    is_inside = url[:11].lower() == "data:image/"
    if is_inside and len(url) > IMAGE_CHARS_MAX:
        return Large(len(url))
    if is_inside or url[:8].lower().startswith(("http://", "https://")):
        return Image(url)
    line = one_line(url)
    return Text(line) if line else Nothing()


def _measure(content: Content) -> Measure | None:
    """None: it has no number but its size."""
    if content.kind == "table":
        return Measure("rows", content.form.height)
    return Measure("value", float(content.value)) if content.kind == "number" and is_number(content.value) else None
