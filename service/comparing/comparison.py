"""What changed between two contents, in the words of what they are."""

from collections.abc import Sequence
from typing import TypeAlias

from msgspec import Struct

from service.comparing.content import Content, Kind, content_of
from service.comparing.counted import several
from service.comparing.image import ImageDiff, compare_images
from service.comparing.limits import COMPARED_CHARS_MAX, TooLargeToCompare, check_size
from service.comparing.link import LinkDiff, compare_links
from service.comparing.number import NumberDiff, compare_numbers, shown
from service.comparing.rows import TableDiff, compare_tables
from service.comparing.text import TextDiff, compare_texts, lines_of
from service.comparing.tree import TreeDiff, compare_trees

SUMMARY_CHARS_MAX = 1024 * 1024
"""Data of both sides together of which a summary is made. Of more, it says the sizes."""

Diff: TypeAlias = TableDiff | TextDiff | LinkDiff | ImageDiff | NumberDiff | TreeDiff

NO_CHANGE = "no change"

_NAMES: dict[Kind, str] = {
    "table": "a table",
    "text": "a text",
    "link": "a link",
    "image": "an image",
    "number": "a number",
    "json": "JSON",
}


class Side(Struct, frozen=True):
    """What is compared: data as JSON text, and the type that it was published as."""

    data: str
    type: str | None


class Comparison(Struct, frozen=True):
    compared_as: Kind
    note: str | None
    """Why not as what their types say; None: there is no reason."""
    diff: Diff

    @property
    def is_empty(self) -> bool:
        return self.diff.is_empty

    @property
    def summary(self) -> str:
        return NO_CHANGE if self.is_empty else self.diff.summary()


def compare(before: Side, after: Side, limit: int, key: Sequence[str] = (), equal: int = 0) -> Comparison:
    """What changed, with the first `limit` changes of each sort. `key`: columns that tell the rows of tables apart.

    `equal`: lines around each change that stayed, or rows of a table, that are told as well.

    Raises TooLargeToCompare, KeyColumnNotFound.
    """
    check_size("characters", len(before.data) + len(after.data), COMPARED_CHARS_MAX)
    one, other = content_of(before.data, before.type), content_of(after.data, after.type)
    kind = _common_kind(one, other)
    return Comparison(kind, _note(one, other, kind), _diff(kind, one, other, limit, key, equal))


def summary(before: str | None, after: str, type: str | None, type_before: str | None = None) -> str:
    """What changed, in one line. `before` is None for the first of all; types are the same unless two are given."""
    if before == after:
        return NO_CHANGE
    sizes = f"{len(after):,} characters" if before is None else f"{len(before):,} → {len(after):,} characters"
    if len(before or "") + len(after) > SUMMARY_CHARS_MAX:
        return sizes
    try:
        if before is None:
            return extent(content_of(after, type))
        return compare(Side(before, type if type_before is None else type_before), Side(after, type), 0).summary
    except TooLargeToCompare:
        return sizes


def extent(content: Content) -> str:
    """How much there is, in one line: what the first version of all came to."""
    match content.kind:
        case "table":
            return f"{several(content.form.height, 'row')} of {several(len(content.form.names), 'column')}"
        case "text":
            return several(len(lines_of(content.value)), "line")
        case "number":
            return shown(content.value, content.unit)
        case _:
            return _NAMES[content.kind]


def _common_kind(one: Content, other: Content) -> Kind:
    if one.kind == other.kind:
        return one.kind
    return "text" if isinstance(one.value, str) and isinstance(other.value, str) else "json"


def _note(one: Content, other: Content, kind: Kind) -> str | None:
    if one.kind == other.kind:
        return None
    form = "texts" if kind == "text" else "JSON"
    return f"What was before is {_name(one)}, what came after {_name(other)}. Compared as {form}."


def _name(content: Content) -> str:
    return "nothing" if content.value is None else _NAMES[content.kind]


def _diff(kind: Kind, one: Content, other: Content, limit: int, key: Sequence[str], equal: int) -> Diff:
    match kind:
        case "table":
            return compare_tables(one.form, other.form, limit, key, equal)
        case "text":
            return compare_texts(one.value, other.value, limit, equal)
        case "link":
            return compare_links(one.form, other.form)
        case "image":
            return compare_images(one.value, other.value)
        case "number":
            return compare_numbers(one.value, other.value, other.unit)
        case "json":
            return compare_trees(one.value, other.value, limit)
