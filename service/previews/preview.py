"""The previews: of each kind of data, what fits into one row."""

from typing import TypeAlias

from msgspec import Struct


class Progress(Struct, frozen=True, tag_field="kind", tag="progress"):
    value: float
    """As it was written: mostly a percentage from 0 to 100."""


class Text(Struct, frozen=True, tag_field="kind", tag="text"):
    line: str


class Table(Struct, frozen=True, tag_field="kind", tag="table"):
    rows: int
    columns: int
    names: tuple[str, ...]
    """Of the first columns."""


class Link(Struct, frozen=True, tag_field="kind", tag="link"):
    href: str
    """Of a scheme that a page may lead to."""
    text: str
    host: str


class Image(Struct, frozen=True, tag_field="kind", tag="image"):
    src: str
    """An address in the web, or the image itself as a `data:` URL."""


class Json(Struct, frozen=True, tag_field="kind", tag="json"):
    line: str


class Nothing(Struct, frozen=True, tag_field="kind", tag="nothing"):
    """It was published without data."""


class Large(Struct, frozen=True, tag_field="kind", tag="large"):
    bytes: int
    """The size of the data, which was not looked into."""


class Absent(Struct, frozen=True, tag_field="kind", tag="absent"):
    reason: str
    """Why the data is there no more: it was erased, let go, or is in an archive that cannot be read."""


Preview: TypeAlias = Progress | Text | Table | Link | Image | Json | Nothing | Large | Absent
