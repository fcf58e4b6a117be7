"""The forms of a takeaway, each with its media type and the suffix of its file."""

from collections.abc import Iterator
from enum import StrEnum

import msgspec
from msgspec import Struct

from service.json_text import is_string
from service.takeaways.csv import as_csv
from service.takeaways.markdown import as_markdown
from service.takeaways.sheet import sheet_of

_text = msgspec.json.Decoder(str).decode


class Form(StrEnum):
    JSON = "json"
    CSV = "csv"
    TEXT = "text"
    MARKDOWN = "markdown"


class Taken(Struct, frozen=True):
    """Data in a form, in pieces."""

    pieces: str | Iterator[str]
    media_type: str
    suffix: str


def taken(form: Form | None, type: str | None, data: str) -> Taken:
    """Data, given as JSON text, in a form; None: as it is, a string as its text, all else as it was recorded.

    Raises NoSheet.
    """
    match form:
        case Form.CSV:
            return Taken(as_csv(sheet_of(data)), "text/csv", "csv")
        case Form.MARKDOWN:
            return Taken(as_markdown(type, data), "text/markdown", "md")
        case Form.TEXT:
            return Taken(_text(data) if is_string(data) else data, "text/plain", "txt")
        case None if is_string(data):
            return _own_text(type, _text(data))
    return Taken(data, "application/json", "json")


def _own_text(type: str | None, text: str) -> Taken:
    """A string as what its type says. HTML is plain text: nobody is to run it by looking at it."""
    match type:
        case "markdown":
            return Taken(text, "text/markdown", "md")
        case "html":
            return Taken(text, "text/plain", "html")
    return Taken(text, "text/plain", "txt")
